# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests as functions whose names are sentences; results as TAP."""
import sys
import traceback


class Skip(Exception):
    """This cannot be tested here; says why."""


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def equal(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r}, wanted {wanted!r}")


def true(condition, what):
    if not condition:
        raise AssertionError(str(what))


def run(tests, *arguments):
    """Runs every test with the arguments, in order, and ends the program. A failure does not stop the rest."""
    print(f"1..{len(tests)}")
    n_failed = 0
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace("_", " ")
        try:
            test(*arguments)
            print(f"ok {number} - {name}", flush=True)
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        except Exception as error:  # pylint: disable=broad-except
            n_failed += 1
            print(f"not ok {number} - {name}", flush=True)
            if not isinstance(error, AssertionError):
                traceback.print_exc(file=sys.stdout)
            for line in f"{type(error).__name__}: {error}".splitlines():
                print(f"# {line}", flush=True)
    sys.exit(1 if n_failed else 0)
