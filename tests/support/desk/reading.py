# SPDX-License-Identifier: LGPL-2.1-or-later
"""A desk that only reads: bus, authority, pcscd with training readers, the daemon; no centre, no enrolment.

Cards, by name: good (ACTIVE, with PINs and certificates), fresh (as the factory delivers it), photo (a signed photo
that is none), and one per defect of madoguchi-training, all of the same issuers.
"""
import base64
import os
import shutil
import subprocess
import sys

from .cards import Cards
from .stack import Stack

PARTS = ("bus", "authority", "pcscd", "daemon")
DEFECTS = ("face-signature", "text-signature", "cvc", "clone", "truncated", "length", "foreign")
NAMES = ("good", "fresh", "photo") + DEFECTS
BAD_PHOTO = base64.b64encode(b"not a picture").decode()
NUMBER = b"123456789018"
NUMBER_B = b"02040120351234"
PINS = {"sign": "ABC123", "auth": "1234", "juki": "1234", "text": "1234"}


class ReadingDesk(Stack):
    """root, programs, n_readers as for Stack; top: the source tree."""

    def __init__(self, root, programs, top, n_readers=2):
        super().__init__(root, programs, n_readers)
        self.top = top
        self.cards = None

    def _copy_programs(self):
        os.makedirs(self.path("bin"), exist_ok=True)
        for name in ("madoguchid", "madoguchi-photo", "madoguchictl", "madoguchi-training", "libifd-training.so", "private-pcscd",
                     "authority"):
            copy = self.path("bin", name)
            shutil.copyfile(self.programs.path(name), copy)
            os.chmod(copy, 0o755)
        self.programs.look_in(self.path("bin"))

    def _init_centre(self):
        """No centre; what make() calls last: rules, cards, configuration."""
        self.allow("clerk")
        self.cards = Cards(self)
        for number, name in enumerate(NAMES):
            self._make_card(name, number)
        self._write_config()

    def allow(self, *roles, rule="allow"):
        """From now on the authority says this to these roles, and no to all others."""
        path = self.path("rules")
        with open(path + ".new", "w", encoding="ascii") as file:
            for role in roles:
                file.write(f"{self.uid(role)} * {rule}\n")
        os.chmod(path + ".new", 0o644)
        os.rename(path + ".new", path)

    def _make_card(self, name, number):
        order = subprocess.run(
            [sys.executable, os.path.join(self.top, "tests", "support", "training-order.py"), self.path("orders"),
             f"card_id=4D41444F545241494E{number:02X}", f"serial=90000000000000{number}"]
            + ([f"photo={BAD_PHOTO}"] if name == "photo" else []),
            stdout=subprocess.PIPE, check=True).stdout
        self.cards.make(name, order, name if name in DEFECTS else None)
        if name == "good":
            issuer = os.path.join(self.programs.builddir, "tests", "support", "issue-card")
            subprocess.run([issuer, self.cards.path(name), self.path("orders")], check=True)
            self.give(self.cards.path(name), "pcscd")

    def _write_config(self):
        face = self.path("desk", "face")
        os.makedirs(face, exist_ok=True)
        for name, digits in (("visual", "6000023"), ("text", "6000033")):
            key_id = (digits.encode() + b"\x08\x05" + b"001" + b"\xff" * 4).hex()
            subprocess.run(["openssl", "pkey", "-in", self.path("orders", f"{name}-ca.pem"), "-pubout", "-out",
                            os.path.join(face, key_id + ".pem")], check=True)
        for name in ("auth", "sign"):
            shutil.copy(self.path("orders", f"{name}-ca.pem"), self.path("desk", f"jpki-{name}.pem"))
        with open(self.path("desk", "madoguchid.conf"), "w", encoding="ascii") as file:
            file.write("[desk]\nrealm=training\n[anchors]\nface=face\njpki-auth=jpki-auth.pem\n"
                       "jpki-sign=jpki-sign.pem\n")
        with open(self.relay_config, "w", encoding="ascii") as file:
            file.write("[centre]\nurl=https://127.0.0.1:9\nca=none\n[client]\nterminal=D001\ncertificate=none\n"
                       "key=none\n[operator]\nid=CLERK-1\nkey=none\n")
        self.give_tree(self.path("desk"), "daemon")
        self.give(self.relay_config, "clerk")
        os.chmod(self.path("desk"), 0o755)

    def _argv(self, part):
        if part == "authority":
            return [self.programs.path("authority"), "--rules", self.path("rules")]
        return super()._argv(part)

    def ensure(self, *parts):
        super().ensure(*(parts or PARTS))
