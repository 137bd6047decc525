#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How readers wear, and their roles: counted by the daemon, told by readers and doctor."""
import datetime
import os
import sqlite3
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402
from desk.client import Client  # noqa: E402
from desk.machine import Machine  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.process import wait_until  # noqa: E402

N_CLASSES = 14


def readers(office):
    answer = Client(office.stack).call("readers")
    tap.true(answer.succeeded, answer)
    return {reader["name"]: reader for reader in answer.json["readers"]}


def bind(office, to, *reader, **options):
    return Client(office.stack).call("readers", "--bind", to, *reader, **options)


def wear(office):
    """The doctor's figures, by reader, and its findings."""
    answer = Client(office.stack).call("doctor", "--root", office.machine.root)
    tap.true(answer.json, answer)
    return ({row["name"]: row for row in answer.json["facts"]["wear"]},
            [finding for finding in answer.json["findings"] if finding["number"] == "D-421"])


def inspect(office, slot):
    answer = Client(office.stack, slot).call("inspect")
    tap.true(answer.succeeded, answer)


def what_is_done_with_a_card_is_counted(office):
    name = office.stack.reader_name(0)
    office.cards.insert(0, office.person.card)
    Client(office.stack, 0).wait_for_card(0)
    inspect(office, 0)
    inspect(office, 0)
    wait_until(lambda: wear(office)[0].get(name, {}).get("power-ups", 0) >= 2, "two power-ups are counted")
    row = wear(office)[0][name]
    tap.equal((row["inserts"], row["failures"], row["removed"]), (1, 0, 0), row)
    tap.true(row["commands"] > row["power-ups"], row)
    tap.equal(sum(part["n"] for part in row["latency"]), row["commands"], "commands by time")


def a_card_that_falls_silent_is_counted_as_a_failure(office):
    name = office.stack.reader_name(0)
    before = wear(office)[0][name]["failures"]
    office.cards.fault(0, "mute", 2)
    Client(office.stack, 0).call("inspect")
    wait_until(lambda: wear(office)[0][name]["failures"] > before, "a failure is counted")
    office.cards.remove(0)


def a_role_stays_with_its_place(office):
    first, second = office.stack.reader_name(0), office.stack.reader_name(1)
    tap.true(bind(office, "counter", first).succeeded, "counter")
    tap.true(bind(office, "resident", second).succeeded, "resident")
    roles = {name: reader["role"] for name, reader in readers(office).items()}
    tap.equal(roles, {first: "counter", second: "resident"}, "roles")
    office.stack.kill("daemon")
    office.stack.ensure()
    wait_until(lambda: len(readers(office)) == 2, "the readers are there again")
    tap.equal({name: reader["role"] for name, reader in readers(office).items()}, roles, "after a restart")
    tap.true(bind(office, "resident", first).succeeded, "resident moves")
    tap.equal({name: reader["role"] for name, reader in readers(office).items()}, {first: "resident", second: ""},
              "a role has one place")


def a_reader_is_named_by_its_role(office):
    office.cards.insert(0, office.person.card)
    Client(office.stack, 0).wait_for_card(0)
    answer = office.stack.run([office.stack.programs.path("madoguchictl"), "--json", "--reader", "resident", "inspect"],
                              "clerk")
    tap.true(b'"card-id"' in answer, answer)
    office.cards.remove(0)


def a_role_is_taken_away(office):
    tap.true(bind(office, "resident").succeeded, "without a reader")
    tap.equal({reader["role"] for reader in readers(office).values()}, {""}, "roles")


def what_is_no_role_is_refused(office):
    answer = bind(office, "The Counter", office.stack.reader_name(0))
    tap.equal(answer.json["error"]["nick"], "BadArgument", answer)


def whoever_may_not_configure_is_refused(office):
    if office.stack.uid("clerk") == office.stack.uid("centre"):
        raise tap.Skip("only one user is to be had without root")
    answer = bind(office, "counter", office.stack.reader_name(0), role="centre")
    tap.equal(answer.json["error"]["nick"], "NotAuthorized", answer)


def write_days(office, failures):
    """A month of an invented desk: failures of each reader in 1000 power-ups a day, on the last ten days."""
    office.stack.kill("daemon")
    path = office.stack.path("desk", "journal", "readers.db")
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM days")
        for number, n_failed in enumerate(failures):
            name = office.stack.reader_name(number)
            for back in range(10):
                day = (datetime.date.today() - datetime.timedelta(days=back)).isoformat()
                database.execute(f"INSERT INTO days VALUES ({','.join('?' * (12 + N_CLASSES))})",
                                 [f"conf:{name}", day, name, 100, 1000, 5000, n_failed, 3, 0, 0, 0, 0] + [0] * N_CLASSES)
    database.close()
    for name in os.listdir(os.path.dirname(path)):
        office.stack.give(os.path.join(os.path.dirname(path), name), "daemon")
    office.stack.ensure()
    wait_until(lambda: len(readers(office)) == 2, "the readers are there again")


def a_reader_that_fails_more_than_its_sibling_is_to_be_cleaned(office):
    write_days(office, (50, 10))
    found = wear(office)[1]
    tap.equal([finding["details"]["reader"] for finding in found], [office.stack.reader_name(0)], found)
    tap.equal([reader["worn"] for _, reader in sorted(readers(office).items())], [True, False], "readers")


def readers_that_are_alike_are_left_alone(office):
    write_days(office, (12, 10))
    tap.equal(wear(office)[1], [], "findings")


def nothing_about_a_person_is_in_the_file(office):
    person = office.person
    with open(office.stack.path("desk", "journal", "readers.db"), "rb") as file:
        data = file.read()
    for secret in (person.number, person.number_b, person.request_id, *person.pins.values()):
        if len(str(secret)) > 4:
            tap.true(str(secret).encode() not in data, "something about a person")


def main():
    with Office() as office:
        office.machine = Machine(os.path.join(office.folder, "machine"))
        tap.run([
            what_is_done_with_a_card_is_counted,
            a_card_that_falls_silent_is_counted_as_a_failure,
            a_role_stays_with_its_place,
            a_reader_is_named_by_its_role,
            a_role_is_taken_away,
            what_is_no_role_is_refused,
            whoever_may_not_configure_is_refused,
            a_reader_that_fails_more_than_its_sibling_is_to_be_cleaned,
            readers_that_are_alike_are_left_alone,
            nothing_about_a_person_is_in_the_file,
        ], office)


if __name__ == "__main__":
    main()
