# SPDX-License-Identifier: LGPL-2.1-or-later
"""A message that comes twice while the centre is at it: 409 `running`, and the visit goes on."""
import concurrent.futures
import http.client
import json
import os
import sqlite3
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tests", "support"))

from desk import tap  # noqa: E402
from desk.client import Client  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.proxy import Proxy  # noqa: E402

SLOT = 0
RUNNING = "running"


def post(proxy, exchange):
    """The exchange's bytes once more, as the relay would send them; (status, body)."""
    connection = http.client.HTTPSConnection("127.0.0.1", proxy.centre_port, context=proxy.client,
                                             timeout=60)
    connection.request("POST", exchange.path, exchange.body, {
        "Content-Type": "application/pkcs7-mime", "Idempotency-Key": exchange.key})
    answer = connection.getresponse()
    return answer.status, answer.read()


def repeats(office, proxy, pool, found):
    """What happens when the second message passes: the centre's store is locked, so that whoever comes first of the
    message and its two repeats cannot be done; one of the repeats at least is told so."""
    store = sqlite3.connect(office.stack.path("centre", "central.db"), isolation_level=None,
                            check_same_thread=False)
    store.execute("BEGIN IMMEDIATE")
    exchange = proxy.exchanges[-1]
    waiting = [pool.submit(post, proxy, exchange) for _ in range(2)]
    concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
    found["at once"] = [job.result() for job in waiting if job.done()]
    store.execute("ROLLBACK")
    store.close()
    found["all"] = [job.result() for job in waiting]


def a_repeat_of_a_running_message_is_told_so_and_the_visit_goes_on(office):
    stack, person = office.stack, office.person
    proxy = Proxy.between(stack)
    stack.set_relay_url(proxy.url)
    office.cards.insert(SLOT, person.card)
    Client(stack).wait_for_card(SLOT)
    found = {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        proxy.strike_at(2, "before", lambda: repeats(office, proxy, pool, found))
        answer = office.prepare(person)
    tap.true(answer.succeeded, answer)
    tap.equal(len(found["at once"]), 1, "answers while the store was locked")
    status, body = found["at once"][0]
    tap.equal(status, 409, "status")
    tap.true(json.loads(body)["type"].endswith(":" + RUNNING), body)
    tap.true(200 in [status for status, _ in found["all"]], found["all"])
    tap.equal(office.cards.show(person.card)["life"], "prepared", "life cycle")
    proxy.close()


def main():
    with Office() as office:
        tap.run([a_repeat_of_a_running_message_is_told_so_and_the_visit_goes_on], office)


if __name__ == "__main__":
    main()
