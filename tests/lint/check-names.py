# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names, sizes and banned words."""

import os
import re

import source

MAX_FILE, MAX_HEADER, MAX_MAIN, MAX_FUNCTION, MAX_PARAMETERS = 800, 200, 120, 80, 6

SPDX_SUFFIXES = {".c", ".h", ".py", ".sh", ".am", ".ac", ".xml", ".yaml", ".yml", ".md", ".service",
                 ".socket", ".timer", ".conf", ".rules", ".policy", ".po", ".in", ".txt", ".supp"}
SPDX = "SPDX-License-Identifier: LGPL-2.1-or-later"

BANNED = {
    "alloca": "a stack that bytes from outside can grow",
    "atoi": "no error, no limit: read digits with a check", "atol": "as atoi", "atoll": "as atoi",
    "gets": "no limit", "strcpy": "no limit", "strcat": "no limit", "sprintf": "no limit",
    "vsprintf": "no limit", "stpcpy": "no limit", "strtok": "hidden state",
    "system": "a shell", "popen": "a shell",
    "g_spawn_command_line_sync": "a shell's words", "g_spawn_command_line_async": "a shell's words",
    "usleep": "wait for the event", "g_usleep": "wait for the event", "sleep": "wait for the event",
    "rand": "not random", "srand": "not random", "random": "not random", "g_random_int": "not random",
    "tmpnam": "a race", "mktemp": "a race", "tempnam": "a race",
    "pthread_cancel": "ask the thread to stop", "g_task_run_in_thread": "a shared pool: use a worker",
    "g_error": "bad input is ordinary", "bzero": "mado_wipe() for secrets, else memset",
}
# Only where the daemon and the centre serve.
ENDING = {"exit", "abort", "assert", "g_assert", "_exit"}


def file_names(top, sources):
    for one in sources:
        if not one.is_c:
            continue
        if re.search(r"(^|-)(utils?|misc|helpers?)(-|$)|(^|-)common$", one.stem):
            yield one, 1, "a name that says nothing"
        elif not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one.stem):
            yield one, 1, "file names are lower-case-with-hyphens"


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def prefixes(one, header):
    """The file's own name, alone and with its folder's, and the types that its header declares.

    A class that fills several files (visit.c, visit-state.c) keeps one prefix, so the name's beginning will do.
    """
    stem = one.stem.replace("-", "_")
    words = stem.split("_")
    folder = os.path.basename(one.folder).replace("-", "_")
    types = re.findall(r"^(?:\} |typedef (?:struct )?\w+\s+)(Mado\w+);|G_DECLARE_\w+\((Mado\w+),", header.code, re.M)
    beginnings = ["mado_" + "_".join(words[:n]) for n in range(len(words), 0, -1)]
    return beginnings + [f"mado_{folder}_{stem}"] + [snake(a or b) for a, b in types]


def public_names(top, sources):
    headers = {one.path: one for one in sources if one.suffix == ".h"}
    for one in sources:
        if not one.is_c or one.is_test:
            continue
        allowed = prefixes(one, headers.get(os.path.splitext(one.path)[0] + ".h", one))
        for function in one.functions():
            if function.is_static or function.name == "main":
                continue
            if one.path.startswith("drivers/") and function.name.startswith("IFDH"):
                continue
            if not any(function.name == name or function.name.startswith(name + "_")
                       for name in allowed):
                yield one, function.line, f"{function.name} does not begin with {allowed[0]}_"


def type_names(top, sources):
    for one in sources:
        if one.suffix != ".h" or one.is_test:
            continue
        for number, line in enumerate(one.code_lines, 1):
            match = re.match(r"(?:\} |typedef (?:struct|enum|union)? ?\w+ \*?)([A-Za-z_]\w*);", line)
            if match and not match.group(1).startswith("Mado"):
                yield one, number, f"type {match.group(1)} does not begin with Mado"


def file_length(top, sources):
    for one in sources:
        if not one.is_c:
            continue
        limit = MAX_HEADER if one.suffix == ".h" else MAX_FILE
        if one.name == "main.c" and not one.is_test:
            limit = MAX_MAIN
        n_lines = len(one.lines) - 1
        if n_lines > limit:
            yield one, 1, f"{n_lines} lines, the limit is {limit}"


def function_length(top, sources):
    for one in sources:
        if not one.is_c:
            continue
        for function in one.functions():
            if function.is_defined and function.n_lines > MAX_FUNCTION:
                # A waiver stands above the return type.
                if not one.allows("function-length", function.line - 1):
                    yield one, function.line, f"{function.name}: {function.n_lines} lines, limit {MAX_FUNCTION}"


def parameters(top, sources):
    for one in sources:
        if not one.is_c:
            continue
        for function in one.functions():
            # Every fallible GLib function ends in this one, so it says nothing about the rest.
            counted = [text for text in function.parameters if not text.startswith("GError **")]
            if len(counted) > MAX_PARAMETERS and not one.allows("parameters", function.line - 1):
                yield one, function.line, f"{function.name}: {len(counted)} parameters"


def spdx(top, sources):
    for one in sources:
        wants = one.suffix in SPDX_SUFFIXES or one.name in source.TOP_FILES or \
            (one.is_executable and one.bytes.startswith(b"#!"))
        if wants and SPDX not in "\n".join(one.lines[:5]):
            yield one, 1, f"no {SPDX!r} in the first five lines"


def banned_calls(top, sources):
    for one in sources:
        if not one.is_c:
            continue
        for number, line in enumerate(one.code_lines, 1):
            for name in re.findall(r"(?<![\w.>])([A-Za-z_]\w*)\s*\(", line):
                if name in BANNED:
                    yield one, number, f"{name}(): {BANNED[name]}"
                elif name in ENDING and not one.is_test and one.name != "main.c":
                    yield one, number, f"{name}() ends the process; return an error"


def goto(top, sources):
    """GLib code cleans up by scope; goto is for files free of GLib."""
    for one in sources:
        if not one.is_c or not any(name.startswith(("glib", "gio")) for _, name, _ in one.includes()):
            continue
        for number, line in enumerate(one.code_lines, 1):
            if re.search(r"\bgoto\b", line):
                yield one, number, "goto in a file that has g_auto"


def file_variables(top, sources):
    pattern = re.compile(r"^(?:static |extern )?(?!typedef|struct \w+;|return|#)"
                         r"(?:[A-Za-z_]\w* )+\**\s*([A-Za-z_]\w*)(?:\[[^\]]*\])*(?: = .*|;)$")
    machinery = {"signals", "properties"}
    for one in sources:
        if one.suffix != ".c" or one.is_test or one.name == "main.c":
            continue
        for number, line in enumerate(one.code_lines, 1):
            match = pattern.match(line)
            if match and "const" not in line.split() and match.group(1) not in machinery \
                    and "G_DEFINE" not in line:
                yield one, number, f"file-scope variable {match.group(1)}"


def todo(top, sources):
    for one in sources:
        if one.path.startswith("tests/lint/"):
            continue
        for number, line in enumerate(one.lines, 1):
            if re.search(r"\b(TODO|FIXME|XXX|HACK)\b(?! ?\(?#\d)", line):
                yield one, number, "TODO without a number"


def machine_paths(top, sources):
    for one in sources:
        if one.path.startswith("tests/lint/"):
            continue
        for number, line in enumerate(one.lines, 1):
            match = re.search(r"(?<![\w.$}/])/(home|work|Users|root|mnt)/\w+", line)
            if match:
                yield one, number, f"{match.group(0)} is a path of one machine"


def listed_in_build(top, sources):
    """What no fragment names is in no tarball. Folders shipped whole are named once."""
    text = "\n".join(one.text for one in sources if one.suffix == ".am")
    words = set(re.findall(r"[\w./-]+", re.sub(r"^\s*#.*$", "", text, flags=re.M)))
    for one in sources:
        if one.suffix not in (".c", ".h", ".py", ".sh") or one.path.split("/")[0] in words:
            continue
        folders = [one.path[:at] for at in range(len(one.path)) if one.path[at] == "/"]
        stem = one.path[:-2] if one.suffix == ".c" else one.path
        if one.path not in words and stem not in words and not any(f in words for f in folders):
            yield one, 1, "named in no Makefile fragment"


def untranslated_files(top, sources):
    potfiles = set()
    for one in sources:
        if one.path.startswith("po/") and one.name == "POTFILES.in":
            potfiles |= {line.strip() for line in one.lines}
    for one in sources:
        if one.suffix != ".c" or one.is_test or one.path in potfiles:
            continue
        for number, line in enumerate(one.lines, 1):
            if re.search(r"(?<!\w)(_|N_|C_)\(\"", line):
                yield one, number, "has translated texts but is not in po/POTFILES.in"
                break


RULES = {
    "file-names": file_names,
    "public-names": public_names,
    "type-names": type_names,
    "file-length": file_length,
    "function-length": function_length,
    "parameters": parameters,
    "spdx": spdx,
    "banned-calls": banned_calls,
    "goto": goto,
    "file-variables": file_variables,
    "todo": todo,
    "machine-paths": machine_paths,
    "listed-in-build": listed_in_build,
    "potfiles": untranslated_files,
}

if __name__ == "__main__":
    source.main(RULES)
