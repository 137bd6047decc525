# SPDX-License-Identifier: LGPL-2.1-or-later
"""The card service stops answering in the middle of a visit: the visit is on hold while the daemon runs on, and
is finished as soon as the service answers again."""
import os
import signal
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tests", "support"))

from desk import tap  # noqa: E402
from desk.client import Client  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.process import wait_until  # noqa: E402
from desk.proxy import Proxy  # noqa: E402

SLOT = 0


def visits(office):
    return Client(office.stack).call("visits").json["visits"]


def a_service_that_hangs_does_not_keep_the_visit(office):
    stack, person = office.stack, office.person
    proxy = Proxy.between(stack)
    stack.set_relay_url(proxy.url)
    pcscd = stack.processes["pcscd"].pid
    office.cards.insert(SLOT, person.card)
    Client(stack).wait_for_card(SLOT)
    running = []

    def strike():
        os.kill(pcscd, signal.SIGSTOP)
        running[0].kill()

    proxy.strike_at(2, "before", strike)
    try:
        running.append(Client(stack).start(
            "prepare", person.request_id, "--inspected",
            secrets=office.secrets(person, "passphrase", "number-b")))
        running[0].finish()
        # The command that powers the card down does not return; nobody waits for it for ever.
        wait_until(lambda: [row["held"] for row in visits(office)] == [True], "the visit is on hold")
        tap.equal(visits(office)[0]["reason"], "a command to the card did not return", "reason")
    finally:
        os.kill(pcscd, signal.SIGCONT)
    daemon = stack.processes["daemon"].pid
    wait_until(lambda: not any(row["claimed"] for row in Client(stack).call("readers").json["readers"]),
               "the reader is free again")
    answer = office.resume(person)
    tap.true(answer.succeeded, answer)
    tap.equal(office.cards.show(person.card)["life"], "prepared", "life cycle")
    tap.equal(stack.processes["daemon"].pid, daemon, "the daemon that began")
    tap.true(not stack.has_died("daemon"), "the daemon lives")
    proxy.close()


def main():
    with Office() as office:
        tap.run([a_service_that_hangs_does_not_keep_the_visit], office)


if __name__ == "__main__":
    main()
