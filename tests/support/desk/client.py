# SPDX-License-Identifier: LGPL-2.1-or-later
"""The clerk and the resident, by madoguchictl."""
import json
import os
import subprocess

from .process import Failed, as_user, wait_until

PASSPHRASE = b"training\n"
DEFAULT_TIMEOUT_S = 180


class Answer:
    """How one command ended: status, the JSON it printed (or None), its errors as text."""

    def __init__(self, status, output, errors):
        self.status = status
        self.output = output
        self.errors = errors
        try:
            self.json = json.loads(output) if output.strip() else None
        except ValueError:
            self.json = None

    @property
    def succeeded(self):
        return self.status == 0

    def __str__(self):
        """On one line when the program named its error."""
        if self.json and "error" in self.json:
            error = self.json["error"]
            return (f"status {self.status}, outcome {self.json.get('outcome')}, "
                    f"{error['nick']}: {error['detail']}")
        if self.json and "outcome" in self.json:
            return f"status {self.status}, outcome {self.json['outcome']}"
        return f"status {self.status}\n{self.output}{self.errors}"


class Running:
    """A command on its way; finish() waits for it."""

    def __init__(self, child):
        self.child = child

    def finish(self, timeout_s=DEFAULT_TIMEOUT_S):
        try:
            output, errors = self.child.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self.child.kill()
            output, errors = self.child.communicate()
            errors += b"\n(the test ended it)"
        return Answer(self.child.returncode, output.decode(errors="replace"),
                      errors.decode(errors="replace"))

    def is_alive(self):
        return self.child.poll() is None

    def kill(self):
        self.child.kill()


def pins_text(pins):
    """What --pins-fd reads: one line per kind."""
    return "".join(f"{kind}={value}\n" for kind, value in pins.items()).encode()


class Client:
    """One clerk at one reader of a stack."""

    def __init__(self, stack, slot=0):
        self.stack = stack
        self.slot = slot

    def start(self, *words, secrets=None, as_json=True, role="clerk"):
        """secrets: option -> bytes, each handed over by a pipe."""
        argv = [self.stack.programs.path("madoguchictl"), "--config", self.stack.relay_config,
                "--reader", self.stack.reader_name(self.slot)]
        if as_json:
            argv.append("--json")
        argv += words
        readers = []
        for option, value in (secrets or {}).items():
            reader, writer = os.pipe()
            os.write(writer, value)
            os.close(writer)
            readers.append(reader)
            argv += [option, str(reader)]
        env = dict(os.environ, **self.stack.environment())
        child = subprocess.Popen(as_user(self.stack.uid(role)) + argv, env=env, cwd="/",
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, pass_fds=readers)
        for reader in readers:
            os.close(reader)
        return Running(child)

    def wait_for_card(self, slot, is_in=True):
        """Until the daemon sees the card, or sees none; it learns of it in its own time."""
        name = self.stack.reader_name(slot)

        def is_seen():
            answer = self.call("readers")
            return answer.succeeded and any(reader["name"] == name and reader["card"] == is_in
                                            for reader in answer.json["readers"])
        wait_until(is_seen, f"the daemon sees {'the' if is_in else 'no'} card on reader {slot}")

    def open_visit(self):
        """The visit the daemon has open or on hold, or None."""
        answer = self.call("visits")
        if not answer.succeeded:
            raise Failed(f"visits: {answer}")
        visits = answer.json["visits"]
        if len(visits) > 1:
            raise Failed(f"more than one visit is open: {visits}")
        return visits[0]["visit"] if visits else None

    def call(self, *words, timeout_s=DEFAULT_TIMEOUT_S, **options):
        return self.start(*words, **options).finish(timeout_s)
