# SPDX-License-Identifier: LGPL-2.1-or-later
"""A stack with invented residents in the centre's register and their cards made: ready for the counter."""
import json
import os
import shutil
import tempfile

from .cards import Cards
from .client import PASSPHRASE, Client, pins_text
from .people import as_csv, residents
from .programs import Programs
from .stack import Stack


class Office:
    """Made in a fresh folder; close() ends and deletes everything. prefix: an installed tree.

    started: False leaves it to the caller to start the parts. variant: {program: path} of other builds.
    make_stack: another kind of Stack.
    With MADO_KEEP in the environment the folder stays and is named.
    """

    def __init__(self, prefix=None, people=None, started=True, variant=None, make_stack=Stack):
        programs = Programs(os.environ.get("MADO_TOP_BUILDDIR") or os.getcwd(), prefix)
        for name, path in (variant or {}).items():
            programs.replace(name, path)
        self.folder = tempfile.mkdtemp(prefix="madoguchi-")
        os.chmod(self.folder, 0o755)
        self.stack = make_stack(os.path.join(self.folder, "desk"), programs)
        self.people = people or residents()
        self.person = self.people[0]
        self.orders = {}  # by request; secret
        try:
            self.stack.make()
            self.cards = Cards(self.stack)
            self._register()
            if started:
                self.stack.ensure()
        except BaseException:
            self.close()
            raise

    def close(self):
        self.stack.kill(*list(self.stack.processes))
        if "MADO_KEEP" in os.environ:
            print(f"# kept: {self.folder}", flush=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- the centre's counter --------------------------------------------------------------------

    def centre(self, *words, stdin_bytes=b""):
        """One madoguchi-central command on the centre's configuration; what it printed."""
        return self.stack.run([self.stack.programs.path("madoguchi-central"), words[0], "--config",
                               self.stack.path("centre", "central.conf"), *words[1:]], "centre",
                              stdin_bytes)

    def centre_json(self, *words):
        return json.loads(self.centre(*words, "--json"))

    def _register(self):
        """The list of residents is the office's input, outside everything the desk writes."""
        path = os.path.join(self.folder, "residents.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(as_csv(self.people))
        self.centre("import", path)
        os.unlink(path)
        for person in self.people:
            order = self.orders[person.request_id] = self.centre("personalise", person.request_id)
            person.learn(json.loads(order))
            self.cards.make(person.card, order)

    def make_wrong_card(self, person, defect):
        """Another card from the same order, wrong in one way; its name."""
        name = f"{person.card}-{defect}"
        self.cards.make(name, self.orders[person.request_id], defect)
        return name

    def request_state(self, request):
        return next(row["state"] for row in self.centre_json("requests")
                    if row["id"] == request)

    # ---- the desk's counter ----------------------------------------------------------------------

    def secrets(self, person, *kinds):
        """What to hand to the client: passphrase, number-a, number-b, pins."""
        values = {"passphrase": PASSPHRASE, "number-a": f"{person.number}\n".encode(),
                  "number-b": f"{person.number_b}\n".encode(), "pins": pins_text(person.pins)}
        return {f"--{kind}-fd": values[kind] for kind in kinds}

    def prepare(self, person, slot=0, **options):
        return Client(self.stack, slot).call(
            "prepare", person.request_id, "--inspected",
            secrets=self.secrets(person, "passphrase", "number-b"), **options)

    def issue(self, person, slot=0, **options):
        return Client(self.stack, slot).call(
            "issue", person.request_id, "--documents", "A1", "--face", "same",
            secrets=self.secrets(person, "passphrase", "number-b", "pins"), **options)

    def open_visit(self):
        return Client(self.stack).open_visit()

    def resume(self, person, slot=0, **options):
        return Client(self.stack, slot).call(
            "resume", self.open_visit(), "--inspected", "--documents", "A1", "--face", "same",
            secrets=self.secrets(person, "passphrase", "number-b", "pins"), **options)
