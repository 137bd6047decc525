# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is logged, and how it reads. Texts of errors follow the same form, since they end up in logs."""

import re

import source

LOG_CALL = re.compile(r"\b(mado_log|g_debug|g_info|g_message|g_warning|g_critical|g_log|g_log_structured|"
                      r"sd_journal_print|sd_journal_send|syslog|Log[1-5]|log_msg)\s*\(")
ERROR_CALL = re.compile(r"\b(g_set_error|g_set_error_literal|g_prefix_error|g_error_new|g_error_new_literal|"
                        r"mado_error_set\w*)\s*\(")
PRINT_CALL = re.compile(r"\b(printf|fprintf|g_print|g_printerr|puts|fputs)\s*\(")

SECRET = {"pin", "pins", "password", "passwd", "passphrase", "secret", "secrets", "key", "keys", "otp", "mynumber",
          "photo", "template", "birth", "address", "plaintext", "cleartext"}
SECRET_NAMES = re.compile(r"(my|individual|personal|sheet)_number|number_[ab]\b|security_code|transport_pin|code_hash")
# What a secret's name may end in to be no secret: its kind, its length …
HARMLESS = {"id", "ids", "kind", "kinds", "len", "name", "names", "slot", "slots", "status", "state", "label", "version",
            "type", "file", "path", "ref", "reference", "rule", "verdict", "tries", "left", "dir", "agent", "n"}


def calls(one, pattern):
    """(line, arguments with strings, arguments without) of each call."""
    for match in pattern.finditer(one.code):
        end = source.closing(one.code, match.end() - 1)
        if end is None or one.code[:match.start()].rsplit("\n", 1)[-1].lstrip().startswith("#"):
            continue
        line = one.code.count("\n", 0, match.start()) + 1
        yield line, one.text[match.end():end], one.code[match.end():end]


def is_secret(name):
    parts = name.lower().split("_")
    if name.isupper() or parts[-1] in HARMLESS or parts[0] == "n":
        return False
    return bool(SECRET & set(parts)) or bool(SECRET_NAMES.search(name))


def logged_secrets(top, sources):
    for one in sources:
        if not one.is_c or one.is_test:
            continue
        patterns = [LOG_CALL, ERROR_CALL]
        if not one.path.startswith(("cli/", "drivers/")):
            patterns.append(PRINT_CALL)
        for pattern in patterns:
            for line, _, code in calls(one, pattern):
                for name in re.findall(r"[A-Za-z_]\w*(?:\s*\()?", code):
                    if not name.endswith("(") and is_secret(name):
                        yield one, line, f"{name} near a log"


def literal(text):
    """The first string of a call's arguments, its pieces joined."""
    match = re.search(r'"((?:\\.|[^"\\])*)"((?:\s*"(?:\\.|[^"\\])*")*)', text)
    if not match:
        return None
    return match.group(1) + "".join(re.findall(r'"((?:\\.|[^"\\])*)"', match.group(2)))


def text_form(top, sources):
    for one in sources:
        if not one.is_c or one.is_test:
            continue
        for pattern in (LOG_CALL, ERROR_CALL):
            for line, text, _ in calls(one, pattern):
                found = literal(text)
                if not found:
                    continue
                if re.match(r"[A-Z][a-z]", found):
                    yield one, line, "log and error texts begin in lower case"
                if re.search(r"(?<!\.)\.(\\n)?$", found) or found.endswith("\\n"):
                    yield one, line, "log and error texts have no full stop and no line end"


def pointer_values(top, sources):
    for one in sources:
        if not one.is_c or one.is_test:
            continue
        for pattern in (LOG_CALL, ERROR_CALL, PRINT_CALL):
            for line, text, _ in calls(one, pattern):
                if "%p" in text:
                    yield one, line, "an address weakens its randomness"


def function_names(top, sources):
    for one in sources:
        if not one.is_c or one.is_test:
            continue
        for line, _, code in calls(one, LOG_CALL):
            if re.search(r"\b(__func__|__FUNCTION__|G_STRFUNC)\b", code):
                yield one, line, "a log says what happened, not which function ran"


RULES = {
    "logged-secrets": logged_secrets,
    "text-form": text_form,
    "pointer-values": pointer_values,
    "function-names": function_names,
}

if __name__ == "__main__":
    source.main(RULES)
