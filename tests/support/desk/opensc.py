# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's OpenSC as an independent reader of the card."""
import os
import subprocess

MODULE = "opensc-pkcs11.so"
MODULE_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
                  "/usr/lib/riscv64-linux-gnu", "/usr/lib", "/usr/lib64")
# OpenSC's numbers for the card's objects: its PKCS#15 emulation of the JPKI application.
OBJECT_IDS = {"auth": "01", "sign": "02"}
TOKEN_INDICES = {"auth": 0, "sign": 1}
KEY_LABELS = {"auth": "User Authentication Key", "sign": "Digital Signature Key"}


def module_path():
    for folder in MODULE_FOLDERS:
        path = os.path.join(folder, MODULE)
        if os.path.exists(path):
            return path
    return MODULE


class OpenSC:
    """OpenSC's tools at one reader of a stack."""

    def __init__(self, stack, slot=0):
        self.stack = stack
        self.reader = stack.reader_name(slot)

    def run(self, *argv, check=True):
        env = dict(os.environ, **self.stack.environment())
        result = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, check=False, cwd="/", timeout=120)
        if check and result.returncode != 0:
            text = result.stdout.decode(errors="replace")
            raise AssertionError(f"{argv[0]}: exit status {result.returncode}\n{text}")
        return result.stdout

    def pkcs15(self, *words, check=True):
        return self.run("pkcs15-tool", "--reader", self.reader, *words, check=check)

    def pkcs11(self, kind, *words, check=True):
        """pkcs11-tool at the token of the auth or the sign PIN. OpenSC shows one token a PIN, in this order."""
        return self.run("pkcs11-tool", "--module", module_path(), "--slot-index",
                        str(TOKEN_INDICES[kind]), *words, check=check)

    def certificate_pem(self, kind, pin=None):
        words = ["--read-certificate", OBJECT_IDS[kind]]
        if pin:
            words += ["--verify-pin", "--auth-id", OBJECT_IDS[kind], "--pin", pin]
        text = self.pkcs15(*words).decode()
        return text[text.index("-----BEGIN"):]
