#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an enrolled desk writes down when a holder changes a PIN."""
import os
import sqlite3
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402
from desk.client import Client, pins_text  # noqa: E402
from desk.office import Office  # noqa: E402

SLOT = 0
NEW_PIN = "8264"


def receipts(office):
    answer = Client(office.stack, SLOT).call("receipts")
    tap.true(answer.succeeded, answer)
    return [row["kind"] for row in answer.json["receipts"]]


def commands(office):
    """Headers of the commands in the journal that belong to no visit, in order."""
    journal = sqlite3.connect(f"file:{office.stack.path('desk', 'journal', 'journal.db')}?mode=ro", uri=True)
    try:
        return [bytes(row[0]) for row in journal.execute(
            "SELECT header FROM commands WHERE visit NOT IN (SELECT visit FROM visits) ORDER BY intent_ms, seq")]
    finally:
        journal.close()


def change(office, old, new):
    return Client(office.stack, SLOT).call("pin", "change", "text",
                                           secrets={"--pins-fd": pins_text({"old-text": old, "text": new})})


def a_card_is_issued(office):
    office.cards.insert(SLOT, office.person.card)
    Client(office.stack, SLOT).wait_for_card(SLOT)
    for answer in (office.prepare(office.person), office.issue(office.person)):
        tap.true(answer.succeeded, answer)


def a_wrong_pin_changes_nothing_and_leaves_no_receipt(office):
    before = receipts(office)
    answer = change(office, "9753", NEW_PIN)
    tap.equal(answer.json["error"]["nick"], "PinWrong", answer)
    tap.equal(receipts(office), before, "receipts")
    tap.equal(commands(office), [], "intents")


def a_changed_pin_leaves_an_intent_and_a_receipt(office):
    before = receipts(office)
    answer = change(office, office.person.pins["text"], NEW_PIN)
    tap.true(answer.succeeded, answer)
    tap.equal(receipts(office), before + ["pin-changed"], "receipts")
    tap.equal(commands(office), [b"\x00\x24\x01\x80"], "intents")


def the_journal_holds_no_pin(office):
    folder = office.stack.path("desk", "journal")
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        for pin in (NEW_PIN, office.person.pins["text"]):
            tap.true(b"\x04" + pin.encode() not in data, f"{name} holds a PIN")


if __name__ == "__main__":
    with Office() as everything:
        tap.run([a_card_is_issued, a_wrong_pin_changes_nothing_and_leaves_no_receipt,
                 a_changed_pin_leaves_an_intent_and_a_receipt, the_journal_holds_no_pin], everything)
