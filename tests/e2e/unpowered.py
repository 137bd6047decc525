# SPDX-License-Identifier: LGPL-2.1-or-later
"""The centre takes so long that the desk powers the card down: the visit goes on by itself."""
import configparser
import os
import select
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tests", "support"))

from desk import tap  # noqa: E402
from desk.client import Client  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.proxy import Proxy  # noqa: E402

SLOT = 0
UNPOWER_MS = 1000  # the shortest a desk can be set to
MET_AGAIN = "the card was unpowered, and is the same"


def set_unpower(stack):
    path = stack.path("desk", "madoguchid.conf")
    config = configparser.RawConfigParser()
    config.optionxform = str
    config.read(path, encoding="utf-8")
    if not config.has_section("limits"):
        config.add_section("limits")
    config.set("limits", "unpower-after-ms", str(UNPOWER_MS))
    with open(path, "w", encoding="utf-8") as file:
        config.write(file, space_around_delimiters=False)


def n_met_again(office):
    with open(office.stack.path("log", "daemon.log"), encoding="utf-8", errors="replace") as file:
        return file.read().count(MET_AGAIN)


def with_a_slow_answer(office, at, run):
    """run() succeeds although the at-th message is answered only long after the card was powered down."""
    before = n_met_again(office)
    # The desk tells nobody that it powered a card down: what it does later shows whether it had.
    office.proxy.strike_at(at, "before", lambda: select.select([], [], [], 3 * UNPOWER_MS / 1000))
    answer = run()
    tap.true(answer.succeeded, answer)
    tap.equal(n_met_again(office), before + 1, "times the card was met again")


def a_preparation_goes_on(office):
    for at, person in ((2, office.people[0]), (3, office.people[1])):
        office.cards.insert(SLOT, person.card)
        Client(office.stack).wait_for_card(SLOT)
        with_a_slow_answer(office, at, lambda: office.prepare(person))
        tap.equal(office.cards.show(person.card)["life"], "prepared", f"after message {at}")


def an_issue_goes_on_with_the_pins_that_were_typed(office):
    for at, person in ((4, office.people[1]), (3, office.people[0])):
        office.cards.insert(SLOT, person.card)
        Client(office.stack).wait_for_card(SLOT)
        with_a_slow_answer(office, at, lambda: office.issue(person))
        tap.equal(office.request_state(person.request_id), "delivered", f"after message {at}")
        changes = [pin["changes"] for pin in office.cards.show(person.card)["pins"]]
        tap.equal([n for n in changes if n > 0], [1] * 5, f"changes of each PIN after message {at}")


def main():
    with Office(started=False) as office:
        set_unpower(office.stack)
        office.stack.ensure()
        office.proxy = Proxy.between(office.stack)
        office.stack.set_relay_url(office.proxy.url)
        tap.run([a_preparation_goes_on, an_issue_goes_on_with_the_pins_that_were_typed], office)
        office.proxy.close()


if __name__ == "__main__":
    main()
