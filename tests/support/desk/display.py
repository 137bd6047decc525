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
