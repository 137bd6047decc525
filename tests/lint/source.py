# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the checks of the tree share: its files, C without comments and strings, escapes, and TAP output.

A finding is waived by a comment on its line or on the line above it, with a reason:
    /* lint: allow goto: one exit, as the file is free of GLib */      (or # in scripts)
"""

import argparse
import os
import re
import sys

PARTS = ("common", "daemon", "relay", "cli", "central", "drivers", "include")
FOLDERS = PARTS + ("data", "po", "doc", "scripts", "tests", ".ci")
TOP_FILES = ("configure.ac", "Makefile.am", ".clang-format", ".editorconfig", ".gitattributes",
             ".gitignore", "CONTRIBUTING.md", "SECURITY.md", "README.md", "NEWS")
# What make and configure leave in a source tree that is also the build tree.
BUILT = re.compile(r"(^|/)(\.libs|\.deps|__pycache__|\.dirstamp)(/|$)|^data/mado-dbus\.[ch]$|"
                   r"\.(o|lo|la|log|trs|mo|pyc|pot)$")
ALLOW = re.compile(r"(?:/\*|#|//)\s*lint: allow ([a-z-]+): (?!\*/)\S")


class Source:
    """A file of the tree. `code` has its comments and the insides of its strings blanked, line for line."""

    def __init__(self, top, path):
        self.path = path
        self.name = os.path.basename(path)
        self.stem, self.suffix = os.path.splitext(self.name)
        self.folder = os.path.dirname(path)
        with open(os.path.join(top, path), "rb") as file:
            self.bytes = file.read()
        self.text = self.bytes.decode("utf-8", "replace")
        self.lines = self.text.split("\n")
        self.is_c = self.suffix in (".c", ".h")
        self.is_test = path.startswith("tests/")
        self.is_executable = os.access(os.path.join(top, path), os.X_OK)
        self._code = None

    @property
    def code(self):
        if self._code is None:
            self._code = blank(self.text) if self.is_c else self.text
        return self._code

    @property
    def code_lines(self):
        return self.code.split("\n")

    def allows(self, rule, line):
        """Whether a finding on this line (counted from 1) is waived."""
        for number in (line, line - 1):
            if 1 <= number <= len(self.lines):
                match = ALLOW.search(self.lines[number - 1])
                if match and match.group(1) == rule:
                    return True
        return False

    def includes(self):
        """(line, name, is_ours) of each #include."""
        for number, line in enumerate(self.lines, 1):
            match = re.match(r'\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")', line)
            if match:
                yield number, match.group(1) or match.group(2), match.group(2) is not None

    def functions(self):
        """Functions defined or declared with their name in the first column, as the formatter writes them."""
        code = self.code
        for match in re.finditer(r"^([A-Za-z_]\w*)\(", code, re.M):
            name = match.group(1)
            if name.isupper() or re.fullmatch(r"[A-Z0-9_]+", name):
                continue
            end = closing(code, match.end() - 1)
            if end is None:
                continue
            line = code.count("\n", 0, match.start()) + 1
            before = self.code_lines[line - 2] if line > 1 else ""
            body = re.match(r"[^;{]*?\n\{\n", code[end + 1:])
            last = code.find("\n}", end) if body else end
            yield Function(name, line, code[match.end():end], "static" in before.split(),
                           bool(body), code.count("\n", 0, last + 1) + 1 if body else line)


class Function:
    def __init__(self, name, line, parameters, is_static, is_defined, last_line):
        self.name = name
        self.line = line
        self.is_static = is_static
        self.is_defined = is_defined
        self.n_lines = last_line - line + 2  # its return type stands on the line above
        self.parameters = split_arguments(parameters)
        if self.parameters == ["void"]:
            self.parameters = []


def blank(text):
    """C text with comments and the insides of literals replaced by spaces; #include lines keep theirs."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def spaces(match):
        found = match.group(0)
        keep = found[0] if found[0] in "\"'" else " "
        inner = re.sub(r"[^\n]", " ", found)
        return keep + inner[1:-1] + keep if len(found) > 1 else keep

    return pattern.sub(spaces, text)


def closing(text, start):
    """Where the parenthesis opened at start closes, or None."""
    depth = 0
    for at in range(start, len(text)):
        if text[at] == "(":
            depth += 1
        elif text[at] == ")":
            depth -= 1
            if depth == 0:
                return at
    return None


def split_arguments(text):
    """Arguments or parameters at the top level of a list."""
    found, depth, current = [], 0, ""
    for char in text:
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        if char == "," and depth == 0:
            found.append(current.strip())
            current = ""
        else:
            current += char
    if current.strip():
        found.append(current.strip())
    return found


def files(top):
    """Every file of the tree that people write, sorted. Kept inputs of fuzz targets are data, not source."""
    paths = [name for name in TOP_FILES if os.path.isfile(os.path.join(top, name))]
    for folder in FOLDERS:
        for base, folders, names in os.walk(os.path.join(top, folder)):
            relative = os.path.relpath(base, top)
            folders[:] = sorted(name for name in folders
                                if not BUILT.search(os.path.join(relative, name))
                                and not (relative == "tests/fuzz" and name.endswith(".in")))
            paths += [os.path.normpath(os.path.join(relative, name)) for name in sorted(names)
                      if not BUILT.search(os.path.normpath(os.path.join(relative, name)))]
    return [Source(top, path) for path in paths]


def listed_sources(top, fragment):
    """The .c and .h files that a fragment of the build names."""
    path = os.path.join(top, fragment)
    if not os.path.isfile(path):
        return set()
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"#.*", "", file.read())
    return set(re.findall(r"[\w./-]+\.[ch]\b", text))


def findings(top, rules):
    """rule name → list of 'path:line: text', waived ones left out."""
    sources = files(top)
    found = {rule: [] for rule in rules}
    for rule, check in rules.items():
        for source, line, text in check(top, sources):
            if not source.allows(rule, line):
                found[rule].append(f"{source.path}:{line}: {text}")
    return found


def main(rules):
    """Runs the rules over --top (or MADO_TOP_SRCDIR, or the tree this file is in) and prints TAP."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--top", default=os.environ.get("MADO_TOP_SRCDIR") or os.path.join(
        os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    top = parser.parse_args().top
    failed = False
    print(f"1..{len(rules)}")
    for number, (rule, lines) in enumerate(findings(top, rules).items(), 1):
        print(f"{'not ok' if lines else 'ok'} {number} - {rule}")
        for line in lines:
            print(f"# {line}")
            failed = True
    sys.exit(1 if failed else 0)
