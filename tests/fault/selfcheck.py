# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does the sweep find what it is there for? Defects that were real ones elsewhere are built in, one at a time,
into copies of the programs; each must turn the sweep red. The shipped sources know nothing of it."""
import os
import random
import shutil
import subprocess
import tempfile

from desk.process import Failed

import points
import sweep as sweeping
from defects import DEFECTS

TARGETS = {
    "madoguchid": "daemon/madoguchid",
    "madoguchi-central": "central/madoguchi-central",
    "libifd-training.so": "drivers/training/libifd-training.la",
}
RESULTS = dict(TARGETS, **{"libifd-training.so": "drivers/training/.libs/libifd-training.so"})
MAX_POINTS = 40  # of the kind that must find the defect


def spoilt(defect, change, text):
    """The text of a source file with one line spoilt."""
    if text.count(change.old) != 1:
        raise RuntimeError(f"{defect.name}: {change.file} no longer has the line it spoils")
    return text.replace(change.old, change.new)


class Workshop:
    """A copy of the sources with a build of its own, in which one line after the other is spoilt."""

    def __init__(self, folder):
        self.source = os.path.join(folder, "source")
        self.build = os.path.join(folder, "build")
        self.variants = os.path.join(folder, "variants")

    def open(self):
        top = os.path.abspath(sweeping.TOP)
        shutil.copytree(top, self.source, symlinks=True, ignore=shutil.ignore_patterns(
            ".git", "*.o", "*.lo", "*.la", ".libs", ".deps", "autom4te.cache", "b", "*.log"))
        os.makedirs(self.build)
        for name in ("config.status", "Makefile", "config.h", "stamp-h1"):
            if os.path.exists(os.path.join(self.source, name)):
                os.unlink(os.path.join(self.source, name))
        if not os.path.exists(os.path.join(self.source, "configure")):
            self._run(["autoreconf", "-i"], self.source)
        self._run([os.path.join(self.source, "configure"), "-q", "--disable-tests", "CFLAGS=-O1"],
                  self.build)
        # "all", because a named target does not bring the generated headers with it.
        self._run(["make", "-s", "-j2", "all"], self.build)

    def _run(self, argv, folder):
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        result = subprocess.run(argv, cwd=folder, env=environment, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"{' '.join(argv[:3])}:\n{result.stdout[-3000:]}")

    def make(self, defect):
        """Builds the program with the defect; sets defect.path."""
        if not defect.changes:
            return
        originals = {}
        try:
            for change in defect.changes:
                path = os.path.join(self.source, change.file)
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                originals.setdefault(path, text)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(spoilt(defect, change, text))
            self._run(["make", "-s", TARGETS[defect.program]], self.build)
            os.makedirs(self.variants, exist_ok=True)
            defect.path = os.path.join(self.variants, defect.name.replace(" ", "-"))
            shutil.copy(os.path.join(self.build, RESULTS[defect.program]), defect.path)
        finally:
            for path, text in originals.items():
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)


def finds(defect, options):
    """How many points were tried until one was lost; 0 when none was. Lost without a fault counts as one."""
    with sweeping.open_pool(1, defect) as pool:
        try:
            counts = pool.submit(sweeping.count, None).result()
        except Failed as error:
            print(f"#   {error}", flush=True)
            return 1
        chosen = [point for point in points.all_points(counts)
                  if defect.is_aimed_at(sweeping.name_of(point))]
        random.Random(options.seed).shuffle(chosen)
        for n_tried, point in enumerate(chosen[:MAX_POINTS], 1):
            _, complaints, _ = pool.submit(sweeping.try_point, point).result()
            if complaints:
                print(f"#   {sweeping.name_of(point)}: {complaints[0].splitlines()[0]}", flush=True)
                return n_tried
    return 0


def run(options):
    """TAP: one line a defect."""
    chosen = [defect for defect in DEFECTS if not options.only or options.only in defect.name]
    print(f"1..{len(chosen)}", flush=True)
    n_missed = 0
    with tempfile.TemporaryDirectory(prefix="madoguchi-defects-") as folder:
        os.chmod(folder, 0o755)
        workshop = Workshop(folder)
        workshop.open()
        for number, defect in enumerate(chosen, 1):
            try:
                workshop.make(defect)
                n_tried = finds(defect, options)
            except RuntimeError as error:
                print(f"#   {error}")
                n_tried = 0
            n_missed += n_tried == 0
            verdict = "ok" if n_tried else "not ok"
            print(f"{verdict} {number} - {defect.name}: the sweep is red after {n_tried} points",
                  flush=True)
    return 1 if n_missed else 0
