#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two monitors and a window manager: the resident's screen keeps to its own, leaves the clerk's keyboard alone, and is
unplugged while somebody types."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.environ.get("MADO_TOP_BUILDDIR", TOP)
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402
from desk.display import TwoHeads  # noqa: E402
from desk.process import wait_until  # noqa: E402
from desk.screen import Bus, Eyes, PlayedDaemon, Screen  # noqa: E402

PROGRAM = os.path.join(BUILD, "gui", "resident", "madoguchi-resident")
XML = os.path.join(TOP, "data", "org.madoguchi.Counter1.xml")
PASSWORD = "QX7MADO31"


class Scene:
    def __init__(self, folder):
        self.heads = TwoHeads(folder)
        self.system = Bus(folder, "system")
        self.session = Bus(folder, "session")
        self.daemon = PlayedDaemon(self.system.address, XML)
        env = dict(os.environ, **self.heads.environment())
        self.manager = subprocess.Popen(["openbox", "--sm-disable"], env=env, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.clerk = subprocess.Popen(["xev", "-geometry", "400x300+50+50", "-name", "clerk"], env=env,
                                      stdout=subprocess.DEVNULL)
        wait_until(lambda: self.heads.says("search", "--onlyvisible", "--name", "^clerk$"), "the clerk's window")
        self.eyes = Eyes(self.session, self.heads.environment())
        self.screen = Screen(folder, self.heads, self.eyes, self.system.address, self.session, PROGRAM,
                             ["--monitor", "DUMMY1"], locale=os.path.join(BUILD, "po"))

    def geometry(self):
        """x, y, width, height of the resident's window; None while it is not shown."""
        found = self.heads.says("search", "--onlyvisible", "--name", "^Madoguchi$").split()
        if not found:
            return None
        text = self.heads.says("getwindowgeometry", found[-1])
        place = re.search(r"Position: (-?\d+),(-?\d+)", text)
        size = re.search(r"Geometry: (\d+)x(\d+)", text)
        return (*map(int, place.groups()), *map(int, size.groups())) if place and size else None

    def close(self):
        self.screen.close()
        self.eyes.close()
        for child in (self.clerk, self.manager):
            child.kill()
            child.wait()
        self.session.close()
        self.system.close()
        self.heads.close()


def it_covers_its_own_monitor(scene):
    scene.daemon.wait_agent()
    wait_until(lambda: scene.geometry() == (1280, 0, 1280, 800), "over the second monitor")


def a_touch_leaves_the_keyboard_with_the_clerk(scene):
    clerk = scene.heads.says("search", "--name", "^clerk$").split()[-1]
    scene.heads.do("windowactivate", "--sync", clerk)
    prompt = scene.daemon.prompt("sign", visit="")
    scene.screen.touch_pin("QX")
    scene.screen.wait_text("16つのうち2つ入力")
    tap.equal(scene.heads.says("getwindowfocus"), clerk, "the window with the keyboard")
    scene.screen.touch("やめる")
    tap.equal(prompt.wait(), "Cancelled", "after stop")


def an_unplugged_monitor_ends_the_prompt_and_wipes(scene):
    prompt = scene.daemon.prompt("sign", visit="")
    scene.screen.touch_pin(PASSWORD)
    scene.screen.wait_text(f"16つのうち{len(PASSWORD)}つ入力")
    scene.heads.unplug()
    tap.equal(prompt.wait(), "Cancelled", "the prompt")
    scene.daemon.wait(lambda: scene.daemon.agent is None, "there is no agent any more")
    wait_until(lambda: scene.geometry() is None, "no window on the clerk's monitor")
    if os.geteuid() == 0:
        tap.true(not scene.screen.memory_has(PASSWORD.encode()), "the password is not in memory")


def a_monitor_that_comes_back_is_used_again(scene):
    scene.heads.plug()
    scene.daemon.wait_agent()
    wait_until(lambda: scene.geometry() == (1280, 0, 1280, 800), "over the second monitor")
    prompt = scene.daemon.prompt("sign", visit="")
    for _ in range(2):
        scene.screen.touch_pin(PASSWORD)
        scene.screen.touch("次へ")
    tap.equal(prompt.wait(), PASSWORD.encode(), "what the pipe brought")


def main():
    for program in ("openbox", "xev"):
        if shutil.which(program) is None:
            tap.skip_all(f"{program} is not installed")
    if os.geteuid() != 0:
        tap.skip_all("Xorg starts without a console for root alone")
    folder = tempfile.mkdtemp(prefix="madoguchi-")
    scene = Scene(folder)
    try:
        tap.run([
            it_covers_its_own_monitor,
            a_touch_leaves_the_keyboard_with_the_clerk,
            an_unplugged_monitor_ends_the_prompt_and_wipes,
            a_monitor_that_comes_back_is_used_again,
        ], scene)
    finally:
        scene.close()
        shutil.rmtree(folder, ignore_errors=True)


main()
