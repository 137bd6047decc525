# SPDX-License-Identifier: LGPL-2.1-or-later
"""One desk, one resident, one card: put back to a known moment, spoilt, and brought to an end."""
import os
import shutil
import threading

from desk.client import PASSPHRASE, Client, pins_text
from desk.process import Failed
from desk.proxy import Plan, Proxy

from page import Page

SLOT = 0
OTHER_SLOT = 1
DAY_S = 86400
RECOVERIES = 4  # a resume may end on hold; more than this in a row is a card that is lost


class Scene:
    """A running stack with the proxy in the relay's path and the fault library under daemon and centre.

    stack: a made Stack, not started; person: of desk.people; library: path of libfault-preload.
    """

    def __init__(self, stack, cards, person, other, library):
        self.stack = stack
        self.cards = cards
        self.person = person
        self.other = other
        self.library = library
        self.client = Client(stack, SLOT)
        self.pages = {}
        for part, folder in (("daemon", "desk"), ("centre", "centre")):
            self.pages[part] = Page(stack.path(f"{part}.page"), stack.path(folder))
        self.proxy = self._proxy()
        stack.set_relay_url(self.proxy.url)

    def _proxy(self):
        desk, centre = self.stack.path("desk", "relay"), self.stack.path("centre", "keys")
        return Proxy(self.stack.port, os.path.join(centre, "tls.crt"),
                     os.path.join(centre, "tls.key"), os.path.join(desk, "tls.crt"),
                     os.path.join(desk, "tls.key"))

    # ---- moments ---------------------------------------------------------------------------------

    def start(self):
        """Everything that does not run; the fault library under the two that keep records."""
        for part, page in self.pages.items():
            self.stack.preload[part] = page.environment(self.library)
        self.stack.ensure()

    def _kept_files(self):
        yield self.stack.path("centre"), "centre"
        yield self.stack.path("desk", "journal"), "journal"
        yield self.stack.slot(SLOT), "card"

    def keep(self, name):
        """Copies what the world remembers at this moment, with the record keepers stopped."""
        self.stack.stop("daemon", "centre")
        self.cards.remove(SLOT)
        folder = self.stack.path("moments", name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        for path, label in self._kept_files():
            copy_tree(path, os.path.join(folder, label))
        self.cards.insert(SLOT)
        self.start()

    def restore(self, name):
        """Back to that moment, everything running, the card in the field."""
        self.stack.kill("daemon", "centre")
        self.cards.remove(SLOT)
        for page in self.pages.values():
            page.disarm()
        self.proxy.spoil(None)
        for path, label in self._kept_files():
            replace_tree(path, self.stack.path("moments", name, label))
        self.start()
        self.cards.insert(SLOT)

    # ---- the visit -------------------------------------------------------------------------------

    def _secrets(self, procedure):
        secrets = {"--passphrase-fd": PASSPHRASE,
                   "--number-b-fd": self.person.number_b.encode() + b"\n"}
        if procedure == "issue":
            secrets["--pins-fd"] = pins_text(self.person.pins)
        return secrets

    def start_visit(self, procedure):
        words = {"prepare": ["--inspected"], "issue": ["--documents", "A1", "--face", "same"]}
        return self.client.start(procedure, self.person.request, *words[procedure],
                                 secrets=self._secrets(procedure))

    def visit(self, procedure):
        return self.start_visit(procedure).finish()

    def resume(self, resident, procedure):
        words = [] if resident else ["--absent"]
        return self.client.call("resume", *words, secrets=self._secrets(procedure))

    # ---- faults ----------------------------------------------------------------------------------

    def arm(self, fault):
        """Makes it wait for its moment; restore() and calm() take it back."""
        if fault.what == "card":
            self.cards.fault(SLOT, fault.where, fault.n)
        elif fault.what == "sync":
            part, action = fault.where.split()
            self.pages[part].arm(fault.n, action)
        elif fault.what == "exchange":
            self.proxy.spoil(Plan(fault.n, fault.where, fault.lasting))
        elif fault.what == "other-card":
            self.proxy.spoil(Plan(fault.n, "lost-before", True))
        elif fault.what == "clock":
            part, days = fault.where.split()
            self.pages[part].put("shift_s", int(days) * DAY_S)

    def play(self, procedure, fault):
        """The visit with the fault in it; what the client said."""
        if fault.what == "kill":
            part, moment = fault.where.split()
            return self._visit_with_kill(procedure, part, moment, fault.n)
        self.arm(fault)
        return self.visit(procedure)

    def _visit_with_kill(self, procedure, part, moment, n):
        running = []
        started = threading.Event()

        def strike():
            started.wait()
            if part == "client":
                running[0].kill()
            else:
                self.stack.kill(part)

        self.proxy.strike_at(n, moment, strike)
        running.append(self.start_visit(procedure))
        started.set()
        return running[0].finish()

    def calm(self):
        """The faults are over: what died comes back, the card lies on the reader again."""
        for page in self.pages.values():
            page.disarm()
        self.proxy.spoil(None)
        self.cards.fault(SLOT, None)
        self.start()
        self.cards.reinsert(SLOT)

    # ---- the end ---------------------------------------------------------------------------------

    def is_open(self):
        """True while the daemon knows of a visit that is open or on hold."""
        answer = self.client.call("visits")
        if not answer.succeeded:
            raise Failed(f"visits: {answer}")
        return bool(answer.json["visits"])

    def finish(self, procedure, resident, second=None):
        """Resumes until the request is through; the answers on the way. With the resident away, the visit is
        ended first as the centre allows, and the resident comes back another day."""
        answers = []
        for attempt in range(RECOVERIES):
            if second is not None and attempt == 0:
                self.arm(second) if second.what != "kill" else None
            if not self.is_open():
                answers.append(self.visit(procedure))
            else:
                answers.append(self.resume(resident or attempt > 1, procedure))
            if second is not None and attempt == 0:
                self.calm()
            if self._is_through(procedure):
                return answers
        raise Failed("not through after " + "".join(f"\n  {answer}" for answer in answers))

    def _is_through(self, procedure):
        wanted = {"prepare": "set-up", "issue": "delivered"}[procedure]
        return not self.is_open() and self.cards.request_state(self.person.request) == wanted

    def deliver_receipts(self):
        answer = self.client.call("relay", "--once")
        if not answer.succeeded:
            raise Failed(f"relay: {answer}")


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
