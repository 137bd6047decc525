# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input on the real stack: the error has a name, and neither card nor register has changed."""
import os
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402
from desk.client import Client  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.proxy import Plan, Proxy  # noqa: E402

SLOT = 0
EXIT_UNDONE = 8


def insert(office, name):
    office.cards.insert(SLOT, name)
    Client(office.stack).wait_for_card(SLOT)


def what_must_stay(office, card):
    """Everything a refusal must leave alone. Tries of a PIN are not among it: a wrong entry costs one."""
    shown = office.cards.show(card)
    del shown["admin_record"]
    for pin in shown["pins"]:
        del pin["tries"], pin["state"]
    return shown, [(row["id"], row["state"]) for row in office.centre_json("requests")]


def refused(office, card, nick, run):
    """run() fails with this error and changes nothing; the answer."""
    before = what_must_stay(office, card)
    answer = run()
    tap.true(not answer.succeeded, answer)
    tap.equal(answer.json["error"]["nick"], nick, answer.json["error"]["detail"])
    tap.equal(what_must_stay(office, card), before, "card and register")
    return answer


def prepare(office, person=None):
    return lambda: office.prepare(person or office.person)


def read(office, *words, kinds=(), person=None):
    return lambda: Client(office.stack).call(
        "read", *words, secrets=office.secrets(person or office.person, *kinds))


def a_missing_card_is_named(office):
    office.cards.remove(SLOT)
    refused(office, office.person.card, "CardAbsent", prepare(office))


def a_foreign_card_is_named(office):
    name = office.make_wrong_card(office.person, "foreign")
    insert(office, name)
    refused(office, name, "CardUnknown", lambda: Client(office.stack).call("inspect"))
    refused(office, name, "CardUnknown", prepare(office))


def a_forged_face_is_named(office):
    name = office.make_wrong_card(office.person, "face-signature")
    insert(office, name)
    refused(office, name, "CardForged", prepare(office))


def a_forged_text_is_named(office):
    name = office.make_wrong_card(office.person, "text-signature")
    insert(office, name)
    refused(office, name, "CardForged", read(office, "attributes", "--credential", "number-b",
                                             kinds=("number-b",)))


def a_certificate_of_no_known_issuer_is_named(office):
    name = office.make_wrong_card(office.person, "cvc")
    insert(office, name)
    refused(office, name, "CardForged", prepare(office))


def a_cloned_card_is_named(office):
    name = office.make_wrong_card(office.person, "clone")
    insert(office, name)
    refused(office, name, "CardCloned", prepare(office))


def truncated_and_lying_files_are_named(office):
    for defect in ("truncated", "length"):
        name = office.make_wrong_card(office.person, defect)
        insert(office, name)
        refused(office, name, "CardData", prepare(office))


def another_persons_card_is_named(office):
    other = office.people[1]
    insert(office, other.card)
    mixed = dict(office.secrets(other, "number-b"), **office.secrets(office.person, "passphrase"))
    refused(office, other.card, "RequestMismatch", lambda: Client(office.stack).call(
        "prepare", office.person.request_id, "--inspected", secrets=mixed))


def an_unknown_request_is_named(office):
    insert(office, office.person.card)
    refused(office, office.person.card, "NotFound", lambda: Client(office.stack).call(
        "prepare", "R-9999", "--inspected",
        secrets=office.secrets(office.person, "passphrase", "number-b")))


def issuing_an_unprepared_card_is_named(office):
    insert(office, office.person.card)
    refused(office, office.person.card, "RequestState", lambda: office.issue(office.person))


def a_wrong_number_off_the_face_is_named_with_its_tries(office):
    insert(office, office.person.card)
    secrets = office.secrets(office.person, "passphrase", "number-b")
    secrets["--number-b-fd"] = b"00000000000000\n"
    answer = refused(office, office.person.card, "PinWrong", lambda: Client(office.stack).call(
        "prepare", office.person.request_id, "--inspected", secrets=secrets))
    tap.true(answer.json["error"]["tries"] > 0, answer.json["error"])


def a_wrong_passphrase_is_named(office):
    insert(office, office.person.card)
    secrets = office.secrets(office.person, "passphrase", "number-b")
    secrets["--passphrase-fd"] = b"wrong\n"
    refused(office, office.person.card, "BadArgument", lambda: Client(office.stack).call(
        "prepare", office.person.request_id, "--inspected", secrets=secrets))


def any_bytes_of_the_centre_put_the_visit_on_hold_and_it_is_finished_later(office):
    stack, person = office.stack, office.people[2]
    proxy = Proxy.between(stack)
    url = stack.relay_url()
    stack.set_relay_url(proxy.url)
    try:
        insert(office, person.card)
        for kind in ("garbage", "oversized", "bit-flipped", "cut-short"):
            proxy.spoil(Plan(2, kind))
            answer = office.resume(person) if office.open_visit() else office.prepare(person)
            tap.true(not answer.succeeded, f"{kind}: {answer}")
            tap.true(answer.json["error"]["nick"] in ("Held", "CentreAnswer"), f"{kind}: {answer}")
            tap.equal(office.cards.show(person.card)["life"], "personalised", kind)
        proxy.spoil(None)
        waiting = office.open_visit()
        answer = refused(office, person.card, "Held", prepare(office, person))
        tap.equal(answer.json["visit"], waiting, "the visit that waits")
        answer = office.resume(person)
        tap.true(answer.succeeded, answer)
        tap.equal(office.cards.show(person.card)["life"], "prepared", "life cycle")
    finally:
        stack.set_relay_url(url)
        proxy.close()


def a_face_in_doubt_ends_undone_with_a_status_of_its_own(office):
    """The clerk's word is no error, and yet nobody may take it for an issue."""
    person = office.people[2]
    insert(office, person.card)
    before = what_must_stay(office, person.card)
    answer = Client(office.stack).call(
        "issue", person.request_id, "--documents", "A1", "--face", "doubt: another nose",
        secrets=office.secrets(person, "passphrase", "number-b", "pins"))
    tap.equal((answer.status, answer.json["outcome"]), (EXIT_UNDONE, "aborted"), answer)
    tap.equal(what_must_stay(office, person.card), before, "card and register")


def a_wrong_pin_shows_its_tries_and_a_blocked_one_is_named(office):
    person = office.person
    insert(office, person.card)
    for answer in (office.prepare(person), office.issue(person)):
        tap.true(answer.succeeded, answer)
    person.pins["text"], right = "0192", person.pins["text"]
    for left in (2, 1):
        answer = refused(office, person.card, "PinWrong",
                         read(office, "attributes", kinds=("pins",)))
        tap.equal(answer.json["error"]["tries"], left, "tries left")
    refused(office, person.card, "PinBlocked", read(office, "attributes", kinds=("pins",)))
    person.pins["text"] = right
    refused(office, person.card, "PinBlocked", read(office, "attributes", kinds=("pins",)))


if __name__ == "__main__":
    with Office() as OFFICE:
        tap.run([
            a_missing_card_is_named,
            a_foreign_card_is_named,
            a_forged_face_is_named,
            a_forged_text_is_named,
            a_certificate_of_no_known_issuer_is_named,
            a_cloned_card_is_named,
            truncated_and_lying_files_are_named,
            another_persons_card_is_named,
            an_unknown_request_is_named,
            issuing_an_unprepared_card_is_named,
            a_wrong_number_off_the_face_is_named_with_its_tries,
            a_wrong_passphrase_is_named,
            any_bytes_of_the_centre_put_the_visit_on_hold_and_it_is_finished_later,
            a_face_in_doubt_ends_undone_with_a_status_of_its_own,
            a_wrong_pin_shows_its_tries_and_a_blocked_one_is_named,
        ], OFFICE)
