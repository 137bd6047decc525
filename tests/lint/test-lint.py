# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every rule finds its fault and lets its neighbour pass: small trees with one seeded file each."""

import importlib.util
import os
import sys
import tempfile

import source

HERE = os.path.dirname(os.path.abspath(__file__))
SPDX = "/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"


def load(name):
    spec = importlib.util.spec_from_file_location(name.replace("-", "_"), os.path.join(HERE, name + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.RULES


RULES = {**load("check-defects"), **load("check-layers"), **load("check-names"), **load("check-log")}


def function(name="mado_noun_do", body="", parameters="void", before=""):
    return f"{SPDX}\n{before}void\n{name}({parameters})\n{{\n{body}}}\n"


def call(text):
    return function(body=f"    {text};\n")


# rule, whether it must find something, path → text
CASES = [
    ("defects-fit", True, {"central/visit-table.c": SPDX}),
    ("defects-fit", False, {"central/other.c": SPDX}),
    ("outside-headers", True, {"daemon/reader.c": SPDX + "#include <winscard.h>\n"}),
    ("outside-headers", False, {"daemon/transport-pcsc.c": SPDX + "#include <winscard.h>\n"}),
    ("outside-headers", True, {"daemon/visit.c": SPDX + "#include <sqlite3.h>\n"}),
    ("outside-headers", False, {"daemon/journal-store.c": SPDX + "#include <sqlite3.h>\n"}),
    ("outside-headers", True, {"central/issue.c": SPDX + "#include <microhttpd.h>\n"}),
    ("outside-headers", False, {"central/http-server.c": SPDX + "#include <microhttpd.h>\n"}),
    ("outside-headers", True, {"cli/post.c": SPDX + "#include <curl/curl.h>\n"}),
    ("outside-headers", False, {"relay/post.c": SPDX + "#include <curl/curl.h>\n"}),
    ("outside-headers", True, {"tests/unit/test-tlv.c": SPDX + "#include <cmocka.h>\n"}),
    ("outside-headers", False, {"tests/support/test.h": SPDX + "#include <cmocka.h>\n"}),
    ("outside-headers", True, {"relay/sign.c": SPDX + "#include <openssl/evp.h>\n"}),
    ("outside-headers", False, {"daemon/reader.c": SPDX + "/* lint: allow outside-headers: measured */\n"
                                                          "#include <winscard.h>\n"}),
    ("outside-headers", True, {"daemon/reader.c": SPDX + "/* lint: allow outside-headers: */\n"
                                                         "#include <winscard.h>\n"}),
    ("our-headers", True, {"common/tlv.c": SPDX + '#include "daemon/reader.h"\n'}),
    ("our-headers", True, {"relay/post.c": SPDX + '#include "daemon/reader.h"\n'}),
    ("our-headers", True, {"central/issue.c": SPDX + '#include "drivers/training/card.h"\n'}),
    ("our-headers", True, {"daemon/session.c": SPDX + '#include "data/mado-dbus.h"\n'}),
    ("our-headers", False, {"daemon/session-iface.c": SPDX + '#include "data/mado-dbus.h"\n'}),
    ("our-headers", True, {"daemon/worker.c": SPDX + '#include "daemon/gate.h"\n'}),
    ("our-headers", True, {"daemon/worker.c": SPDX + '#include "tests/support/fake-card.h"\n'}),
    ("our-headers", False, {"cli/list.c": SPDX + '#include "relay/post.h"\n#include "common/tlv.h"\n'}),
    ("strings", True, {"daemon/bus.c": SPDX + 'x = "org.freedesktop.PolicyKit1";\n'}),
    ("strings", False, {"daemon/gate-polkit.c": SPDX + 'x = "org.freedesktop.PolicyKit1";\n'}),
    ("strings", True, {"daemon/daemon.c": call("g_bus_own_name_on_connection(bus)")}),
    ("strings", False, {"daemon/bus.c": call("g_bus_own_name(bus)")}),
    ("pure-parts", True, {"common/bytes.am": "x = common/tlv.c\n", "common/tlv.c": SPDX + "#include <glib.h>\n"}),
    ("pure-parts", True, {"common/bytes.am": "x = common/tlv.c\n", "common/tlv.c": SPDX + "#include <stdio.h>\n"}),
    ("pure-parts", True, {"common/scp03.am": "x = common/scp03.c\n", "common/scp03.c": SPDX + "#include <glib.h>\n"}),
    ("pure-parts", False, {"common/scp03.am": "x = common/scp03.c\n",
                           "common/scp03.c": SPDX + "#include <openssl/evp.h>\n"}),
    ("pure-parts", True, {"drivers/training/card.c": SPDX + "#include <gio/gio.h>\n"}),
    ("pure-parts", True, {"common/base.am": "x = common/log.h\n",
                          "drivers/training/card.c": SPDX + '#include "common/log.h"\n'}),
    ("pure-parts", True, {"daemon/session-table.c": SPDX + "#include <gio/gio.h>\n"}),
    ("pure-parts", False, {"daemon/session-table.c": SPDX + "#include <string.h>\n"}),
    ("include-cycles", True, {"daemon/a.h": SPDX + '#include "daemon/b.h"\n',
                              "daemon/b.h": SPDX + '#include "daemon/a.h"\n'}),
    ("include-cycles", False, {"daemon/a.h": SPDX + '#include "daemon/b.h"\n', "daemon/b.h": SPDX}),

    ("file-names", True, {"daemon/reader-utils.c": SPDX}),
    ("file-names", True, {"daemon/Reader.c": SPDX}),
    ("file-names", False, {"daemon/card/common-juki.c": SPDX}),
    ("public-names", True, {"daemon/noun.c": function("mado_other_do")}),
    ("public-names", True, {"daemon/noun.h": SPDX + "void\nmado_nounish_do(void);\n"}),
    ("public-names", False, {"daemon/noun.c": function("mado_noun_do")}),
    ("public-names", False, {"daemon/noun-state.c": function("mado_noun_do")}),
    ("public-names", True, {"daemon/noun-state.c": function("mado_state_do")}),
    ("public-names", False, {"daemon/card/jpki.c": function("mado_card_jpki_read")}),
    ("public-names", False, {"daemon/noun.c": SPDX + "static void\ndo_it(void)\n{\n}\n"}),
    ("public-names", False, {"common/noun.h": SPDX + "typedef struct MadoOperatorKey MadoOperatorKey;\n"
                                                     "void\nmado_operator_key_free(MadoOperatorKey *self);\n"}),
    ("type-names", True, {"daemon/noun.h": SPDX + "typedef struct {\n    int x;\n} Noun;\n"}),
    ("type-names", False, {"daemon/noun.h": SPDX + "typedef struct {\n    int x;\n} MadoNoun;\n"}),
    ("file-length", True, {"daemon/noun.c": SPDX + "\n" * 800}),
    ("file-length", False, {"daemon/noun.c": SPDX + "\n" * 799}),
    ("file-length", True, {"daemon/noun.h": SPDX + "\n" * 200}),
    ("file-length", True, {"daemon/main.c": SPDX + "\n" * 120}),
    ("function-length", True, {"daemon/noun.c": function(body="    x++;\n" * 77)}),
    ("function-length", False, {"daemon/noun.c": function(body="    x++;\n" * 76)}),
    ("function-length", False, {"daemon/noun.c": function(body="    x++;\n" * 90,
                                                          before="/* lint: allow function-length: a table */\n")}),
    ("parameters", True, {"daemon/noun.c": function(parameters="int a, int b, int c, int d, int e, int f, int g")}),
    ("parameters", False, {"daemon/noun.c": function(parameters="int a, int (*b)(int, int), int c, int d, int e, "
                                                                "int f, GError **error")}),
    ("spdx", True, {"daemon/noun.c": "int x;\n"}),
    ("spdx", True, {"scripts/run.sh": "#!/bin/sh\n"}),
    ("spdx", False, {"daemon/noun.c": SPDX}),
    ("banned-calls", True, {"daemon/noun.c": call("sprintf(text, format)")}),
    ("banned-calls", True, {"tests/unit/test-noun.c": call("usleep(10)")}),
    ("banned-calls", True, {"daemon/noun.c": call("exit(1)")}),
    ("banned-calls", False, {"daemon/main.c": call("exit(1)")}),
    ("banned-calls", False, {"daemon/noun.c": call('x = "system(1)"; /* atoi(2) */ self->system(3)')}),
    ("banned-calls", False, {"daemon/noun.c": call("snprintf(text, sizeof text, format)")}),
    ("goto", True, {"daemon/noun.c": SPDX + "#include <glib.h>\n" + function(body="    goto out;\n")}),
    ("goto", False, {"common/noun.c": function(body="    goto out;\n")}),
    ("file-variables", True, {"daemon/noun.c": SPDX + "static int counter;\n"}),
    ("file-variables", True, {"daemon/noun.c": SPDX + "static GHashTable *cache = NULL;\n"}),
    ("file-variables", False, {"daemon/noun.c": SPDX + "static const Row rows[] = {\nstatic guint signals[2];\n"
                                                       "static void do_it(int x);\ntypedef struct Noun Noun;\n"}),
    ("file-variables", False, {"daemon/main.c": SPDX + "static int counter;\n"}),
    ("todo", True, {"daemon/noun.c": SPDX + "/* TODO: later */\n"}),
    ("todo", False, {"daemon/noun.c": SPDX + "/* TODO (#12): later */\n"}),
    ("machine-paths", True, {"scripts/run.sh": "#!/bin/sh\n# SPDX\n/home/someone/build/x\n"}),
    ("machine-paths", False, {"scripts/run.sh": "#!/bin/sh\n# SPDX\n$PWD/work/x /usr/bin/x\n"}),
    ("listed-in-build", True, {"daemon/Makefile.am": "x = daemon/other.c\n", "daemon/noun.c": SPDX}),
    ("listed-in-build", False, {"daemon/Makefile.am": "x = daemon/noun.c\n", "daemon/noun.c": SPDX}),
    ("listed-in-build", False, {"tests/Makefile.am": "x = tests/unit/test-noun\n", "tests/unit/test-noun.c": SPDX}),
    ("potfiles", True, {"cli/noun.c": call('puts(_("text"))')}),
    ("potfiles", False, {"cli/noun.c": call('puts(_("text"))'), "po/POTFILES.in": "cli/noun.c\n"}),

    ("logged-secrets", True, {"daemon/noun.c": call('g_debug("got %s", pin)')}),
    ("logged-secrets", True, {"daemon/noun.c": call('mado_log(LEVEL, EVENT, NULL, "x %s", self->transport_pin)')}),
    ("logged-secrets", True, {"central/noun.c": call('g_set_error(error, D, C, "number %s", my_number)')}),
    ("logged-secrets", True, {"daemon/noun.c": call('fprintf(stderr, "%s", mac_key)')}),
    ("logged-secrets", False, {"daemon/noun.c": call('g_debug("pin of kind %d, %zu", pin_kind, pin_len)')}),
    ("logged-secrets", False, {"daemon/noun.c": call('g_debug("the pin is wrong, %s", mado_pin_name(kind))')}),
    ("text-form", True, {"daemon/noun.c": call('g_info("Reader gone")')}),
    ("text-form", True, {"daemon/noun.c": call('g_info("reader gone.")')}),
    ("text-form", True, {"daemon/noun.c": call('g_set_error(error, D, C, "reader \'%s\' "\n        "gone.", name)')}),
    ("text-form", False, {"daemon/noun.c": call('g_info("PIN agent gone, waiting ...")')}),
    ("pointer-values", True, {"daemon/noun.c": call('g_debug("object %p", self)')}),
    ("pointer-values", False, {"daemon/noun.c": call('g_debug("object %s", self->name)')}),
    ("function-names", True, {"daemon/noun.c": call('g_debug("%s", G_STRFUNC)')}),
    ("function-names", False, {"daemon/noun.c": call('g_debug("started")')}),
]


def run(rule, files):
    with tempfile.TemporaryDirectory() as top:
        for path, text in files.items():
            os.makedirs(os.path.join(top, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(top, path), "w", encoding="utf-8") as file:
                file.write(text)
            if text.startswith("#!"):
                os.chmod(os.path.join(top, path), 0o755)
        return source.findings(top, {rule: RULES[rule]})[rule]


def main():
    failed = False
    number = 0
    for rule in RULES:
        cases = [case for case in CASES if case[0] == rule]
        number += 1
        good = {must for _, must, _ in cases} == {True, False}
        notes = [] if good else ["needs a case that is found and one that is not"]
        for _, must, files in cases:
            found = run(rule, files)
            if bool(found) != must:
                notes.append(f"{'not found' if must else 'found'}: {files} {found}")
        print(f"{'not ok' if notes else 'ok'} {number} - {rule} ({len(cases)} trees)")
        for note in notes:
            print("# " + note.replace("\n", "\\n"))
            failed = True
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
