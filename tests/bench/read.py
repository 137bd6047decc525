#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reading a card: ours against the shortest list of APDUs, and against pkcs15-tool. Ratios of one run; a miss
is printed as a miss and fails nothing."""
import os
import re
import statistics
import subprocess
import sys
import time

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")
sys.path[:0] = [os.path.join(TOP, "tests", "support"), os.path.join(TOP, "tests", "bench")]

from desk.client import Client  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.opensc import OpenSC  # noqa: E402
from desk.process import Failed  # noqa: E402

import apdus  # noqa: E402

SLOT = 0
RATES = (424, 106, 0)
ROUNDS = {424: 3, 106: 1, 0: 15}
# What one Read of the daemon takes with one credential; together the whole card.
OUR_READS = ((("attributes", "face"), "number-b"), (("certificates", "sign-certificate"), "pins"))


def say(text):
    print(f"# {text}", flush=True)


def rate_name(rate):
    return f"{rate} kbit/s" if rate else "no delay"


def held(value, limit):
    return "held" if value <= limit else "MISSED"


class Bus:
    """Times of Read calls on the bus, from call to answer, as the bus itself sees them."""

    def __init__(self, office):
        self.path = os.path.join(office.folder, "bus-profile")
        self.file = open(self.path, "wb")  # pylint: disable=consider-using-with
        self.child = subprocess.Popen(
            ["dbus-monitor", "--address", office.stack.bus_address, "--profile"],
            stdout=self.file, stderr=subprocess.DEVNULL)

    def close(self):
        self.child.terminate()
        self.child.wait()
        self.file.close()

    def read_times(self):
        """Seconds of every finished Session.Read so far, in order."""
        calls, times = {}, []
        with open(self.path, encoding="utf-8", errors="replace") as file:
            for line in file:
                words = line.rstrip("\n").split("\t")
                if words[0] == "mc" and words[-1] == "Read":
                    calls[words[2], words[3]] = float(words[1])
                elif words[0] == "mr" and (words[-1], words[4]) in calls:
                    times.append(float(words[1]) - calls.pop((words[-1], words[4])))
        return times


def bare(office, argument, commands):
    program = os.path.join(os.environ["MADO_TOP_BUILDDIR"], "tests", "bench", "bare")
    text = "".join(f"{command}\n" for command in commands).encode()
    return office.stack.run([program, office.stack.reader_name(SLOT), str(argument)], None,
                            text).decode().split("\n")[:-1]


def minimal_list(office, plan):
    person = office.person
    secrets = {"number-b": person.number_b, "sign-pin": person.pins["sign"]}
    answers = bare(office, "probe", apdus.probe_list(plan, secrets))
    return apdus.read_list(plan, secrets, apdus.lengths_from_probe(plan, answers))


def bare_times(office, commands, rounds):
    lines = bare(office, rounds, commands)
    return int(lines[0].split()[0]), min(float(line.split()[1]) for line in lines)


def set_rate(office, rate):
    """Knobs are read when the card gets power."""
    office.cards.knobs(SLOT, rate_kbps=rate)


def our_read(office):
    """Reads the whole card once; the number of APDUs."""
    office.cards.start_trace(SLOT)
    for what, credential in OUR_READS:
        answer = Client(office.stack).call("read", *what,
                                           secrets=office.secrets(office.person, credential))
        if not answer.succeeded:
            raise Failed(f"read {what}: {answer}")
    return len(office.cards.trace(SLOT)[0])


def whole_card(office):
    commands = minimal_list(office, apdus.WHOLE_CARD)
    bus = Bus(office)
    try:
        for rate in RATES:
            set_rate(office, rate)
            n_bare, bare_s = bare_times(office, commands, ROUNDS[rate])
            ours = []
            for _ in range(ROUNDS[rate]):
                before = len(bus.read_times())
                n_ours = our_read(office)
                times = bus.read_times()[before:]
                if len(times) != len(OUR_READS):
                    raise Failed(f"the bus saw {len(times)} reads")
                ours.append(sum(times))
            compare(rate, (n_bare, bare_s), (n_ours, min(ours)))
    finally:
        bus.close()
    set_rate(office, 0)


def compare(rate, bare_run, our_run):
    (n_bare, bare_s), (n_ours, ours_s) = bare_run, our_run
    say(f"whole card at {rate_name(rate)}: bare {n_bare} APDUs {bare_s:.3f} s, "
        f"ours {n_ours} APDUs {ours_s:.3f} s")
    n_ratio, ratio = n_ours / n_bare, ours_s / bare_s
    if rate == 424:
        say(f"  APDUs {n_ratio:.3f} of the shortest list, limit 1.15: {held(n_ratio, 1.15)}")
        say(f"  time {ratio:.3f} of bare, limit 1.05: {held(ratio, 1.05)}")
    elif rate == 0:
        cost = (ours_s / n_ours) / (bare_s / n_bare)
        say(f"  daemon's cost per APDU {cost:.2f} of bare ({1e6 * ours_s / n_ours:.0f} and "
            f"{1e6 * bare_s / n_bare:.0f} us), limit 2: {held(cost, 2)}")
    else:
        say(f"  time {ratio:.3f} of bare")


def timed(function):
    start = time.monotonic()
    function()
    return time.monotonic() - start


def certificates(office):
    """One process of each kind: the certificates that need no PIN, against one of them by pkcs15-tool."""
    opensc, client = OpenSC(office.stack), Client(office.stack)
    for rate in (424, 0):
        set_rate(office, rate)
        n_rounds = 3 if rate else 7
        theirs = statistics.median(
            timed(lambda: opensc.pkcs15("--read-certificate", "01")) for _ in range(n_rounds))
        ours = statistics.median(
            timed(lambda: client.call("read", "certificates")) for _ in range(n_rounds))
        say(f"certificates at {rate_name(rate)}: ours {ours:.3f} s (all that need no PIN, checked), "
            f"pkcs15-tool {theirs:.3f} s (one): {held(ours, theirs)}")
    set_rate(office, 0)


def make_ready(office):
    """A card that was issued: all four certificates are on it."""
    office.cards.insert(SLOT, office.person.card)
    for answer in (office.prepare(office.person), office.issue(office.person)):
        if not answer.succeeded:
            raise Failed(str(answer))


def main():
    print("1..1", flush=True)
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    say(f"{os.cpu_count()} cores, {model.group(1) if model else 'unknown processor'}")
    with Office() as office:
        make_ready(office)
        whole_card(office)
        certificates(office)
    print("ok 1 - reading is measured")


if __name__ == "__main__":
    main()
