# SPDX-License-Identifier: LGPL-2.1-or-later
"""One long-running program of the desk: started, killed, started again."""
import os
import pwd
import select
import signal
import subprocess
import time

STOP_TIMEOUT_S = 10
READY_TIMEOUT_S = 30


class Failed(Exception):
    """A program of the desk did not do what the scene needs."""


def as_user(uid):
    """The command prefix that gives up root for uid, and dies with the process that asked.

    uid None or a caller that is not root: the user stays.
    """
    prefix = ["setpriv", "--pdeathsig", "KILL"]
    if uid is not None and os.geteuid() == 0:
        gid = pwd.getpwuid(uid).pw_gid
        prefix += ["--reuid", str(uid), "--regid", str(gid), "--clear-groups"]
    return prefix + ["--"]


def wait_until(ready, what, timeout_s=READY_TIMEOUT_S, alive=lambda: True):
    """Polls ready() until it is true; an event to wait for exists nowhere this is used."""
    deadline = time.monotonic() + timeout_s
    pause_s = 0.002
    while not ready():
        if not alive():
            raise Failed(f"{what}: the program ended")
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not after {timeout_s} s")
        select.select([], [], [], pause_s)
        pause_s = min(pause_s * 1.5, 0.1)


class Process:
    """argv under uid with env, its output appended to log_path."""

    def __init__(self, name, argv, env, log_path, uid=None, cwd="/"):
        self.name = name
        self.argv = argv
        self.env = env
        self.log_path = log_path
        self.uid = uid
        self.cwd = cwd
        self._child = None

    def start(self, extra_env=None, pass_fds=()):
        assert self._child is None, self.name
        env = dict(self.env, **(extra_env or {}))
        with open(self.log_path, "ab") as log:
            self._child = subprocess.Popen(as_user(self.uid) + self.argv, env=env, cwd=self.cwd,
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           pass_fds=pass_fds)

    @property
    def pid(self):
        return self._child.pid if self._child else None

    def is_alive(self):
        return self._child is not None and self._child.poll() is None

    def kill(self, number=signal.SIGKILL):
        """Ends it at once and reaps it; nothing happens when it is not there."""
        if self._child is None:
            return
        if self._child.poll() is None:
            self._child.send_signal(number)
        try:
            self._child.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
            if number != signal.SIGKILL:
                raise Failed(f"{self.name} ignored signal {number}") from None
        finally:
            self._child = None

    def stop(self):
        self.kill(signal.SIGTERM)

    def wait(self, timeout_s=STOP_TIMEOUT_S):
        """Waits for its own end; the exit status (negative: the signal)."""
        status = self._child.wait(timeout_s)
        self._child = None
        return status

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""
