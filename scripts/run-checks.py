# SPDX-License-Identifier: LGPL-2.1-or-later
"""The runs of scripts/check, which says what they are. Everything happens in a temporary folder."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

GOOD = {"PASS"}
RESULT_LINE = re.compile(r"^(PASS|FAIL|SKIP|XFAIL|XPASS|ERROR): (\S+)(?: (.*))?$")
CLANG_CFLAGS = "CFLAGS=-O1 -g"
PARTS = ("daemon", "relay", "cli", "central", "training", "pasori", "gui")
NEEDS_RELAY = ("cli", "gui")
GLIB_SUPPRESSIONS = "/usr/share/glib-2.0/valgrind/glib.supp"


class Tally:
    """What one run came to."""

    def __init__(self):
        self.passed = 0
        self.failures = []  # (name, where more can be read or None)
        self.skips = []     # (name, reason, why that is expected or None)
        self.figures = []   # lines worth keeping

    @property
    def failed(self):
        return len(self.failures) + sum(1 for _, _, expected in self.skips if expected is None)


class Skipped(Exception):
    """A whole run could not be made here."""


class Check:
    def __init__(self, top, work, n_jobs):
        self.work = work
        self.n_jobs = n_jobs
        self.source = os.path.join(work, "src")
        copy_tree(top, self.source)
        self.expected_skips = read_expected_skips(os.path.join(self.source, "tests", "expected-skips"))
        # One language for every message that is parsed, and nothing of the caller's build.
        self.environment = {name: value for name, value in os.environ.items()
                            if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DESTDIR", "CC", "CFLAGS",
                                            "CPPFLAGS", "LDFLAGS", "CONFIG_SITE")}
        self.environment["LC_ALL"] = "C.UTF-8"
        self.configured = False

    def run(self, log, command, folder=None, **more_environment):
        """Runs a command, its output appended to log; True when it succeeded."""
        with open(log, "ab") as output:
            output.write(("\n$ " + " ".join(command) + "\n").encode())
            output.flush()
            return subprocess.run(command, cwd=folder or self.source, stdout=output,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
                                  env={**self.environment, **more_environment}).returncode == 0

    def make(self, log, tree, *words, **more_environment):
        return self.run(log, ["make", f"-j{self.n_jobs}", *words], tree, **more_environment)

    def tree(self, name, *options):
        """A configured build tree and the log of the run, or (None, log)."""
        log = os.path.join(self.work, name + ".log")
        tree = os.path.join(self.work, name)
        if os.path.isdir(tree):
            return tree, log
        if not self.configured and not self.run(log, ["autoreconf", "-fi"]):
            return None, log
        self.configured = True
        os.mkdir(tree)
        if not self.run(log, ["../src/configure", *options], tree):
            shutil.rmtree(tree)
            return None, log
        return tree, log

    def tests(self, run, tree, log, target, *words, **more_environment):
        """Makes a target that runs tests and counts what they said."""
        tally = Tally()
        if tree is None:
            tally.failures.append((f"{run}: configure", log))
            return tally
        for path in results_below(tree):
            os.remove(path)
        succeeded = self.make(log, tree, "-k", target, *words, **more_environment)
        for path in results_below(tree):
            self.count(run, path, tally)
        if not succeeded and not tally.failed:
            tally.failures.append((f"{run}: make {target}", log))
        elif succeeded and not tally.passed and not tally.skips:
            tally.failures.append((f"{run}: make {target} ran no test", log))
        return tally

    def count(self, run, trs, tally):
        """Adds one test program's cases. The .trs file has the results, the log beside it their names."""
        log = trs[:-len(".trs")] + ".log"
        with open(trs, encoding="utf-8", errors="replace") as file:
            results = re.findall(r"^:test-result: (\w+)", file.read(), re.M)
        with open(log, encoding="utf-8", errors="replace") as file:
            lines = [match for match in map(RESULT_LINE.match, file) if match]
        named = [(match.group(1), match.group(2), match.group(3) or "") for match in lines]
        # A program that tells of its failures also ends with a status; that is not one more.
        if "FAIL" in results:
            results = [one for one in results if one != "ERROR"] + \
                ["ERROR" for kind, _, text in named if kind == "ERROR" and "exited with status" not in text]
        tally.passed += sum(1 for one in results if one in GOOD)
        if not results:
            tally.failures.append((f"{run}: {trs}: no result", log))
        for kind in ("FAIL", "ERROR", "XFAIL", "XPASS"):
            names = [f"{run}: {name} {text}".rstrip() for found, name, text in named if found == kind]
            for at in range(results.count(kind)):
                tally.failures.append((names[at] if at < len(names) else f"{run}: {trs}: {kind}", log))
        for kind, name, text in named:
            if kind == "SKIP":
                case, _, reason = text.partition(" # SKIP")
                case = re.sub(r"^\d+ ?-? ?|^- ?", "", case) if reason or re.match(r"\d", text) else ""
                tally.skips.append((f"{name}:{case}" if case else name, (reason or text).strip(),
                                    self.expected(run, name, case)))

    def expected(self, run, name, case):
        for key, runs, reason in self.expected_skips:
            if key in (name, f"{name}:{case}") and (not runs or run in runs):
                return reason
        return None

    # ---- the runs -------------------------------------------------------------------------------------

    def gcc_tree(self):
        return self.tree("gcc", "CC=gcc", "--enable-strict")

    def gcc(self):
        return self.tests("gcc", *self.gcc_tree(), "check")

    def sanitized(self):
        tree, log = self.tree("sanitized", "CC=clang", CLANG_CFLAGS, "--enable-strict",
                              "--with-sanitizers=address,undefined")
        return self.tests("sanitized", tree, log, "check")

    def threads(self):
        tree, log = self.tree("threads", "CC=clang", CLANG_CFLAGS, "--with-sanitizers=thread")
        return self.tests("threads", tree, log, "check")

    def valgrind(self):
        tree, log = self.gcc_tree()
        if tree is None:
            return self.tests("valgrind", tree, log, "check")
        wrapper = "valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite"
        if os.path.exists(GLIB_SUPPRESSIONS):
            wrapper += f" --suppressions={GLIB_SUPPRESSIONS}"
        own = os.path.join(self.source, "tests", "valgrind.supp")
        if os.path.exists(own):
            wrapper += f" --suppressions={own}"
        return self.tests("valgrind", tree, log, "check-valgrind", f"VALGRIND={wrapper}")

    def alone(self):
        """Each part builds without the others, as far as it can live without them."""
        tally = Tally()
        for part in PARTS:
            off = [f"--disable-{other}" for other in PARTS
                   if other != part and not (part in NEEDS_RELAY and other == "relay")]
            tree, log = self.tree("alone-" + part, "--enable-strict", "--disable-tests", *off)
            if tree is not None and self.make(log, tree, "all"):
                tally.passed += 1
            else:
                tally.failures.append((f"alone: {part}", log))
        return tally

    def distcheck(self):
        tree, log = self.gcc_tree()
        tally = Tally()
        if tree is not None and self.make(log, tree, "distcheck"):
            tally.passed += 1
        else:
            tally.failures.append(("distcheck", log))
        return tally

    def fuzz(self):
        seconds = os.environ.get("FUZZ_SECONDS", "60")
        tree, log = self.tree("fuzz", "CC=clang", CLANG_CFLAGS, "--enable-fuzzing")
        tally = Tally()
        if tree is None or not self.make(log, tree, "fuzz-targets"):
            tally.failures.append(("fuzz: build", log))
            return tally
        with open(os.path.join(tree, "fuzz-targets"), encoding="utf-8") as file:
            targets = file.read().split()
        for target in targets:
            if self.run(log, ["make", "fuzz", f"FUZZ_TARGETS={target}", f"FUZZ_SECONDS={seconds}"], tree):
                tally.passed += 1
                tally.figures += said_by(log, r"^fuzz: (.*)")[-1:]
            else:
                tally.failures.append((f"fuzz: {target}", os.path.join(tree, target + ".fuzz.log")))
        return tally

    def sweep(self):
        return self.target_with_tests("sweep", "sweep-full")

    def bench(self):
        return self.target_with_tests("bench", "bench")

    def target_with_tests(self, run, target):
        tree, log = self.gcc_tree()
        return self.tests(run, tree, log, target)

    def chroot(self):
        """scripts/check --quick on a Debian 12 that has nothing yet."""
        if os.geteuid() != 0:
            raise Skipped("only root can make a chroot")
        root = os.path.join(self.work, "debian")
        log = os.path.join(self.work, "chroot.log")
        mirror = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
        tally = Tally()
        if not self.run(log, ["debootstrap", "--variant=minbase", "bookworm", root, mirror]):
            tally.failures.append(("chroot: debootstrap", log))
            return tally
        shutil.copytree(self.source, os.path.join(root, "src"), symlinks=True)
        for name in ("resolv.conf", "hosts"):
            if os.path.exists("/etc/" + name):
                shutil.copy("/etc/" + name, os.path.join(root, "etc", name))
        # Mounts in a namespace of their own end with it, whatever happens inside.
        script = ("mount -t proc proc \"$1/proc\" && mount --rbind /dev \"$1/dev\" && "
                  "exec chroot \"$1\" /src/scripts/check --quick")
        if self.run(log, ["unshare", "--mount", "--pid", "--fork", "--kill-child",
                          "sh", "-c", script, "sh", root], PATH="/usr/sbin:/usr/bin:/sbin:/bin",
                    HOME="/root", TMPDIR="/tmp"):
            tally.passed += 1
        else:
            tally.failures.append(("chroot: scripts/check --quick", log))
        return tally


QUICK = ("gcc",)
USUAL = ("gcc", "sanitized")
ALL = ("gcc", "sanitized", "threads", "valgrind", "alone", "distcheck", "fuzz", "sweep", "bench", "chroot")


def copy_tree(top, target):
    """What git knows or would add; without git, everything."""
    os.makedirs(target)
    listing = subprocess.run(["git", "-c", "safe.directory=*", "-C", top, "ls-files", "-z", "--cached", "--others",
                              "--exclude-standard"], capture_output=True, check=False) \
        if shutil.which("git") and os.path.exists(os.path.join(top, ".git")) else None
    if listing is None or listing.returncode != 0:
        shutil.copytree(top, target, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git"))
        return
    for path in filter(None, os.fsdecode(listing.stdout).split("\0")):
        source = os.path.join(top, path)
        if not os.path.lexists(source):
            continue
        os.makedirs(os.path.join(target, os.path.dirname(path)), exist_ok=True)
        shutil.copy2(source, os.path.join(target, path), follow_symlinks=False)


def read_expected_skips(path):
    """Lines "name: reason", "name:case: reason", either with the runs in brackets before the colon."""
    found = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            match = re.match(r"(.+?)(?: \[([\w ]+)\])?: (.+)$", line)
            if not match:
                sys.exit(f"{path}: not understood: {line}")
            found.append((match.group(1), (match.group(2) or "").split(), match.group(3)))
    return found


def results_below(tree):
    return sorted(os.path.join(base, name) for base, folders, names in os.walk(tree) for name in names
                  if name.endswith(".trs") and "src" not in base[len(tree):].split(os.sep)[1:2])


def said_by(path, pattern):
    """What the lines of a log that fit have in their group."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return [match.group(1) for match in (re.match(pattern, line) for line in file) if match]


def excerpt(path):
    """The end of a log, and before it the lines that tell of an error further up."""
    if path is None or not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = [line.rstrip()[:200] for line in file]
    if any(RESULT_LINE.match(line) for line in lines):  # a test's own: the driver says everything again
        lines = [line for line in lines if not RESULT_LINE.match(line) and not line.startswith(("# tests/", "ok "))]
    last = lines[-25:]
    errors = [line for line in lines[:-25] if re.search(r"\b(error|undefined reference|not ok|ERROR)\b", line)]
    return errors[:25] + (["..."] if errors else []) + last


def report(run, tally, seconds):
    print(f"{run}: {tally.passed} passed, {tally.failed} failed, {len(tally.skips)} skipped ({seconds:.0f} s)")
    for figure in tally.figures:
        print(f"  {figure}")
    for name, reason, expected in tally.skips:
        print(f"  skipped{'' if expected else ', not expected'}: {name}: {reason or 'no reason given'}"
              f"{f' (expected: {expected})' if expected else ''}")
    shown = set()
    for name, log in tally.failures:
        print(f"  failed: {name}")
        if log not in shown:
            shown.add(log)
            for line in excerpt(log):
                print(f"    | {line}")
    sys.stdout.flush()


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/check")
    parser.add_argument("--top", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="gcc only")
    parser.add_argument("--all", action="store_true", help="every run")
    parser.add_argument("--list", action="store_true", help="name the runs")
    parser.add_argument("--keep", action="store_true", help="leave the temporary folder")
    parser.add_argument("runs", nargs="*", metavar="RUN")
    options = parser.parse_args()
    for run in options.runs:
        if run not in ALL:
            parser.error(f"no run {run!r}; there are: {' '.join(ALL)}")
    if not options.runs:
        options.runs = ALL if options.all else QUICK if options.quick else USUAL
    return options


def main():
    options = arguments()
    if options.list:
        print("\n".join(ALL))
        return 0
    passed = failed = 0
    work = tempfile.mkdtemp(prefix="madoguchi-check-")
    try:
        check = Check(os.path.abspath(options.top), work, len(os.sched_getaffinity(0)))
        for run in options.runs:
            start = time.monotonic()
            try:
                tally = getattr(check, run)()
            except Skipped as reason:
                tally = Tally()
                tally.skips.append((run, str(reason), check.expected(run, run, "")))
            report(run, tally, time.monotonic() - start)
            passed += tally.passed
            failed += tally.failed
    finally:
        if options.keep:
            print(f"kept: {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
