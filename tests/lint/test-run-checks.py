# SPDX-License-Identifier: LGPL-2.1-or-later
"""scripts/check counts what happened: small TAP programs go through automake's driver and are counted."""

import importlib.util
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(HERE, "..", "..")

spec = importlib.util.spec_from_file_location("run_checks", os.path.join(TOP, "scripts", "run-checks.py"))
run_checks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run_checks)

EXPECTED_SKIPS = """
# a remark
tests/e2e/whole.py: no reader here
tests/e2e/some.py:needs_a_reader: no reader here
tests/e2e/slow.py [threads valgrind]: too slow under this run
"""

# what is shown, run, test, its shell lines; passed, failed, skipped
CASES = [
    ("passes_are_counted", "gcc", "tests/x", "echo 1..2; echo ok 1 - a; echo ok 2 - b", (2, 0, 0)),
    ("a_failure_and_its_exit_status_are_one", "gcc", "tests/x",
     "echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1", (1, 1, 0)),
    ("a_crash_after_passing_fails", "gcc", "tests/x", "echo 1..1; echo ok 1 - a; kill -SEGV $$", (1, 1, 0)),
    ("a_status_alone_fails", "gcc", "tests/x", "echo 1..1; echo ok 1 - a; exit 3", (1, 1, 0)),
    ("a_case_that_never_came_fails", "gcc", "tests/x", "echo 1..2; echo ok 1 - a", (1, 1, 0)),
    ("no_output_fails", "gcc", "tests/x", "true", (0, 1, 0)),
    ("a_bail_out_fails", "gcc", "tests/x", "echo 1..2; echo 'Bail out! no bus'", (0, 1, 0)),
    ("an_expected_failure_fails", "gcc", "tests/x", "echo 1..1; echo 'not ok 1 - a # TODO'", (0, 1, 0)),
    ("a_skip_nobody_expects_fails", "gcc", "tests/x", "echo 1..1; echo 'ok 1 - a # SKIP no reader'", (0, 1, 1)),
    ("a_whole_skip_nobody_expects_fails", "gcc", "tests/x", "echo '1..0 # SKIP no reader'", (0, 1, 1)),
    ("a_plan_of_nothing_is_a_skip_nobody_expects", "gcc", "tests/x", "echo 1..0", (0, 1, 1)),
    ("a_whole_skip_may_be_expected", "gcc", "tests/e2e/whole.py", "echo '1..0 # SKIP no reader'", (0, 0, 1)),
    ("a_program_may_be_expected_to_skip_any_case", "gcc", "tests/e2e/whole.py",
     "echo 1..1; echo 'ok 1 - a # SKIP no reader'", (0, 0, 1)),
    ("a_case_may_be_expected_to_skip", "gcc", "tests/e2e/some.py",
     "echo 1..1; echo 'ok 1 - needs_a_reader # SKIP no reader'", (0, 0, 1)),
    ("another_case_of_it_may_not", "gcc", "tests/e2e/some.py",
     "echo 1..1; echo 'ok 1 - needs_a_bus # SKIP no bus'", (0, 1, 1)),
    ("a_skip_is_expected_in_its_run", "threads", "tests/e2e/slow.py", "echo '1..0 # SKIP slow'", (0, 0, 1)),
    ("a_skip_is_not_expected_in_another_run", "gcc", "tests/e2e/slow.py", "echo '1..0 # SKIP slow'", (0, 1, 1)),
]


def counted(folder, run, name, lines):
    log, trs = os.path.join(folder, "x.log"), os.path.join(folder, "x.trs")
    subprocess.run(["sh", os.path.join(TOP, "build-aux", "tap-driver.sh"), "--comments", "--test-name", name,
                    "--log-file", log, "--trs-file", trs, "--color-tests", "no", "--enable-hard-errors", "yes",
                    "--expect-failure", "no", "--", "sh", "-c", lines], check=False, stdout=subprocess.DEVNULL)
    skips = os.path.join(folder, "expected-skips")
    with open(skips, "w", encoding="utf-8") as file:
        file.write(EXPECTED_SKIPS)
    check = run_checks.Check.__new__(run_checks.Check)
    check.expected_skips = run_checks.read_expected_skips(skips)
    tally = run_checks.Tally()
    check.count(run, trs, tally)
    return tally.passed, tally.failed, len(tally.skips)


def main():
    failed = False
    print(f"1..{len(CASES)}")
    for number, (title, run, name, lines, wanted) in enumerate(CASES, 1):
        with tempfile.TemporaryDirectory() as folder:
            found = counted(folder, run, name, lines)
        print(f"{'ok' if found == wanted else 'not ok'} {number} - {title}")
        if found != wanted:
            print(f"# wanted {wanted}, found {found}")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
