# SPDX-License-Identifier: LGPL-2.1-or-later
"""An X server of the test's own, without a screen."""
import os
import shutil
import subprocess

from . import tap
from .process import as_user


class Display:
    """Xvfb with one monitor; close() ends it. uid: whose server it is."""

    def __init__(self, width=1280, height=800, uid=None):
        for program in ("Xvfb", "xdotool"):
            if shutil.which(program) is None:
                tap.skip_all(f"{program} is not installed")
        read_end, write_end = os.pipe()
        self._child = subprocess.Popen(
            as_user(uid) + ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{width}x{height}x24",
                            "-nolisten", "tcp", "-noreset", "-ac"],
            pass_fds=(write_end,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write_end)
        with os.fdopen(read_end) as file:
            self.name = ":" + file.readline().strip()
        if self.name == ":":
            tap.skip_all("Xvfb does not start")

    def environment(self):
        return {"DISPLAY": self.name, "GDK_BACKEND": "x11", "GSETTINGS_BACKEND": "memory", "LC_ALL": "C.UTF-8",
                "XDG_RUNTIME_DIR": "/nonexistent",
                # GTK keeps what it made to the end, and a program that nobody may read cannot be searched for leaks.
                "ASAN_OPTIONS": "detect_leaks=0"}

    def do(self, *words):
        """One xdotool command: keys and touches as a device would make them."""
        subprocess.run(["xdotool", *map(str, words)], env=dict(os.environ, DISPLAY=self.name), check=True,
                       stdout=subprocess.DEVNULL)

    def touch(self, x, y):
        self.do("mousemove", x, y, "click", 1)

    def close(self):
        self._child.terminate()
        self._child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


XORG_CONFIG = """Section "Device"
  Identifier "card"
  Driver "dummy"
  VideoRam 256000
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 5-1000
  VertRefresh 5-200
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "1280x800"
    Virtual 3840 1200
  EndSubSection
EndSection
"""
MODE = "1280x800x60"
TIMINGS = "83.5 1280 1352 1480 1680 800 803 809 831".split()


class TwoHeads(Display):
    """Xorg on its dummy driver: DUMMY0 on the left, and on its right DUMMY1, which can be unplugged."""

    def __init__(self, folder):  # pylint: disable=super-init-not-called
        for program in ("Xorg", "xdotool", "xrandr"):
            if shutil.which(program) is None:
                tap.skip_all(f"{program} is not installed")
        config = os.path.join(folder, "xorg.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(XORG_CONFIG)
        read_end, write_end = os.pipe()
        self._child = subprocess.Popen(
            ["Xorg", "-displayfd", str(write_end), "-config", config, "-logfile", os.path.join(folder, "xorg.log"),
             "-noreset", "-novtswitch", "-sharevts", "-nolisten", "tcp", "-ac"],
            pass_fds=(write_end,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write_end)
        with os.fdopen(read_end) as file:
            self.name = ":" + file.readline().strip()
        if self.name == ":":
            tap.skip_all("Xorg does not start on its dummy driver")
        self.randr("--newmode", MODE, *TIMINGS)
        self.randr("--addmode", "DUMMY1", MODE)
        self.plug()

    def randr(self, *words):
        return subprocess.run(["xrandr", *words], env=dict(os.environ, DISPLAY=self.name), check=True,
                              stdout=subprocess.PIPE).stdout.decode()

    def plug(self):
        self.randr("--output", "DUMMY1", "--mode", MODE, "--right-of", "DUMMY0")
        self.randr()  # else programs see what the server remembers of before

    def unplug(self):
        self.randr("--output", "DUMMY1", "--off")
        self.randr()

    def says(self, *words):
        """What an xdotool command prints; empty when it finds nothing."""
        return subprocess.run(["xdotool", *map(str, words)], env=dict(os.environ, DISPLAY=self.name), check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode().strip()
