# SPDX-License-Identifier: LGPL-2.1-or-later
"""The driver of the RC-S380 in unmodified pcscd over real libusb: the whole issue procedure, and OpenSC's own test.

The reader is emulated (tests/support/pasori). Whatever the driver does against ISO/IEC 14443 or the reader's protocol
is a breach in the emulator's ledger, and none may be there.
"""
import os
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")
sys.path[:0] = [os.path.join(TOP, "tests", name) for name in ("support", "fault", "e2e")]

import issue  # noqa: E402
from desk import tap  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.pasori import PasoriStack  # noqa: E402


def the_kernels_driver_was_taken_off_the_reader(office):
    counters, _ = office.stack.ledger()
    tap.equal((counters["port100"], counters["claimed"]), (0, 1), "port100, claimed")


def the_driver_finds_a_card_that_is_laid_on(office):
    before = office.stack.ledger()[0]["attribs"]
    office.cards.insert(issue.SLOT, office.person.card)
    office.stack.wait_for_counter("attribs", before + 1)


def the_driver_broke_no_rule(office):
    counters, breaches = office.stack.ledger()
    tap.equal(breaches, [], "breaches")
    tap.true(counters["apdus"] > 100, counters)
    print("# " + ", ".join(f"{name} {counters[name]}" for name in
                           ("apdus", "blocks", "frames", "commands", "out", "in", "empty-out",
                            "aborts", "naks", "wtx", "most-silent")))


TESTS = [
    the_kernels_driver_was_taken_off_the_reader,
    the_driver_finds_a_card_that_is_laid_on,
    issue.the_card_is_prepared,
    issue.the_card_is_issued_in_five_exchanges,
    issue.the_centre_shows_it_delivered_and_its_receipts_verify,
    issue.the_desk_reads_the_resident_back,
    issue.opensc_lists_the_card,
    issue.both_certificates_chain_to_the_training_authority,
    issue.opensc_tests_both_keys,
    issue.what_opensc_signs_openssl_verifies,
    issue.a_wrong_pin_costs_one_try_of_the_cards_own_counter,
    the_driver_broke_no_rule,
]


def main():
    with Office(make_stack=PasoriStack) as office:
        tap.run(TESTS, office)


if __name__ == "__main__":
    main()
