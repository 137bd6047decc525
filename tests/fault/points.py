# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every fault the sweep makes: what, where, when. Pure: counts in, points out."""
import random
from collections import namedtuple

# what: card, sync, exchange, kill, clock, other-card, restored; where: the part or knob; n: which APDU, sync or
# exchange of the visit, from 1; lasting: goes on until the harness ends it.
Fault = namedtuple("Fault", "what where n lasting", defaults=(0, False))
# A fault in a visit of procedure; then a recovery with the resident or without, in which `second` happens.
Point = namedtuple("Point", "procedure fault resident second", defaults=(None,))

CARD_KNOBS = ("before", "inside", "after", "torn", "torn-late", "mute", "reset")
SYNC_ACTIONS = ("kill-before", "kill-after", "cut-before", "cut-after", "eio", "enospc", "erofs")
SYNC_PARTS = ("daemon", "centre")
EXCHANGES = ("lost-before", "lost-after", "doubled", "truncated", "cut-short", "bit-flipped",
             "swapped", "stale", "garbage", "oversized", "status-409", "status-422", "status-503",
             "status-500", "status-403", "replayed")
# With these the relay's own second try would hide the fault, so they are also made to last.
LASTING = ("lost-before", "lost-after", "truncated", "status-503", "status-409")
KILL_PARTS = ("daemon", "pcscd", "centre", "client", "bus", "authority")
MOMENTS = ("before", "after")
CLOCK_SHIFTS = (-365, 365)

# What one visit of a procedure consists of, counted in a run without faults.
Counts = namedtuple("Counts", "apdus writes syncs exchanges")


def describe(fault):
    if fault is None:
        return "no fault"
    return f"{fault.what} {fault.where} {fault.n}" + (" lasting" if fault.lasting else "")


def faults_of(counts):
    """All single faults for a visit with these counts. apdus: how many; writes: the numbers among them
    that change the card; syncs: {part: how many}; exchanges: how many."""
    for n in range(1, counts.apdus + 1):
        for knob in CARD_KNOBS:
            if knob not in ("torn", "torn-late", "inside") or n in counts.writes:
                yield Fault("card", knob, n)
    for part in SYNC_PARTS:
        for n in range(1, counts.syncs[part] + 1):
            for action in SYNC_ACTIONS:
                yield Fault("sync", f"{part} {action}", n)
    for n in range(1, counts.exchanges + 1):
        for kind in EXCHANGES:
            yield Fault("exchange", kind, n)
            if kind in LASTING:
                yield Fault("exchange", kind, n, True)
        for part in KILL_PARTS:
            for moment in MOMENTS:
                yield Fault("kill", f"{part} {moment}", n)
    for n in counts.writes:
        for part in ("pcscd", "client"):
            yield Fault("kill", f"{part} apdu", n)
    for part in SYNC_PARTS:
        for days in CLOCK_SHIFTS:
            yield Fault("clock", f"{part} {days}", 0)
    for n in range(1, counts.exchanges + 1):
        yield Fault("other-card", "resume", n)
    # Not the last one: what the card committed, a database from before cannot know.
    for n in range(1, counts.exchanges):
        yield Fault("restored", "centre", n)


def all_points(counts_of):
    """counts_of: {procedure: Counts}."""
    for procedure, counts in counts_of.items():
        for fault in faults_of(counts):
            for resident in (True, False) if procedure == "issue" else (True,):
                yield Point(procedure, fault, resident)


def pairs(counts_of, n_pairs, seed):
    """A seeded sample of points with one more fault during recovery."""
    source = random.Random(seed)
    singles = list(all_points(counts_of))
    for _ in range(n_pairs):
        first = source.choice(singles)
        # A recovery is shorter than a visit; a second fault beyond its end does not happen and is counted so.
        second = source.choice([fault for fault in faults_of(counts_of[first.procedure])
                                if fault.what not in ("other-card", "restored")])
        yield first._replace(second=second)


def sample(counts_of, n_points, seed):
    """A seeded sample that holds every kind of fault (what and where) of every procedure at least once,
    as far as n_points reaches; the rest by chance."""
    source = random.Random(seed)
    points = list(all_points(counts_of))
    source.shuffle(points)
    chosen, seen, rest = [], set(), []
    for point in points:
        kind = (point.procedure, point.fault.what, point.fault.where)
        (rest if kind in seen else chosen).append(point)
        seen.add(kind)
    return (chosen + rest)[:n_points]
