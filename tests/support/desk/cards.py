# SPDX-License-Identifier: LGPL-2.1-or-later
"""Training cards and the slots they lie on (drivers/training/README.md)."""
import json
import os

from .process import wait_until

# How a slot's fault file spells what the sweep calls it.
FAULTS = {
    "before": "remove before {n}",
    "inside": "remove inside {n}",
    "after": "remove after {n}",
    "torn": "torn {n} 3000",  # in the middle of the card's own write
    "torn-late": "torn {n} 4000000000",  # written and in place, but the card did not live to know
    "mute": "mute {n}",
    "reset": "reset {n}",
}


class Cards:
    """The cards of a stack, each a file in the folder of the reader's user."""

    def __init__(self, stack):
        self.stack = stack
        self.folder = stack.path("cards", "files")
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        stack.give(self.folder, "pcscd", 0o700)

    def path(self, name):
        return os.path.join(self.folder, name + ".card")

    def make(self, name, order, defect=None):
        """A card from the centre's personalisation order (JSON text), wrong in one way if wanted."""
        argv = [self.stack.programs.path("madoguchi-training"), "make-card", "--out", self.path(name)]
        if defect:
            argv += ["--defect", defect]
        self.stack.run(argv, "pcscd", order)
        return self.path(name)

    def show(self, name):
        """What the file holds, PINs left out."""
        return json.loads(self.stack.run([self.stack.programs.path("madoguchi-training"), "show",
                                          "--json", self.path(name)], "pcscd"))

    # ---- slots -----------------------------------------------------------------------------------

    def _write(self, slot, name, text):
        """Whole or not at all, for the reader looks at any time."""
        path = os.path.join(self.stack.slot(slot), name)
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path + ".new", 0o666)
        os.rename(path + ".new", path)

    def insert(self, slot, name):
        """Puts the card on the reader, taking away what lay there."""
        link = os.path.join(self.stack.slot(slot), "card")
        os.symlink(self.path(name), link + ".new")
        os.rename(link + ".new", link)

    def remove(self, slot):
        try:
            os.unlink(os.path.join(self.stack.slot(slot), "card"))
        except FileNotFoundError:
            pass

    def is_in(self, slot):
        return os.path.lexists(os.path.join(self.stack.slot(slot), "card"))

    def knobs(self, slot, **values):
        """rate_kbps, apdu_delay_us, rsa, rsa_seed, interface; from the next power-up on."""
        self._write(slot, "knobs", "".join(f"{name}={value}\n" for name, value in values.items()))

    def fault(self, slot, kind, n=0):
        """Arms one of FAULTS at the n-th APDU from now. None: one that still waits is replaced by one that
        never comes, for the reader may have taken it already."""
        if kind is None:
            kind, n = "mute", 0xFFFFFFFF
        self._write(slot, "fault", FAULTS[kind].format(n=n) + "\n")

    # ---- what the reader saw ---------------------------------------------------------------------

    def start_trace(self, slot):
        """Headers and times of all APDUs from now on."""
        path = os.path.join(self.stack.slot(slot), "trace")
        with open(path, "w", encoding="ascii"):
            pass
        os.chmod(path, 0o666)

    def trace(self, slot):
        """[(cla, ins, p1, p2, status word)] since start_trace(), and [text] of the faults that struck."""
        apdus, faults = [], []
        with open(os.path.join(self.stack.slot(slot), "trace"), encoding="ascii") as file:
            for line in file:
                words = line.split()
                if words[0] == "#":
                    faults.append(" ".join(words[1:]))
                else:
                    apdus.append(tuple(int(word, 16) for word in words[:4]) + (words[6],))
        return apdus, faults

    def trace_times(self, slot):
        """Seconds each of those APDUs took in the reader and on the card."""
        with open(os.path.join(self.stack.slot(slot), "trace"), encoding="ascii") as file:
            return [int(line.split()[9]) / 1e6 for line in file if not line.startswith("#")]

    def wait_for_apdu(self, slot, n, alive):
        """Returns when the trace has n APDUs; False when alive() ended before."""
        def seen():
            return len(self.trace(slot)[0]) >= n or not alive()
        wait_until(seen, f"APDU {n}")
        return len(self.trace(slot)[0]) >= n
