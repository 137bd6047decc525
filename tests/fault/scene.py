# SPDX-License-Identifier: LGPL-2.1-or-later
"""One desk, one resident, one card: put back to a known moment, spoilt, and brought to an end."""
import os
import shutil
import ssl
import threading

from desk.client import PASSPHRASE, Client, pins_text
from desk.opensc import OpenSC
from desk.process import Failed
from desk.proxy import Plan, Proxy

from judge import Case, intents, judge, judge_between
from page import Page

SLOT = 0
DAY_S = 86400
DONE = {"prepare": "set-up", "issue": "delivered"}  # the request's state at the centre
RELAY_BUDGET_MS = "2000"  # the relay's patience; what it does not survive becomes a visit on hold
RECOVERIES = 4  # a resume may end on hold; more than this in a row is a card that is lost


class Scene:
    """The desk of an Office with the proxy in the relay's path and the fault library under daemon and centre.

    office: not started yet; its first resident is the one served, the second's card is the wrong one.
    """

    def __init__(self, office, library):
        self.office = office
        self.stack = office.stack
        self.cards = office.cards
        self.person, self.other = office.people[:2]
        self.library = library
        self.earlier = {}  # what the journal intended before the moment we are at
        self.pages = {part: Page(self.stack.path(f"{part}.page"), self.stack.path(folder))
                      for part, folder in (("daemon", "desk"), ("centre", "centre"))}
        self.proxy = Proxy.between(self.stack)
        self.stack.set_relay_url(self.proxy.url)
        self.stack.set_relay("limits", "budget-ms", RELAY_BUDGET_MS)

    def close(self):
        self.proxy.close()
        self.office.close()

    # ---- moments ---------------------------------------------------------------------------------

    def start(self):
        """Everything that does not run; the fault library under the two that keep records."""
        for part, page in self.pages.items():
            self.stack.preload[part] = page.environment(self.library)
        self.stack.ensure()

    def _kept(self):
        """(path, name in the moment's folder) of all that the world remembers."""
        yield self.stack.path("centre"), "centre"
        yield self.stack.path("desk", "journal"), "journal"
        yield self.cards.folder, "cards"

    def keep(self, name):
        """Remembers this moment, with the record keepers stopped meanwhile."""
        self.stack.stop("daemon", "centre")
        self.cards.remove(SLOT)
        for path, label in self._kept():
            if os.path.exists(path):
                replace_tree(self.stack.path("moments", name, label), path)
        self._set_out()

    def restore(self, name):
        """Back to that moment: nothing is wrong, everything runs, the card is in the field."""
        self.stack.kill("daemon", "centre")
        self.cards.remove(SLOT)
        self.calm_down()
        for path, label in self._kept():
            kept = self.stack.path("moments", name, label)
            if os.path.exists(kept):
                replace_tree(path, kept)
            else:
                shutil.rmtree(path, ignore_errors=True)
        self._set_out()

    def restore_centre(self, name):
        """The centre's database is lost; the backup that is put in place is of an earlier moment."""
        self.stack.kill("centre")
        replace_tree(self.stack.path("centre"), self.stack.path("moments", name, "centre"))

    def _set_out(self):
        journal = self.stack.path("desk", "journal", "journal.db")
        self.earlier = intents(journal) if os.path.exists(journal) else {}
        self.cards.start_trace(SLOT)
        self.start()
        self.cards.insert(SLOT, self.person.card)
        self.wait_for_card()

    def wait_for_card(self):
        Client(self.stack).wait_for_card(SLOT)

    # ---- the visit -------------------------------------------------------------------------------

    def _secrets(self):
        return {"--passphrase-fd": PASSPHRASE,
                "--number-b-fd": self.person.number_b.encode() + b"\n",
                "--pins-fd": pins_text(self.person.pins)}

    def start_visit(self, procedure):
        words = {"prepare": ["--inspected"], "issue": ["--documents", "A1", "--face", "same"]}
        secrets = self._secrets()
        if procedure == "prepare":
            del secrets["--pins-fd"]
        return Client(self.stack, SLOT).start(procedure, self.person.request_id, *words[procedure],
                                              secrets=secrets)

    def visit(self, procedure):
        return self.start_visit(procedure).finish()

    def start_resume(self, resident, slot=SLOT):
        words = ["--inspected", "--documents", "A1", "--face", "same"]
        words += [] if resident else ["--absent"]
        return Client(self.stack, slot).start("resume", self.open_visit(), *words,
                                              secrets=self._secrets())

    def open_visit(self):
        return Client(self.stack).open_visit()

    # ---- faults ----------------------------------------------------------------------------------

    def arm(self, fault):
        """Makes it wait for its moment."""
        if fault.what == "card":
            self.cards.fault(SLOT, fault.where, fault.n)
        elif fault.what == "sync":
            part, action = fault.where.split()
            self.pages[part].arm(fault.n, action)
        elif fault.what == "exchange":
            self.proxy.spoil(Plan(fault.n, fault.where, fault.lasting))
        elif fault.what in ("other-card", "restored"):
            self.proxy.spoil(Plan(fault.n, "lost-before", True))
        elif fault.what == "clock":
            part, days = fault.where.split()
            self.pages[part].put("shift_s", int(days) * DAY_S)

    def play(self, fault, start):
        """start() begins a command; it runs with the fault in it; what it said."""
        if fault.what != "kill":
            self.arm(fault)
            return start().finish()
        part, moment = fault.where.split()
        if moment == "apdu":
            return self._kill_at_apdu(part, fault.n, start)
        running = []
        started = threading.Event()

        def strike():
            started.wait()
            self._kill(part, running[0])

        self.proxy.strike_at(fault.n, moment, strike)
        running.append(start())
        started.set()
        return running[0].finish()

    def _kill(self, part, running):
        if part == "client":
            running.kill()
        else:
            self.stack.kill(part)

    def _kill_at_apdu(self, part, n, start):
        n_before = len(self.cards.trace(SLOT)[0])
        running = start()
        if self.cards.wait_for_apdu(SLOT, n_before + n, running.is_alive):
            self._kill(part, running)
        return running.finish()

    def calm_down(self):
        """Takes back every fault that still waits or lasts."""
        for page in self.pages.values():
            page.disarm()
        self.proxy.spoil(None)
        self.cards.fault(SLOT, None)

    def repair(self):
        """The faults are over: what died comes back, the card lies on the reader again."""
        self.calm_down()
        if self.stack.has_died("bus"):
            self.stack.wait_end("authority", "daemon")  # they cannot live without it
        self.start()
        self.cards.remove(SLOT)
        Client(self.stack).wait_for_card(SLOT, is_in=False)
        self.cards.insert(SLOT, self.person.card)
        self.wait_for_card()

    # ---- the end ---------------------------------------------------------------------------------

    def finish(self, procedure, resident, second=None):
        """Brings the request to its end as people would; the answers on the way. With the resident away, the
        visit is first ended as the centre allows, and the resident comes back another day."""
        answers = []
        for attempt in range(RECOVERIES):
            if self._is_through(procedure):
                return answers
            is_here = resident or attempt > 0
            start = self._next_command(procedure, is_here)
            faulty = second is not None and attempt == 0
            answers.append(self.play(second, start) if faulty else start().finish())
            complaints = self.judge_between(procedure, answers[-1])
            if complaints:
                raise Failed("; ".join(complaints))
            if faulty:
                self.repair()
        if self._is_through(procedure):
            return answers
        raise Failed("not through after" + "".join(f"\n  {answer}" for answer in answers))

    def _next_command(self, procedure, is_here):
        if self.open_visit() is None:
            return lambda: self.start_visit(procedure)
        return lambda: self.start_resume(is_here)

    def _is_through(self, procedure):
        return self.open_visit() is None and \
            self.office.request_state(self.person.request_id) == DONE[procedure]

    def deliver_receipts(self):
        answer = Client(self.stack).call("relay", "--once")
        if not answer.succeeded:
            raise Failed(f"relay: {answer}")

    def _case(self, procedure):
        return Case(procedure, self.person.request_id, self.stack.path("centre", "central.db"),
                    self.stack.path("desk", "journal", "journal.db"),
                    self.cards.show(self.person.card), self.cards.trace(SLOT)[0], self.earlier)

    def judge_between(self, procedure, said=None):
        """said: what the desk last told its clerk."""
        complaints = judge_between(self._case(procedure))
        if said is not None and said.json and said.json.get("outcome") == "committed" and \
                self.office.request_state(self.person.request_id) != DONE[procedure]:
            complaints.append("the desk said that the card may be handed over, the centre did not")
        return complaints

    def judge(self, procedure):
        case = self._case(procedure)
        if procedure == "issue":
            opensc = OpenSC(self.stack, SLOT)
            case.certificates = {
                kind: ssl.PEM_cert_to_DER_cert(opensc.certificate_pem(kind, self.person.pins[kind]))
                for kind in ("auth", "sign")}
        return judge(case)


def copy_tree(source, target):
    """With owners and modes; sockets and pages have no business here."""
    shutil.copytree(source, target, symlinks=True, copy_function=copy_file)
    copy_owner(source, target)
    for folder, folders, _ in os.walk(target):
        for name in folders:
            path = os.path.join(folder, name)
            copy_owner(os.path.join(source, os.path.relpath(path, target)), path)


def copy_file(source, target, **_):
    shutil.copy2(source, target, follow_symlinks=False)
    copy_owner(source, target)
    return target


def copy_owner(source, target):
    status = os.stat(source, follow_symlinks=False)
    if os.geteuid() == 0:
        os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)


def replace_tree(target, source):
    shutil.rmtree(target, ignore_errors=True)
    copy_tree(source, target)
