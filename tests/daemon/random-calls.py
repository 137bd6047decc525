#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Thousands of calls by chance on a whole, enrolled desk with a card in; see random-calls.c. SEED in the environment repeats a
run."""
import os
import re
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.environ.get("MADO_TOP_BUILDDIR", TOP)
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402
from desk.client import Client  # noqa: E402
from desk.office import Office  # noqa: E402

SLOT = 0
N_CALLS = 4000
SEED = os.environ.get("SEED", "20160125")


def no_call_breaks_the_daemon(office):
    stack = office.stack
    office.cards.insert(SLOT, office.person.card)
    Client(stack, SLOT).wait_for_card(SLOT)
    pid = stack.processes["daemon"].pid
    program = os.path.join(stack.path("bin"), "random-calls")
    api = os.path.join(stack.path("bin"), "data")
    os.makedirs(api)
    for source, copy in ((os.path.join(BUILD, "tests", "daemon", "random-calls"), program),
                         (os.path.join(TOP, "data", "org.madoguchi.Counter1.xml"),
                          os.path.join(api, "org.madoguchi.Counter1.xml"))):
        with open(source, "rb") as read, open(copy, "wb") as write:
            write.write(read.read())
        os.chmod(copy, 0o755)
    output = stack.run(["env", f"MADO_TOP_SRCDIR={stack.path('bin')}", program, stack.reader_name(SLOT), str(N_CALLS),
                        SEED], "clerk").decode()
    for line in output.splitlines():
        print("# " + line)
    tap.equal(stack.processes["daemon"].pid, pid, "the daemon's process")
    tap.true(not stack.has_died("daemon"), "the daemon lives")


def the_daemon_serves_as_before(office):
    answer = Client(office.stack, SLOT).call("inspect")
    tap.true(answer.succeeded, answer)
    tap.equal(answer.json["card"]["life-cycle"], "personalised", "life cycle")


def no_pin_lost_a_try_and_nothing_was_written(office):
    shown = office.cards.show(office.person.card)
    tap.equal([pin["tries"] for pin in shown["pins"] if pin["application"] != "visual" and pin["ef"] in
               ("0018", "001B", "001C", "0011")],
              [0] * 5, "tries of PINs never set")
    tap.equal(office.request_state(office.person.request_id), "ready", "the request")


def the_log_has_no_defect(office):
    with open(office.stack.path("log", "daemon.log"), encoding="utf-8") as file:
        for line in file:
            tap.true(not re.search(r"\b(warning|critical)\b", line), line)


if __name__ == "__main__":
    with Office() as everything:
        tap.run([no_call_breaks_the_daemon, the_daemon_serves_as_before, no_pin_lost_a_try_and_nothing_was_written,
                 the_log_has_no_defect], everything)
