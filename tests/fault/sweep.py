#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The fault sweep over prepare and issue: every point is played on the real programs, recovered as people
would recover it, and judged by what the card and the databases hold.

    sweep.py                  a seeded sample (MADO_SWEEP=full: all points and the pairs)
    sweep.py --only TEXT      points whose description contains TEXT
    sweep.py --list           what would be tried
    sweep.py --self-check     with seeded defects: each must turn the sweep red
"""
import argparse
import concurrent.futures
import multiprocessing
import multiprocessing.util
import os
import sys
import time
import traceback

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")
sys.path[:0] = [os.path.join(TOP, "tests", "support"), os.path.join(TOP, "tests", "fault")]

from desk.client import Client  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.process import Failed  # noqa: E402

import points  # noqa: E402
from judge import WRITING  # noqa: E402
from page import FLAG_LAZY  # noqa: E402
from points import describe  # noqa: E402
from scene import SLOT, Scene  # noqa: E402

SAMPLE_POINTS = 48
N_PAIRS = 200
MAX_EXCHANGES = 5  # MADO_LIMIT_EXCHANGES_PER_ISSUE
SEED = 20160118  # the week in January 2016 when the real system first lost cards
MOMENT = {"prepare": "new", "issue": "prepared"}


def library_path():
    return os.path.join(os.environ.get("MADO_TOP_BUILDDIR") or os.getcwd(), "tests", "fault",
                        ".libs", "libfault-preload.so")


class Bench:
    """One scene that plays points one after another; two of them run side by side."""

    def __init__(self, defect=None):
        """defect: of selfcheck.py, built already."""
        variant = {defect.program: defect.path} if defect and defect.path else None
        self.scene = Scene(Office(started=False, variant=variant), library_path())
        if defect and defect.lazy:
            self.scene.pages[defect.lazy].put("flags", FLAG_LAZY)
        self.scene.start()
        self.counts = {}
        self._keep_foreign_reply()
        for procedure in ("prepare", "issue"):
            self.counts[procedure] = self._count(procedure)

    def close(self):
        self.scene.close()

    def _keep_foreign_reply(self):
        """A reply of another resident's visit, for exchanges that are swapped."""
        scene = self.scene
        scene.cards.insert(SLOT, scene.other.card)
        scene.wait_for_card()
        answer = scene.office.prepare(scene.other)
        if not answer.succeeded:
            raise Failed(f"the other resident's card: {answer}")
        scene.proxy.foreign_reply = next(
            exchange.reply for exchange in reversed(scene.proxy.exchanges) if exchange.is_visit)
        scene.deliver_receipts()
        scene.cards.remove(SLOT)

    def _count(self, procedure):
        """Plays it without a fault: what it consists of. Leaves the moment before it in the scene's memory."""
        scene = self.scene
        scene.keep(MOMENT[procedure])
        scene.proxy.spoil(None)
        before = {part: page.get("n_syncs") for part, page in scene.pages.items()}
        first = len(scene.proxy.exchanges)
        answer = scene.visit(procedure)
        if not answer.succeeded:
            raise Failed(f"{procedure} without a fault: {answer}")
        apdus, _ = scene.cards.trace(SLOT)
        syncs = {part: page.get("n_syncs") - before[part] for part, page in scene.pages.items()}
        n_exchanges = sum(exchange.is_visit for exchange in scene.proxy.exchanges[first:])
        if n_exchanges > MAX_EXCHANGES:
            raise Failed(f"{procedure}: {n_exchanges} exchanges")
        scene.deliver_receipts()
        complaints = scene.judge(procedure)
        if complaints:
            raise Failed(f"{procedure} without a fault: " + "; ".join(complaints))
        writes = [n for n, apdu in enumerate(apdus, 1) if apdu[1] in WRITING]
        return points.Counts(len(apdus), writes, syncs, n_exchanges)

    def try_point(self, point):
        """Complaints; none when the point was recovered."""
        scene = self.scene
        scene.restore(MOMENT[point.procedure])
        try:
            said = scene.play(point.fault, lambda: scene.start_visit(point.procedure))
            complaints = scene.judge_between(point.procedure, said)
            if complaints:
                return complaints
            if point.fault.what == "other-card":
                complaints = self._show_other_card()
                if complaints:
                    return complaints
            if point.fault.what == "restored":
                scene.restore_centre(MOMENT[point.procedure])
            scene.repair()
            scene.finish(point.procedure, point.resident, point.second)
            scene.deliver_receipts()
            return scene.judge(point.procedure)
        except Failed as error:
            return [str(error)]

    def _show_other_card(self):
        """At resume another card lies on the reader: refused, and nothing of it changed."""
        scene = self.scene
        scene.calm_down()
        if scene.open_visit() is None:
            return []
        before = scene.cards.show(scene.other.card)
        scene.cards.remove(SLOT)
        Client(scene.stack).wait_for_card(SLOT, is_in=False)
        scene.cards.insert(SLOT, scene.other.card)
        scene.wait_for_card()
        answer = scene.start_resume(True).finish()
        if answer.succeeded:
            return [f"a visit was resumed on another card: {answer}"]
        if scene.cards.show(scene.other.card) != before:
            return ["the other card was changed"]
        return []


# ---- many points, two scenes --------------------------------------------------------------------

_bench = None  # of a worker process
_failure = None  # why there is none


def _open_bench(defect):
    global _bench, _failure  # pylint: disable=global-statement
    try:
        _bench = Bench(defect)
        multiprocessing.util.Finalize(None, _bench.close, exitpriority=10)
    except Failed as error:
        _failure = str(error)


def try_point(point):
    start = time.monotonic()
    try:
        complaints = _bench.try_point(point)
    except Exception:  # pylint: disable=broad-except
        complaints = [traceback.format_exc()]
    return point, complaints, time.monotonic() - start


def count(_):
    """In a worker: what the procedures consist of. Failed when they fail even without a fault."""
    if _bench is None:
        raise Failed(_failure)
    return _bench.counts


def name_of(point):
    text = f"{point.procedure}: {describe(point.fault)}"
    if point.second:
        text += f", then {describe(point.second)}"
    return text + ("" if point.resident else ", resident gone")


def choose(counts, options):
    if options.only:
        chosen = list(points.all_points(counts)) + list(points.pairs(counts, N_PAIRS, options.seed))
        return [point for point in chosen if options.only in name_of(point)]
    if options.full:
        return list(points.all_points(counts)) + list(points.pairs(counts, N_PAIRS, options.seed))
    n_pairs = options.points // 6
    return points.sample(counts, options.points - n_pairs, options.seed) + \
        list(points.pairs(counts, n_pairs, options.seed))


def open_pool(n_jobs, defect=None):
    """Workers with a scene each. They start their programs from their main threads, which the programs outlive
    by nothing."""
    context = multiprocessing.get_context("fork")
    return concurrent.futures.ProcessPoolExecutor(n_jobs, context, _open_bench, (defect,))


def sweep(options):
    """TAP: one line for the whole, the points that were not recovered as comments."""
    print("1..1", flush=True)
    start = time.monotonic()
    n_tried = n_recovered = 0
    with open_pool(options.jobs) as pool:
        counts = pool.submit(count, None).result()
        for procedure, parts in counts.items():
            print(f"# {procedure}: {parts.apdus} APDUs ({len(parts.writes)} change the card), syncs "
                  f"{parts.syncs}, {parts.exchanges} exchanges", flush=True)
        chosen = choose(counts, options)
        if options.list:
            print("".join(f"# {name_of(point)}\n" for point in chosen), end="")
        for point, complaints, took_s in pool.map(try_point, [] if options.list else chosen):
            n_tried += 1
            n_recovered += not complaints
            for complaint in complaints:
                print(f"# LOST {name_of(point)}: " + complaint.replace("\n", "\n#   "), flush=True)
            if options.verbose:
                print(f"# {took_s:.1f} s {name_of(point)}", flush=True)
    print(f"# {n_tried} points tried, {n_recovered} recovered, in {time.monotonic() - start:.0f} s "
          f"(seed {options.seed})")
    verdict = "ok" if n_tried == n_recovered else "not ok"
    print(f"{verdict} 1 - every fault is recovered and the card is issued exactly once", flush=True)
    return 0 if n_tried == n_recovered else 1


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", default=os.environ.get("MADO_SWEEP") == "full")
    parser.add_argument("--points", type=int, default=SAMPLE_POINTS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", metavar="TEXT")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--self-check", action="store_true")
    return parser.parse_args()


def main():
    options = parse()
    if options.self_check:
        import selfcheck  # pylint: disable=import-outside-toplevel
        return selfcheck.run(options)
    return sweep(options)


if __name__ == "__main__":
    sys.exit(main())
