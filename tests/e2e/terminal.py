# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clerk and resident at a terminal: every question is asked, no secret is shown, Ctrl-C loses nothing."""
import os
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tests", "support"))

from desk import tap  # noqa: E402
from desk.client import Client  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.process import as_user  # noqa: E402
from desk.terminal import CTRL_C, Terminal  # noqa: E402

SLOT = 0
EXIT_HOLD = 6
PASSPHRASE = "training"


def start(office, *words):
    stack = office.stack
    argv = as_user(stack.uid("clerk")) + [
        stack.programs.path("madoguchictl"), "--config", stack.relay_config,
        "--reader", stack.reader_name(SLOT), "--lang", "en", *words]
    return Terminal(argv, dict(os.environ, **stack.environment()))


def assert_not_shown(terminal, *secrets):
    for secret in secrets:
        tap.true(secret not in terminal.text, f"a secret was shown in\n{terminal.text}")


def choose(terminal, label, pin):
    terminal.answer(f"Choose the {label}: ", pin)
    terminal.answer("The same again, to confirm: ", pin)


def choose_all(terminal, person):
    """In whatever order the desk asks; only the labels are known here."""
    choose(terminal, "password for the digital signature", person.pins["sign"])
    choose(terminal, "PIN for user authentication", person.pins["auth"])
    choose(terminal, "PIN of the Basic Resident Register", person.pins["juki"])
    choose(terminal, "PIN for the card's entries", person.pins["text"])


def the_clerk_prepares_a_card(office):
    person = office.people[0]
    office.cards.insert(SLOT, person.card)
    Client(office.stack).wait_for_card(SLOT)
    terminal = start(office, "prepare", person.request_id)
    terminal.answer("Number B", person.number_b)
    terminal.answer("Passphrase of operator CLERK-1: ", PASSPHRASE)
    terminal.answer("print right (yes/no)? ", "yes")
    tap.equal(terminal.finish(), 0, "exit status")
    tap.true("Prepared." in terminal.text, terminal.text)
    assert_not_shown(terminal, person.number_b, PASSPHRASE)


def a_card_that_is_not_in_order_is_not_prepared(office):
    person = office.people[1]
    office.cards.insert(SLOT, person.card)
    Client(office.stack).wait_for_card(SLOT)
    terminal = start(office, "prepare", person.request_id)
    terminal.answer("Number B", person.number_b)
    terminal.answer("Passphrase of operator CLERK-1: ", PASSPHRASE)
    terminal.answer("print right (yes/no)? ", "no")
    tap.equal(terminal.finish(), EXIT_HOLD, "exit status")
    tap.equal(office.request_state(person.request_id), "ready", "state of the request")


def wrong_entries_are_asked_again_until_the_card_is_issued(office):
    person = office.people[0]
    office.cards.insert(SLOT, person.card)
    Client(office.stack).wait_for_card(SLOT)
    terminal = start(office, "issue", person.request_id)
    terminal.answer("Number B", person.number_b)
    terminal.answer("Passphrase of operator CLERK-1: ", PASSPHRASE)
    terminal.wait_for(person.name)
    terminal.answer("Which have you seen", "B1")
    terminal.answer("does not suffice", "A1")
    terminal.answer("Your decision: ", "perhaps")
    terminal.answer("Your decision: ", "same")
    terminal.answer("Choose the password for the digital signature: ", "SHORT")
    terminal.wait_for("6 to 16 in all.")
    choose(terminal, "password for the digital signature", person.pins["sign"])
    terminal.answer("Choose the PIN for user authentication: ", person.birth[4:])
    terminal.wait_for("cannot be used.")
    terminal.answer("Choose the PIN for user authentication: ", person.pins["auth"])
    terminal.answer("The same again, to confirm: ", person.pins["text"])
    terminal.wait_for("The two entries differ.")
    choose(terminal, "PIN for user authentication", person.pins["auth"])
    choose(terminal, "PIN of the Basic Resident Register", person.pins["juki"])
    choose(terminal, "PIN for the card's entries", person.pins["text"])
    tap.equal(terminal.finish(), 0, "exit status")
    tap.true("Hand over the card." in terminal.text, terminal.text)
    tap.equal(office.request_state(person.request_id), "delivered", "state of the request")
    assert_not_shown(terminal, PASSPHRASE, person.number_b, *person.pins.values())


def the_holder_changes_a_pin(office):
    person = office.people[0]
    terminal = start(office, "pin", "change", "auth")
    terminal.answer("Enter the present PIN for user authentication (3 tries left): ", person.pins["auth"])
    person.pins["auth"] = "8064"
    choose(terminal, "PIN for user authentication", person.pins["auth"])
    tap.equal(terminal.finish(), 0, "exit status")
    assert_not_shown(terminal, *person.pins.values())


def an_interrupted_entry_puts_the_visit_on_hold_and_resume_finishes_it(office):
    person = office.people[2]
    office.cards.insert(SLOT, person.card)
    Client(office.stack).wait_for_card(SLOT)
    prepared = office.prepare(person, SLOT)
    tap.true(prepared.succeeded, prepared)
    terminal = start(office, "issue", person.request_id, "--documents", "A1", "--face", "same")
    terminal.answer("Number B", person.number_b)
    terminal.answer("Passphrase of operator CLERK-1: ", PASSPHRASE)
    choose(terminal, "password for the digital signature", person.pins["sign"])
    terminal.wait_for("Choose the PIN for user authentication: ")
    terminal.type(CTRL_C)
    tap.equal(terminal.finish(), EXIT_HOLD, f"exit status after\n{terminal.text}")
    tap.true("madoguchictl resume" in terminal.text, terminal.text)
    terminal = start(office, "resume", "--documents", "A1", "--face", "same")
    terminal.answer("Number B", person.number_b)
    terminal.answer("Passphrase of operator CLERK-1: ", PASSPHRASE)
    choose_all(terminal, person)
    tap.equal(terminal.finish(), 0, f"exit status after\n{terminal.text}")
    tap.equal(office.request_state(person.request_id), "delivered", "state of the request")


def main():
    with Office() as office:
        tap.run([
            the_clerk_prepares_a_card,
            wrong_entries_are_asked_again_until_the_card_is_issued,
            the_holder_changes_a_pin,
            an_interrupted_entry_puts_the_visit_on_hold_and_resume_finishes_it,
            a_card_that_is_not_in_order_is_not_prepared,
        ], office)


if __name__ == "__main__":
    main()
