#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The gate before the real polkitd, with the policy, the rule and the bus policy that "make install" installs.

polkitd reads its actions and rules from fixed folders, and logind's from /run: all of them are covered by ours in
a mount namespace of this test's own. The daemon's user is "madoguchi" there, as on a desk.
"""
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.environ.get("MADO_TOP_BUILDDIR", TOP)
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402
from desk.client import Client  # noqa: E402
from desk.programs import Programs  # noqa: E402
from desk.reading import ReadingDesk  # noqa: E402
from desk.stack import USERS  # noqa: E402

POLKITD = "/usr/lib/polkit-1/polkitd"
ACTIONS = "/usr/share/polkit-1/actions"
INSTALLED_RULES = "/usr/share/polkit-1/rules.d"
LOCAL_RULES = "/etc/polkit-1/rules.d"
POLICY = "org.madoguchi.Counter1.policy"
INSIDE = "MADO_TEST_NAMESPACE"
SLOT = 0
RULE = """polkit.addRule(function (action, subject) {
    if (action.id == "org.madoguchi.counter1.use-reader" && subject.user == "%s")
        return polkit.Result.YES;
});
"""
# As Debian's system.conf, with the two policies that count here.
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <include>/usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf</include>
  <include>{policy}</include>
</busconfig>
"""
# What a pcscd that asks polkit installs (Debian 12's does not).
PCSCD_POLICY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE policyconfig PUBLIC "-//freedesktop//DTD PolicyKit Policy Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/PolicyKit/1/policyconfig.dtd">
<policyconfig>
  <action id="org.debian.pcsc-lite.access_pcsc">
    <description>Access to the PC/SC daemon</description>
    <message>Authentication is required to access the PC/SC daemon</message>
    <defaults><allow_any>no</allow_any><allow_inactive>no</allow_inactive><allow_active>yes</allow_active></defaults>
  </action>
</policyconfig>
"""


def enter_namespace():
    """Starts this program again with mounts of its own; skips where that is not to be had."""
    if os.environ.get(INSIDE):
        return
    if not os.path.exists(POLKITD):
        tap.skip_all("polkitd is not installed")
    if os.geteuid() != 0:
        tap.skip_all("only root can put files before polkitd")
    if subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL, check=False).returncode != 0:
        tap.skip_all("mount namespaces are not allowed here")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, os.path.abspath(__file__)])


def cover(folder, *files):
    """An empty folder over this one, then these files of data/ in it."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", folder], check=True)
    for file in files:
        shutil.copy(file, folder)
        os.chmod(os.path.join(folder, os.path.basename(file)), 0o644)


def cover_system(scratch):
    """What polkitd looks at, as on a desk where nobody sits."""
    data = os.path.join(TOP, "data")
    pcscd = os.path.join(scratch, "org.debian.pcsc-lite.policy")
    with open(pcscd, "w", encoding="utf-8") as file:
        file.write(PCSCD_POLICY)
    cover(ACTIONS, os.path.join(data, POLICY), pcscd)
    cover(INSTALLED_RULES, os.path.join(data, "49-madoguchi-pcscd.rules"))
    cover(LOCAL_RULES)
    os.makedirs("/run/systemd", exist_ok=True)
    cover("/run/systemd")
    for name in ("seats", "sessions", "users", "machines"):
        os.mkdir(os.path.join("/run/systemd", name))
    passwd = os.path.join(scratch, "passwd")
    with open("/etc/passwd", encoding="utf-8") as source, open(passwd, "w", encoding="utf-8") as copy:
        for line in source:
            name, rest = line.split(":", 1)
            copy.write(f"{'madoguchi' if name == USERS['daemon'] else name}:{rest}")
    os.chmod(passwd, 0o644)
    subprocess.run(["mount", "--bind", passwd, "/etc/passwd"], check=True)
    USERS["daemon"] = "madoguchi"
    USERS["authority"] = "root"  # it becomes its own user by itself


class PolkitDesk(ReadingDesk):
    """A desk that reads, with polkitd for authority, on a bus with the installed policies."""

    def make(self):
        super().make()
        policy = shutil.copy(os.path.join(TOP, "data", "org.madoguchi.Counter1.conf"), self.path("bus"))
        with open(self.path("bus", "bus.conf"), "w", encoding="utf-8") as file:
            file.write(BUS_CONFIG.format(socket=self.path("bus", "socket"), policy=policy))

    def _argv(self, part):
        return [POLKITD, "--no-debug"] if part == "authority" else super()._argv(part)

    def permit(self, *roles):
        """Local rules as an administrator writes them, read by a polkitd started anew."""
        for name in os.listdir(LOCAL_RULES):
            os.unlink(os.path.join(LOCAL_RULES, name))
        for number, role in enumerate(roles):
            with open(os.path.join(LOCAL_RULES, f"{number}-test.rules"), "w", encoding="ascii") as file:
                file.write(RULE % USERS[role])
        self.kill("authority")
        self.ensure()


def inspect(desk, role):
    return Client(desk, SLOT).call("inspect", role=role)


def refused(answer):
    tap.true(not answer.succeeded, answer)
    tap.equal(answer.json["error"]["nick"], "NotAuthorized", answer)
    return answer.json["error"]["detail"]


def nobody_is_allowed_who_does_not_sit_at_the_desk(desk):
    desk.permit()
    tap.true("refused by the authority" in refused(inspect(desk, "clerk")), "polkitd did not answer")


def a_rule_allows_one_user_and_no_other(desk):
    desk.permit("clerk")
    answer = inspect(desk, "clerk")
    tap.true(answer.succeeded, answer)  # "not trusted" here: the policy does not name the daemon as owner
    tap.true("refused by the authority" in refused(inspect(desk, "centre")), "polkitd did not answer")


def a_rule_for_readers_does_not_open_the_journal(desk):
    desk.permit("clerk")
    refused(Client(desk, SLOT).call("visits"))


def the_installed_rule_lets_the_daemon_use_pcscd(desk):
    environment = dict(os.environ, **desk.environment())
    for part, allowed in (("daemon", True), ("pcscd", False)):
        result = subprocess.run(["pkcheck", "--action-id", "org.debian.pcsc-lite.access_pcsc", "--process",
                                 str(desk.processes[part].pid)], env=environment, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, check=False)
        tap.equal(result.returncode == 0, allowed, f"{part}: {result.stdout}")


def main():
    enter_namespace()
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as root:
        os.chmod(root, 0o755)
        cover_system(root)
        with PolkitDesk(os.path.join(root, "desk"), Programs(BUILD), TOP) as desk:
            desk.make()
            desk.ensure()
            desk.cards.insert(SLOT, "good")
            desk.permit("clerk")
            Client(desk, SLOT).wait_for_card(SLOT)
            tap.run([nobody_is_allowed_who_does_not_sit_at_the_desk,
                     a_rule_allows_one_user_and_no_other,
                     a_rule_for_readers_does_not_open_the_journal,
                     the_installed_rule_lets_the_daemon_use_pcscd], desk)


if __name__ == "__main__":
    main()
