# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person at a terminal: a program on a pseudo-terminal, what it shows, and what is typed."""
import os
import pty
import select
import signal
import time

TIMEOUT_S = 60
CTRL_C = "\x03"


class Terminal:
    """argv runs with env on a terminal of its own. text is everything shown so far."""

    def __init__(self, argv, env):
        self.text = ""
        self.at = 0  # how far it was looked through
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, env)

    def _read(self, deadline):
        """More of what is shown; False at the end."""
        ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise AssertionError(f"nothing more came after:\n{self.text}")
        try:
            data = os.read(self.fd, 4096)
        except OSError:  # EIO: the other end is closed
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    def wait_for(self, words):
        """Until words are shown, after those waited for before."""
        deadline = time.monotonic() + TIMEOUT_S
        while words not in self.text[self.at:]:
            if not self._read(deadline):
                raise AssertionError(f"it ended without '{words}':\n{self.text}")
        self.at = self.text.index(words, self.at) + len(words)

    def type(self, text):
        os.write(self.fd, text.encode())

    def answer(self, words, text):
        """Waits for the question, then types a line."""
        self.wait_for(words)
        self.type(text + "\n")

    def finish(self):
        """What was shown in all, and the exit status."""
        deadline = time.monotonic() + TIMEOUT_S
        while self._read(deadline):
            pass
        os.close(self.fd)
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
