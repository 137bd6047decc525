#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Contrast of every pair of text and ground in the style sheets (WCAG 2.2, 1.4.3 and 1.4.11)."""
import os
import re
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402

TEXT, SHAPE = 4.5, 3.0
SHEETS = ("gui/shared/tokens.css", "gui/resident/resident.css")
# Texts stand on these grounds.
GROUNDS = ("mado_ground", "mado_ground_soft")
TEXTS = ("mado_text", "mado_text_support", "mado_error", "mado_success", "mado_warning")


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)


def colours():
    return dict(re.findall(r"@define-color (\w+) (#[0-9a-f]{6});", read(SHEETS[0])))


def rules():
    """(selectors, {property: value}) of all sheets, in order."""
    for path in SHEETS:
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"@define-color[^;]*;", "", read(path))):
            pairs = [part.split(":", 1) for part in body.split(";") if ":" in part]
            yield path, selectors.strip(), {name.strip(): value.strip() for name, value in pairs}


def value_of(text):
    named = re.search(r"@(\w+)", text)
    if named:
        return colours()[named.group(1)]
    found = re.search(r"#[0-9a-fA-F]{6}", text)
    return found.group(0) if found else None


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def the_formula_is_that_of_the_standard():
    tap.equal(round(contrast("#000000", "#ffffff"), 2), 21.0, "black on white")
    tap.equal(round(contrast("#767676", "#ffffff"), 2), 4.54, "the weakest grey of the tokens on white")


def every_text_is_read_on_every_ground():
    found = colours()
    for ground in GROUNDS:
        for text in TEXTS:
            if text == "mado_warning" and ground != "mado_ground":
                continue  # stands on white and on its own soft ground alone
            ratio = contrast(found[text], found[ground])
            tap.true(ratio >= TEXT or (text == "mado_warning" and ratio >= TEXT), f"{text} on {ground}: {ratio:.2f}")


def every_rule_that_sets_both_is_read():
    n_found = 0
    for path, selectors, body in rules():
        if "color" not in body or "background-color" not in body:
            continue
        text, ground = value_of(body["color"]), value_of(body["background-color"])
        if text is None or ground is None or selectors.startswith("check, radio"):
            continue  # the mark of a box is only seen when it is checked
        n_found += 1
        # A disabled button is exempt in the standard and must still be told from its ground.
        least = SHAPE if ":disabled" in selectors else TEXT
        tap.true(contrast(text, ground) >= least,
                 f"{path}: {selectors}: {text} on {ground} is {contrast(text, ground):.2f}")
    tap.true(n_found >= 8, f"only {n_found} rules found")


def every_button_has_an_edge():
    found = colours()
    for name in ("mado_text_support", "mado_primary", "mado_line"):
        tap.true(contrast(found[name], found["mado_ground"]) >= SHAPE, f"{name}: an edge on white")


def high_contrast_is_high():
    n_found = 0
    for _, selectors, body in rules():
        if ".mado-contrast" not in selectors:
            continue
        for name in ("color", "border-color"):
            colour = value_of(body.get(name, ""))
            # What does not name its ground stands on black.
            ground = value_of(body.get("background-color", "")) or "#000000"
            if name == "color" and colour == "#000000" and ground == "#000000":
                ground = "#ffd43d"  # of a solid button or the training line
            if colour is None or (name == "border-color" and colour == ground):
                continue
            n_found += 1
            tap.true(contrast(colour, ground) >= 7, f"{selectors}: {colour} on {ground}")
    tap.true(n_found >= 8, f"only {n_found} colours found")


tap.run([
    the_formula_is_that_of_the_standard,
    every_text_is_read_on_every_ground,
    every_rule_that_sets_both_is_read,
    every_button_has_an_edge,
    high_contrast_is_high,
])
