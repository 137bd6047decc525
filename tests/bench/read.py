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
WHOLE_CARD = ("attributes", "face", "certificates", "sign-certificate")
FREE_CERTIFICATES = ("01", "03", "04")  # OpenSC's ids of those that need no PIN


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
        """Seconds of every finished Session.Read so far, in order, without the time its PIN prompts took."""
        calls, times, prompts_s = {}, [], 0.0
        with open(self.path, encoding="utf-8", errors="replace") as file:
            for line in file:
                words = line.rstrip("\n").split("\t")
                if words[0] == "mc" and words[-1] in ("Read", "Prompt"):
                    calls[words[2], words[3]] = words[-1], float(words[1])
                elif words[0] == "mr" and (words[-1], words[4]) in calls:
                    member, start_s = calls.pop((words[-1], words[4]))
                    took_s = float(words[1]) - start_s
                    if member == "Prompt":
                        prompts_s += took_s
                    else:
                        times.append(took_s - prompts_s)
                        prompts_s = 0.0
        return times


def bare(office, argument, commands):
    program = os.path.join(os.environ["MADO_TOP_BUILDDIR"], "tests", "bench", "bare")
    text = "".join(f"{command}\n" for command in commands).encode()
    return office.stack.run([program, office.stack.reader_name(SLOT), str(argument)], None,
                            text).decode().split("\n")[:-1]


def minimal_lists(office, plan):
    """The shortest list in short APDUs, and in extended ones."""
    person = office.person
    secrets = {"number-b": person.number_b, "sign-pin": person.pins["sign"]}
    answers = bare(office, "probe", apdus.probe_list(plan, secrets))
    return (apdus.read_list(plan, secrets, apdus.lengths_from_probe(plan, answers)),
            apdus.extended_list(plan, secrets))


def bare_times(office, commands, rounds):
    lines = bare(office, rounds, commands)
    return int(lines[0].split()[0]), min(float(line.split()[1]) for line in lines)


def set_rate(office, rate):
    """Knobs are read when the card gets power."""
    office.cards.knobs(SLOT, rate_kbps=rate)


def our_times(office, bus, rounds):
    """Reads the whole card in one call, several times: number of APDUs, best time."""
    times = []
    for _ in range(rounds):
        before = len(bus.read_times())
        office.cards.start_trace(SLOT)
        answer = Client(office.stack).call(
            "read", *WHOLE_CARD, secrets=office.secrets(office.person, "number-b", "pins"))
        if not answer.succeeded:
            raise Failed(f"read: {answer}")
        times += bus.read_times()[before:]
    if len(times) != rounds:
        raise Failed(f"the bus saw {len(times)} reads")
    return len(office.cards.trace(SLOT)[0]), min(times)


def whole_card(office):
    short, extended = minimal_lists(office, apdus.WHOLE_CARD)
    bus = Bus(office)
    try:
        for rate in RATES:
            set_rate(office, rate)
            compare(rate, bare_times(office, short, ROUNDS[rate]),
                    bare_times(office, extended, ROUNDS[rate]),
                    our_times(office, bus, ROUNDS[rate]))
    finally:
        bus.close()
    set_rate(office, 0)


def compare(rate, short, extended, ours):
    """Each: (number of APDUs, seconds)."""
    say(f"whole card at {rate_name(rate)}: shortest list {short[0]} APDUs {short[1]:.4f} s, ours {ours[0]} APDUs "
        f"{ours[1]:.4f} s; the list in extended APDUs: {extended[0]}, {extended[1]:.4f} s")
    if rate == 424:
        n_ratio, ratio = ours[0] / short[0], ours[1] / short[1]
        say(f"  APDUs {n_ratio:.2f} of the shortest list, limit 1.15: {held(n_ratio, 1.15)}")
        say(f"  time {ratio:.3f} of it, limit 1.05: {held(ratio, 1.05)}")
        say(f"  of the list in extended APDUs: {ours[0] / extended[0]:.2f} and {ours[1] / extended[1]:.3f}")
    elif rate == 106:
        say(f"  time {ours[1] / short[1]:.3f} of the shortest list")
    else:
        cost = (ours[1] / ours[0]) / (extended[1] / extended[0])
        say(f"  the daemon's cost per APDU {cost:.2f} of bare ({1e6 * ours[1] / ours[0]:.0f} and "
            f"{1e6 * extended[1] / extended[0]:.0f} us, both extended), limit 2: {held(cost, 2)}")


def timed(function):
    start = time.monotonic()
    function()
    return time.monotonic() - start


def read_with_opensc(opensc):
    """It takes one certificate a run."""
    for number in FREE_CERTIFICATES:
        opensc.pkcs15("--read-certificate", number)


def certificates(office):
    """The certificates that need no PIN, in whole processes."""
    opensc, client = OpenSC(office.stack), Client(office.stack)
    for rate in (424, 0):
        set_rate(office, rate)
        n_rounds = 3 if rate else 7
        theirs = statistics.median(timed(lambda: read_with_opensc(opensc)) for _ in range(n_rounds))
        ours = statistics.median(
            timed(lambda: client.call("read", "certificates")) for _ in range(n_rounds))
        say(f"three certificates at {rate_name(rate)}: ours {ours:.3f} s, pkcs15-tool {theirs:.3f} s in three "
            f"runs: {held(ours, theirs)}")
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
