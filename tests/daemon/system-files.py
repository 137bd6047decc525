#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the system is told about the daemon: unit, polkit, bus; and how the program starts when it should not."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.environ.get("MADO_TOP_BUILDDIR", TOP)
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402

UNIT = os.path.join(BUILD, "data", "madoguchid.service")
MAX_EXPOSURE = 1.0  # of systemd-analyze: 0 closed, 10 open
PROGRAM = os.path.join(BUILD, "daemon", "madoguchid")


def source(*names):
    return os.path.join(TOP, "data", *names)


def start(*arguments, config=None, **options):
    """madoguchid with a configuration file of this text; the finished process."""
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
        os.chmod(folder, 0o755)
        if config is not None:
            path = os.path.join(folder, "madoguchid.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write(config)
            arguments += ("--config", path)
        return subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=60, **options)


def the_unit_closes_what_the_daemon_does_not_need():
    if shutil.which("systemd-analyze") is None:
        raise tap.Skip("systemd-analyze is not installed")
    result = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", UNIT],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    found = re.search(r"exposure level for \S+: ([0-9.]+)", result.stdout)
    tap.true(found, result.stdout)
    tap.true(float(found.group(1)) <= MAX_EXPOSURE, found.group(0))


def the_unit_leaves_what_the_daemon_needs():
    with open(UNIT, encoding="utf-8") as file:
        lines = {line.strip() for line in file}
    for line in ("RestrictAddressFamilies=AF_UNIX", "Type=dbus", "BusName=org.madoguchi.Counter1", "LimitCORE=0",
                 "User=madoguchi", "StateDirectory=madoguchi"):
        tap.true(line in lines, line)
    tap.true(any(line.startswith("After=") and "polkit.service" in line for line in lines), "started after polkit")
    # /proc/sys holds the boot id that receipts carry.
    tap.true(not any(line.startswith("ProcSubset=") for line in lines), "ProcSubset hides the boot id")


def every_polkit_action_is_said_in_both_languages():
    actions = xml.parse(source("org.madoguchi.Counter1.policy")).getroot().findall("action")
    tap.equal(len(actions), 6, "actions")
    for action in actions:
        for element in ("description", "message"):
            tap.equal(len(action.findall(element)), 2, f"{action.get('id')}: {element}")


def only_the_daemons_user_may_own_the_name():
    policies = xml.parse(source("org.madoguchi.Counter1.conf")).getroot().findall("policy")
    owners = [policy.get("user") for policy in policies if policy.findall("allow[@own]")]
    tap.equal(owners, ["madoguchi"], "who may own the name")


def an_unknown_key_is_an_error_with_its_name():
    result = start("--check-config", config="[desk]\nrealm=training\ncolour=red\n")
    tap.equal(result.returncode, 78, result.stderr)
    tap.true("colour" in result.stderr, result.stderr)


def a_missing_realm_is_an_error():
    result = start("--check-config", config="[desk]\n")
    tap.equal(result.returncode, 78, result.stderr)
    tap.true("realm" in result.stderr, result.stderr)


def a_terminal_without_keys_is_an_error():
    result = start("--check-config", config="[desk]\nrealm=training\nterminal=D001\n")
    tap.equal(result.returncode, 78, result.stderr)


def a_desk_that_only_reads_needs_no_more_than_a_realm():
    result = start("--check-config", config="[desk]\nrealm=training\n")
    tap.equal((result.returncode, result.stdout), (0, "ok\n"), result.stderr)


def root_is_refused():
    if os.geteuid() != 0:
        raise tap.Skip("this is not root")
    result = start(config="[desk]\nrealm=training\n")
    tap.equal(result.returncode, 77, result.stderr)
    tap.true("madoguchid(8)" in result.stderr, result.stderr)


def options_are_known_or_refused():
    tap.equal(start("--no-such-option").returncode, 64, "an unknown option")
    tap.equal(start("stray").returncode, 64, "a stray word")
    tap.equal(start("--help").returncode, 0, "--help")
    tap.true(re.fullmatch(r"madoguchid \d+\.\d+\.\d+\n", start("--version").stdout), "--version")


if __name__ == "__main__":
    tap.run([the_unit_closes_what_the_daemon_does_not_need, the_unit_leaves_what_the_daemon_needs,
             every_polkit_action_is_said_in_both_languages, only_the_daemons_user_may_own_the_name,
             an_unknown_key_is_an_error_with_its_name, a_missing_realm_is_an_error, a_terminal_without_keys_is_an_error,
             a_desk_that_only_reads_needs_no_more_than_a_realm, root_is_refused, options_are_known_or_refused])
