# SPDX-License-Identifier: LGPL-2.1-or-later
"""A test server, not pcscd: it listens where clients look for pcscd and refuses them.

It speaks as much of pcscd's client protocol (pcsc-lite, winscard_msg.h, versions 4:x) as a refusal takes: a message is
two 32-bit numbers in the host's order, length and command, and as many bytes; the answer to CMD_VERSION is the same
structure (major, minor, result) with the result filled in.
"""
import os
import socket
import struct
import threading

SECURITY_VIOLATION = 0x8010006A  # SCARD_W_SECURITY_VIOLATION
NO_SERVICE = 0x8010001D  # SCARD_E_NO_SERVICE: how pcscd answers a protocol version it does not speak
CMD_VERSION = 0x11
REFUSE = "refuse"  # says SCARD_W_SECURITY_VIOLATION, as pcscd does from 2.0.1 on
HANG_UP = "hang-up"  # closes the connection without a word, as older ones may
MISFIT = "misfit"  # does not speak this version of the protocol
SILENT = "silent"  # never answers


class RefusingPcscd:
    """Listens on path until closed; kind: one of the above."""

    def __init__(self, path, kind):
        self.path = path
        self.kind = kind
        self.n_refused = 0
        self._kept = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        os.chmod(path, 0o666)
        self._listener.listen(8)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for client in self._kept:
            client.close()
        os.unlink(self.path)

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.kind == SILENT:
                self._kept.append(client)
                continue
            with client:
                self._refuse(client, {REFUSE: SECURITY_VIOLATION, MISFIT: NO_SERVICE}.get(self.kind))
                self.n_refused += 1

    def _refuse(self, client, result):
        head = self._take(client, 8)
        if head is None:
            return  # a knock at the door
        length, command = struct.unpack("=II", head)
        body = self._take(client, length)
        if result is not None and body is not None and command == CMD_VERSION and length == 12:
            client.sendall(body[:8] + struct.pack("=I", result))

    @staticmethod
    def _take(client, n_bytes):
        data = b""
        while len(data) < n_bytes:
            piece = client.recv(n_bytes - len(data))
            if not piece:
                return None
            data += piece
        return data
