# SPDX-License-Identifier: LGPL-2.1-or-later
"""A stack whose reader is an emulated Sony RC-S380 under unmodified pcscd, libudev and libusb.

pcscd runs under umockdev's preload library; the emulator (tests/support/pasori) is beside it, and the card in slot 0
lies on it. pcscd sees our bundle alone, in a mount namespace of its own.
"""
import os
import shutil
import socket

from . import tap
from .process import wait_until
from .stack import Stack, is_root

BUNDLE = os.path.join("pasori.bundle", "Contents")
READER_NAME = "Sony PaSoRi RC-S380/P"
SERIAL = "0000001"


class PasoriStack(Stack):
    """Slot 0 is the emulated reader; there is no other."""

    def __init__(self, root, programs):
        super().__init__(root, programs, n_readers=1)
        built = programs.builddir
        self.plist = os.path.join(built, "drivers", "pasori", "Info.plist")
        programs.replace("libifd-pasori.so",
                         os.path.join(built, "drivers", "pasori", ".libs", "libifd-pasori.so"))
        programs.replace("shell-umockdev",
                         os.path.join(built, "tests", "support", "pasori", "shell-umockdev"))
        if not shutil.which("umockdev-wrapper"):
            tap.skip_all("umockdev is not installed")

    def reader_name(self, number):
        return f"{READER_NAME} ({SERIAL}) {number:02X} 00"

    def _write_readers(self):
        os.makedirs(self.slot(0), exist_ok=True)
        self.give(self.slot(0), "pcscd")
        for folder in (self.path("drivers", BUNDLE, "Linux"), self.path("wrap")):
            os.makedirs(folder)
        shutil.copyfile(self.plist, self.path("drivers", BUNDLE, "Info.plist"))
        shutil.copyfile(self.programs.path("libifd-pasori.so"),
                        self.path("drivers", BUNDLE, "Linux", "libifd-pasori.so"))
        with open(self.path("wrap", "pcscd"), "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n"
                       f"exec umockdev-wrapper {self.programs.path('shell-umockdev')} --slot {self.slot(0)} "
                       f"--control {self.path('pcsc', 'control')} -- {pcscd()} \"$@\"\n")
        os.chmod(self.path("wrap", "pcscd"), 0o755)

    def _starts_as(self, part):
        return None if part == "pcscd" else super()._starts_as(part)

    def _argv(self, part):
        if part != "pcscd":
            return super()._argv(part)
        user = ["--user", str(self.uid("pcscd"))] if is_root() else []
        return [self.programs.path("private-pcscd"), *user, "--drivers", self.path("drivers"),
                self.path("pcsc", "socket"), self.path("pcsc", "conf")]

    def start_part(self, part):
        if part == "pcscd":
            self.preload[part] = {
                "PATH": self.path("wrap") + os.pathsep + os.environ.get("PATH", "/usr/bin:/bin"),
                "TMPDIR": self.path("pcsc")}
        super().start_part(part)

    def _is_ready(self, part):
        ready = super()._is_ready(part)
        return ready and (part != "pcscd" or os.path.exists(self.path("pcsc", "control")))

    # ---- the emulator ----------------------------------------------------------------------------

    def control(self, line):
        """One line to the emulator (tests/support/pasori/emulator.h); what it answers."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(self.path("pcsc", "control"))
            connection.sendall(line.encode() + b"\n")
            answer = b""
            while piece := connection.recv(4096):
                answer += piece
        text = answer.decode()
        if text == "error\n":
            raise ValueError(line)
        return text

    def ledger(self):
        """({counter: value}, [breach of a rule by the driver])."""
        counters, breaches = {}, []
        for line in self.control("ledger").splitlines():
            if line.startswith("breach "):
                breaches.append(line)
            else:
                name, value = line.split()
                counters[name] = int(value)
        return counters, breaches

    def wait_for_counter(self, name, value):
        wait_until(lambda: self.ledger()[0][name] >= value, f"{name} reaches {value}",
                   alive=self.processes["pcscd"].is_alive)


def pcscd():
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"
    return shutil.which("pcscd", path=path) or "/usr/sbin/pcscd"
