# SPDX-License-Identifier: LGPL-2.1-or-later
"""A desk dies in the middle of an issue, and another one, which knows nothing of it, finishes it with the card. When
the first comes back, what it still has to say is refused by name."""
import http.client
import json
import os
import ssl
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tests", "support"))

from desk import tap  # noqa: E402
from desk.client import Client  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.proxy import LOST_BEFORE, Plan, Proxy  # noqa: E402

SLOT = 0
FIRST, SECOND = "desk", "desk2"
DYING_AT = 4  # the message that says that the certificates are on the card


def insert(office, person):
    office.cards.insert(SLOT, person.card)
    Client(office.stack).wait_for_card(SLOT)


def post_late(office, desk, exchange):
    """The bytes that never arrived, by the desk they are from: (status, slug of the problem)."""
    stack = office.stack
    context = ssl.create_default_context(cafile=stack.path(desk, "relay", "centre-ca.crt"))
    context.check_hostname = False
    context.load_cert_chain(stack.path(desk, "relay", "tls.crt"), stack.path(desk, "relay", "tls.key"))
    connection = http.client.HTTPSConnection("127.0.0.1", stack.port, context=context, timeout=60)
    connection.request("POST", exchange.path, exchange.body, {
        "Content-Type": "application/pkcs7-mime", "Idempotency-Key": exchange.key})
    answer = connection.getresponse()
    body = answer.read()
    return answer.status, json.loads(body)["type"].rsplit(":", 1)[1] if answer.status != 200 else ""


def the_first_desk_dies_in_the_middle(office):
    stack, person = office.stack, office.person
    insert(office, person)
    prepared = office.prepare(person)
    tap.true(prepared.succeeded, prepared)
    proxy = Proxy.between(stack)
    url = stack.relay_url()
    stack.set_relay_url(proxy.url)
    running = []

    def die():
        stack.kill("daemon")
        running[0].kill()

    proxy.strike_at(DYING_AT, "before", die, Plan(DYING_AT, LOST_BEFORE, lasting=True))
    running.append(Client(stack).start(
        "issue", person.request_id, "--documents", "A1", "--face", "same",
        secrets=office.secrets(person, "passphrase", "number-b", "pins")))
    running[0].finish()
    proxy.close()
    stack.set_relay_url(url)
    office.late = proxy.exchanges[-1]
    tap.equal(office.request_state(person.request_id), "set-up", "state of the request")


def the_second_desk_finishes_with_the_card_alone(office):
    stack, person = office.stack, office.person
    before = office.cards.show(person.card)["admin_record"]
    stack.add_desk(SECOND, "D002")
    stack.use_desk(SECOND)
    stack.ensure()
    insert(office, person)
    tap.equal(office.open_visit(), None, "visits this desk knows")
    answer = Client(stack).call("resume", "--documents", "A1", "--face", "same",
                                secrets=office.secrets(person, "passphrase", "number-b", "pins"))
    tap.true(answer.succeeded, answer)
    tap.equal(answer.json["outcome"], "committed", "outcome")
    tap.equal(office.request_state(person.request_id), "delivered", "state of the request")
    tap.equal([pin["changes"] for pin in office.cards.show(person.card)["pins"] if pin["changes"]],
              [1] * 5, "no PIN was typed twice")
    tap.true(office.cards.show(person.card)["admin_record"] != before, "the card's record")


def what_the_first_desk_sends_late_is_fenced(office):
    tap.equal(post_late(office, FIRST, office.late), (409, "fenced"), "the message that was lost")
    tap.equal(office.request_state(office.person.request_id), "delivered", "state of the request")


def nobody_sends_it_for_the_first_desk(office):
    tap.equal(post_late(office, SECOND, office.late), (403, "terminal"), "from the other desk")


def the_first_desk_learns_at_resume_that_it_is_over(office):
    stack, person = office.stack, office.person
    stack.use_desk(FIRST)
    stack.ensure()
    insert(office, person)
    before = office.cards.show(person.card)
    tap.true(office.open_visit() is not None, "the visit waits in this desk's journal")
    answer = office.resume(person)
    # A repeat of the end, and nothing else: no script is made for this desk.
    tap.true(answer.succeeded, answer)
    tap.equal((answer.json["outcome"], answer.json["exchanges"]), ("committed", 1), "what it learns")
    after = office.cards.show(person.card)
    tap.equal([after[name] for name in ("life", "pins")], [before[name] for name in ("life", "pins")],
              "the card")
    tap.equal(office.open_visit(), None, "visits of this desk")
    tap.equal(office.request_state(person.request_id), "delivered", "state of the request")


def the_receipts_of_both_desks_reach_the_centre_and_verify(office):
    stack = office.stack
    for desk in (FIRST, SECOND):
        stack.use_desk(desk)
        stack.ensure()
        answer = Client(stack).call("relay", "--once")
        tap.true(answer.succeeded, f"{desk}: {answer}")
    rows = office.centre_json("receipts")
    for terminal in ("D001", "D002"):
        mine = [row for row in rows if row["terminal"] == terminal]
        tap.true(mine, f"receipts of {terminal}")
        tap.true(all(row["verified"] for row in mine), mine)


def main():
    with Office() as office:
        tap.run([
            the_first_desk_dies_in_the_middle,
            the_second_desk_finishes_with_the_card_alone,
            what_the_first_desk_sends_late_is_fenced,
            nobody_sends_it_for_the_first_desk,
            the_first_desk_learns_at_resume_that_it_is_over,
            the_receipts_of_both_desks_reach_the_centre_and_verify,
        ], office)


if __name__ == "__main__":
    main()
