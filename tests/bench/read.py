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
TURNS = {424: 7, 106: 1, 0: 40}
WHOLE_CARD = ("attributes", "face", "certificates", "sign-certificate")
FREE_CERTIFICATES = ("01", "03", "04")  # OpenSC's ids of those that need no PIN


def say(text):
    print(f"# {text}", flush=True)


def rate_name(rate):
    return f"{rate} kbit/s" if rate else "no delay"


def held(value, limit):
    return "held" if value <= limit else "MISSED"


class Bus:
    """Times of Read calls on the bus, from call to answer, as the bus itself sees them. Its monitor tells when it
    saw a message, not when that was sent, so it goes before everything else if it may."""

    def __init__(self, office):
        self.path = os.path.join(office.folder, "bus-profile")
        self.file = open(self.path, "wb")  # pylint: disable=consider-using-with
        self.child = subprocess.Popen(
            ["dbus-monitor", "--address", office.stack.bus_address, "--profile"],
            stdout=self.file, stderr=subprocess.DEVNULL)
        try:
            os.sched_setscheduler(self.child.pid, os.SCHED_FIFO, os.sched_param(1))
        except PermissionError:
            say("the bus monitor may be late: only root can put it first")

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


def lists(office):
    """{name: APDUs}: the shortest list in short APDUs and in extended ones, and what ours sends."""
    person = office.person
    secrets = {"number-b": person.number_b, "sign-pin": person.pins["sign"]}
    answers = bare(office, "probe", apdus.probe_list(apdus.WHOLE_CARD, secrets))
    lengths = apdus.lengths_from_probe(apdus.WHOLE_CARD, answers)
    return {"short": apdus.read_list(apdus.WHOLE_CARD, secrets, lengths),
            "extended": apdus.extended_list(apdus.WHOLE_CARD, secrets),
            "same": [command for command, _ in apdus.our_list(secrets)]}


def bare_time(office, commands):
    """Number of APDUs, seconds."""
    n_apdus, seconds, _ = bare(office, 1, commands)[0].split()
    return int(n_apdus), float(seconds)


def set_rate(office, rate):
    """Knobs are read when the card gets power."""
    office.cards.knobs(SLOT, rate_kbps=rate)


def read_once(office, bus):
    """Ours reads the whole card in one call: seconds."""
    n_before = len(bus.read_times())
    office.cards.start_trace(SLOT)
    answer = Client(office.stack).call(
        "read", *WHOLE_CARD, secrets=office.secrets(office.person, "number-b", "pins"))
    if not answer.succeeded:
        raise Failed(f"read: {answer}")
    times = bus.read_times()[n_before:]
    if len(times) != 1:
        raise Failed(f"the bus saw {len(times)} reads")
    return times[0]


def expect_same(office, commands):
    """That ours sent just these commands, after the one that is lost."""
    sent = ["".join(f"{byte:02X}" for byte in header)
            for *header, _ in office.cards.trace(SLOT)[0][1:]]
    if sent != [command[:8] for command in commands]:
        raise Failed(f"ours sends other APDUs than the list of them: {sent}")


class Best:
    """The fastest of several runs. parts: of ours, seconds on the card and its link for the list's APDUs, for
    those of the checks, and elsewhere."""

    def __init__(self):
        self.n_apdus = 0
        self.seconds = float("inf")
        self.parts = ()

    def add(self, n_apdus, seconds, parts=()):
        self.n_apdus = n_apdus
        if seconds < self.seconds:
            self.seconds, self.parts = seconds, parts

    @property
    def per_apdu_us(self):
        return 1e6 * self.seconds / self.n_apdus


def parts_of(office, seconds):
    on_card = office.cards.trace_times(SLOT)
    is_in_list = [True] + [is_shared for _, is_shared in apdus.our_list(
        {"number-b": "", "sign-pin": ""})]
    checks = sum(time_s for time_s, is_shared in zip(on_card, is_in_list) if not is_shared)
    return sum(on_card) - checks, checks, seconds - sum(on_card)


def whole_card(office):
    """Each turn runs all of them, so that a busy moment of the machine strikes all alike."""
    commands = lists(office)
    bus = Bus(office)
    try:
        for rate in RATES:
            set_rate(office, rate)
            best = {name: Best() for name in (*commands, "ours")}
            for _ in range(TURNS[rate]):
                for name, some in commands.items():
                    best[name].add(*bare_time(office, some))
                seconds = read_once(office, bus)
                expect_same(office, commands["same"])
                if seconds > sum(office.cards.trace_times(SLOT)):  # else the monitor was late
                    best["ours"].add(len(office.cards.trace(SLOT)[0]), seconds,
                                     parts_of(office, seconds))
            compare(rate, best)
    finally:
        bus.close()
    set_rate(office, 0)


def compare(rate, best):
    short, extended, same, ours = (best[name] for name in ("short", "extended", "same", "ours"))
    say(f"whole card at {rate_name(rate)}: shortest list {short.n_apdus} APDUs {short.seconds:.4f} s, ours "
        f"{ours.n_apdus} APDUs {ours.seconds:.4f} s; the list in extended APDUs: {extended.n_apdus}, "
        f"{extended.seconds:.4f} s; our APDUs without us {same.seconds:.4f} s")
    files_s, checks_s, rest_s = ours.parts
    say(f"  of ours {files_s:.4f} s are the card's for the files, {checks_s:.4f} s for the APDUs of the checks, "
        f"{rest_s:.4f} s the daemon's, the bus's and the service's")
    n_ratio, ratio = ours.n_apdus / short.n_apdus, ours.seconds / short.seconds
    if rate == 424:
        say(f"  APDUs {n_ratio:.2f} of the shortest list, limit 1.15: {held(n_ratio, 1.15)}")
        say(f"  time {ratio:.3f} of it, limit 1.05: {held(ratio, 1.05)}")
    elif rate == 106:
        say(f"  time {ratio:.3f} of the shortest list")
    else:
        cost = ours.per_apdu_us / same.per_apdu_us
        say(f"  the daemon's cost per APDU {cost:.2f} of bare ({ours.per_apdu_us:.0f} and "
            f"{same.per_apdu_us:.0f} us, the same APDUs), limit 2: {held(cost, 2)}")
        say(f"  per APDU the shortest list takes {short.per_apdu_us:.0f} us, in extended APDUs "
            f"{extended.per_apdu_us:.0f} us; none of its APDUs makes the card sign")


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
