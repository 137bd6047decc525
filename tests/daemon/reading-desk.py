#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a test program on a desk that only reads: private bus, stand-in authority, private pcscd with training
readers, the real madoguchid, and no centre.

usage: reading-desk.py PROGRAM [ARGUMENT...]

Started by root, every part and the program run as users of their own. The program finds in its environment:
  MADO_DESK_SLOTS      folder of the slots: 0, 1 (madoguchi-training insert --slot)
  MADO_DESK_CARDS      folder of card files: good-N, and one per defect of madoguchi-training
  MADO_DESK_RULES      the authority's rules, writable
  MADO_DESK_TRAINING   madoguchi-training
  MADO_DESK_CONTROL    descriptor: write "daemon stop\\n", "daemon start\\n", "pcscd kill\\n", "as stranger ...\\n";
                       each is answered by one line
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
TOP = os.environ.get("MADO_TOP_SRCDIR", os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.environ.get("MADO_TOP_BUILDDIR", TOP)
sys.path.insert(0, os.path.join(TOP, "tests", "support"))

from desk import bus  # noqa: E402
from desk.process import Failed, as_user  # noqa: E402
from desk.programs import Programs, everyone_may_reach  # noqa: E402
from desk.stack import Stack  # noqa: E402

PARTS = ("bus", "authority", "pcscd", "daemon")
DEFECTS = ("face-signature", "text-signature", "cvc", "clone", "truncated", "length", "foreign")
STRANGER = "backup"  # a user the authority allows nothing


class ReadingDesk(Stack):
    """The parts of Stack that reading needs."""

    def make(self):
        if not everyone_may_reach(os.path.join(self.root, "x")) and self.uid("bus") != os.geteuid():
            os.chmod(self.root, 0o755)
        self._folder("bus", "bus")
        self._folder("pcsc", "pcscd")
        self._folder("cards", "pcscd")
        self._folder("files", "pcscd")
        self._folder("home", "clerk", 0o700)
        self._folder("log", "bus")
        os.makedirs(self.path("pcsc", "conf"), exist_ok=True)
        for name in ("madoguchid", "madoguchi-training", "libifd-training.so", "private-pcscd", "authority"):
            os.makedirs(self.path("bin"), exist_ok=True)
            shutil.copyfile(self.programs.path(name), self.path("bin", name))
            os.chmod(self.path("bin", name), 0o755)
        self.programs.look_in(self.path("bin"))
        bus.write_config(self.path("bus", "bus.conf"), self.path("bus", "socket"), self.uid("authority"),
                         self.uid("daemon"))
        self._write_readers()
        for number in range(self.n_readers):
            os.chmod(self.slot(number), 0o777)  # the program puts cards in and takes them out
        self.write_rules()
        self.make_cards()
        self.make_config()

    def write_rules(self):
        with open(self.path("rules"), "w", encoding="ascii") as file:
            file.write(f"{self.uid('clerk')} * allow\n")
        self.give(self.path("rules"), "clerk", 0o644)

    def make_cards(self):
        """good-0, good-1 and one card per defect, all of the same issuers."""
        orders = self.path("orders")
        for name, number, defect in ([("good-0", 1, None), ("good-1", 2, None)] +
                                     [(defect, 3 + i, defect) for i, defect in enumerate(DEFECTS)]):
            order = subprocess.run(
                [sys.executable, os.path.join(TOP, "tests", "support", "training-order.py"), orders,
                 f"card_id=4D41444F545241494E{number:02X}", f"serial=90000000000000{number}"],
                stdout=subprocess.PIPE, check=True).stdout
            self.run([self.programs.path("madoguchi-training"), "make-card", "--out", self.path("files", name)] +
                     (["--defect", defect] if defect else []), stdin_bytes=order)
            self.give(self.path("files", name), "pcscd")

    def make_config(self):
        orders = self.path("orders")
        os.makedirs(self.path("desk", "face"), exist_ok=True)
        for name, digits in (("visual", "6000023"), ("text", "6000033")):
            key_id = (digits.encode() + b"\x08\x05" + b"001" + b"\xff" * 4).hex()
            subprocess.run(["openssl", "pkey", "-in", os.path.join(orders, f"{name}-ca.pem"), "-pubout", "-out",
                            self.path("desk", "face", f"{key_id}.pem")], check=True)
        for name in ("auth", "sign"):
            shutil.copy(os.path.join(orders, f"{name}-ca.pem"), self.path("desk", f"jpki-{name}.pem"))
        with open(self.path("desk", "madoguchid.conf"), "w", encoding="ascii") as file:
            file.write("[desk]\nrealm=training\n[anchors]\nface=face\njpki-auth=jpki-auth.pem\n"
                       "jpki-sign=jpki-sign.pem\n[log]\nlevel=debug\n")
        self.give_tree(self.path("desk"), "daemon")

    def _argv(self, part):
        if part == "authority":
            return [self.programs.path("authority"), "--rules", self.path("rules")]
        return super()._argv(part)

    def ensure(self, *parts):
        super().ensure(*(parts or PARTS))

    def environment(self):
        return dict(super().environment(), MADO_DESK_SLOTS=self.path("cards"), MADO_DESK_CARDS=self.path("files"),
                    MADO_DESK_RULES=self.path("rules"), MADO_DESK_TRAINING=self.programs.path("madoguchi-training"))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="mado-desk-") as root:
        desk = ReadingDesk(root, Programs(BUILD), 2)
        try:
            with desk:
                desk.make()
                desk.ensure()
                env = dict(os.environ, **desk.environment())
                result = subprocess.run(as_user(desk.uid("clerk")) + sys.argv[1:], env=env, check=False)
                desk.stop()
        finally:
            if os.environ.get("MADO_DESK_LOGS"):
                shutil.copytree(desk.path("log"), os.environ["MADO_DESK_LOGS"], dirs_exist_ok=True)
    return result.returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as error:
        print(f"Bail out! {error}")
        sys.exit(1)
