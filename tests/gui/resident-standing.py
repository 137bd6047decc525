#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where madoguchi-resident runs in production: what it refuses, and what nobody sees of it where it runs."""
import os
import pwd
import shutil
import subprocess
import sys
import tempfile

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.environ.get("MADO_TOP_BUILDDIR", TOP)
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402
from desk.display import Display  # noqa: E402
from desk.process import Process, as_user, wait_until  # noqa: E402
from desk.screen import Bus, Eyes, PlayedDaemon  # noqa: E402

XML = os.path.join(TOP, "data", "org.madoguchi.Counter1.xml")
RESIDENT, CLERK = "backup", "proxy"
NO_PERMISSION = 77
PASSWORD = "QX7MADO31"


class Scene:
    def __init__(self, folder):
        self.folder = folder
        self.uid = pwd.getpwnam(RESIDENT).pw_uid
        os.chown(folder, self.uid, self.uid)
        self.program = os.path.join(folder, "madoguchi-resident")
        shutil.copyfile(os.path.join(BUILD, "gui", "resident", "madoguchi-resident"), self.program)
        os.chmod(self.program, 0o755)
        self.display = Display(uid=self.uid)
        self.system = Bus(folder, "system", self.uid)
        self.session = Bus(folder, "session", self.uid)
        self.eyes = Eyes(self.session, self.display.environment(), self.uid)
        self.daemon = PlayedDaemon(self.system.address, XML, realm="production")
        self.process = None

    def environment(self, display):
        return {"PATH": "/usr/bin:/bin", "HOME": self.folder, **display.environment(), "XDG_RUNTIME_DIR": self.folder,
                "DBUS_SYSTEM_BUS_ADDRESS": self.system.address, "DBUS_SESSION_BUS_ADDRESS": self.session.address,
                "GTK_MODULES": "gail:atk-bridge", "GTK_IM_MODULE": "xim"}

    def refused(self, display, uid, *options):
        """The exit status, and what it says."""
        result = subprocess.run(as_user(uid) + [self.program, *options], env=self.environment(display), cwd="/",
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                check=False, timeout=60)
        return result.returncode, result.stderr.strip()

    def start(self):
        self.process = Process("resident", [self.program], self.environment(self.display),
                               os.path.join(self.folder, "resident.log"), self.uid)
        self.process.start()
        self.daemon.wait_agent()

    def close(self):
        if self.process is not None:
            self.process.kill()
        self.eyes.close()
        self.session.close()
        self.system.close()
        self.display.close()


def root_is_refused(scene):
    status, text = scene.refused(scene.display, 0)
    tap.equal(status, NO_PERMISSION, text)
    tap.true("root" in text, text)


def another_users_server_is_refused(scene):
    with Display(uid=pwd.getpwnam(CLERK).pw_uid) as clerks:
        status, text = scene.refused(clerks, scene.uid)
    tap.equal(status, NO_PERMISSION, text)
    tap.true("another user's" in text, text)


def a_shared_server_is_refused(scene):
    for program in ("openbox", "xev"):
        if shutil.which(program) is None:
            raise tap.Skip(f"{program} is not installed")
    with Display(uid=scene.uid) as shared:
        env = dict(os.environ, DISPLAY=shared.name, HOME=scene.folder)
        others = [subprocess.Popen([*as_user(scene.uid), *words], env=env, stdout=subprocess.DEVNULL, cwd="/",
                                   stderr=subprocess.DEVNULL) for words in (["openbox"], ["xev", "-name", "other"])]
        try:
            wait_until(lambda: "window id" in subprocess.run(
                ["xprop", "-root", "_NET_CLIENT_LIST_STACKING"], env=env, stdout=subprocess.PIPE, text=True,
                check=False).stdout, "another program's window")
            status, text = scene.refused(shared, scene.uid)
        finally:
            for other in others:
                other.kill()
                other.wait()
    tap.equal(status, NO_PERMISSION, text)
    tap.true("another program's" in text, text)


def a_countdown_too_short_to_answer_is_refused(scene):
    status, text = scene.refused(scene.display, scene.uid, "--countdown-seconds", "5")
    tap.equal(status, 64, text)


def a_production_desk_is_served_where_nobody_else_is(scene):
    scene.start()
    prompt = scene.daemon.prompt("sign", "verify", visit="", tries=5)
    scene.display.do("mousemove", 640, 500)
    scene.daemon.wait(lambda: prompt.result is not None or type_once(scene), "typed")
    tap.equal(prompt.wait(), PASSWORD.encode(), "what the pipe brought")


def type_once(scene):
    """The keypad's keys, at the window under the pointer."""
    scene.display.do("key", "--delay", "1", *["BackSpace"] * 16, *PASSWORD, "Return")
    return False


def no_one_sees_its_pages(scene):
    prompt = scene.daemon.prompt("sign", "verify", visit="", tries=5)
    tap.equal(scene.eyes.names(), [], "what assistive technology sees")
    scene.daemon.dismiss()
    tap.equal(prompt.wait(), "Cancelled", "after dismiss")


def its_own_user_cannot_read_or_trace_it(scene):
    pid = scene.process.pid
    for path in ("mem", "environ", "maps"):
        result = subprocess.run(as_user(scene.uid) + ["head", "-c", "1", f"/proc/{pid}/{path}"], check=False, cwd="/",
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        tap.true(result.returncode != 0 and not result.stdout, f"/proc/{pid}/{path} was read")


def no_foreign_module_is_loaded(scene):
    with open(f"/proc/{scene.process.pid}/maps", encoding="ascii", errors="replace") as file:
        text = file.read()
    tap.true("libgtk-3" in text, "the control: libraries are seen")
    for name in ("libgail", "im-xim", "libatk-bridge-module"):
        tap.true(name not in text, name)


def main():
    if os.geteuid() != 0:
        tap.skip_all("without root there is one user")
    folder = tempfile.mkdtemp(prefix="madoguchi-")
    os.chmod(folder, 0o755)
    scene = Scene(folder)
    try:
        tap.run([
            root_is_refused,
            another_users_server_is_refused,
            a_shared_server_is_refused,
            a_countdown_too_short_to_answer_is_refused,
            a_production_desk_is_served_where_nobody_else_is,
            no_one_sees_its_pages,
            its_own_user_cannot_read_or_trace_it,
            no_foreign_module_is_loaded,
        ], scene)
    finally:
        scene.close()
        shutil.rmtree(folder, ignore_errors=True)


main()
