#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SCP03 a second time: from GlobalPlatform Amendment D 1.2 and SP 800-108, over pycryptodome.

Checks every byte of sessions that scp03-transcript makes, then makes sessions for it to check. The format of
the lines is described in scp03-transcript.c.
"""
import os
import random
import subprocess
import sys

PYTHON = "/usr/bin/python3"  # Debian's own, which has Debian's pycryptodome
try:
    from Cryptodome.Cipher import AES
    from Cryptodome.Hash import CMAC
except ImportError:
    if sys.executable != PYTHON and os.path.exists(PYTHON):
        os.execv(PYTHON, [PYTHON, *sys.argv])
    print("1..0 # SKIP python3-pycryptodome is not installed")
    sys.exit(0)

TOOL = os.path.join(os.environ.get("MADO_TOP_BUILDDIR", "."), "tests/peers/scp03-transcript")
LEVELS = (0x01, 0x03, 0x11, 0x13, 0x33)


def cmac(key, data):
    return CMAC.new(key, data, ciphermod=AES).digest()


def kdf(key, label, context, n_bits):
    """SP 800-108 counter mode; Amendment D 4.1.5 puts the counter behind L."""
    out = b""
    i = 1
    while len(out) * 8 < n_bits:
        out += cmac(key, label + b"\0" + n_bits.to_bytes(2, "big") + bytes([i]) + context)
        i += 1
    return out[: n_bits // 8]


def derive(key, constant, context, n_bits):
    return kdf(key, bytes(11) + bytes([constant]), context, n_bits)


def diversify(master, label, card_id):
    return [kdf(master, label.encode(), bytes([purpose]) + card_id, len(master) * 8)
            for purpose in (1, 2, 3)]


def is_error(sw):
    """6.2.5: every status word but 9000 and the warnings."""
    return not (sw == 0x9000 or sw >> 8 in (0x62, 0x63))


def pad(data):
    return data + b"\x80" + bytes(-(len(data) + 1) % 16)


class Session:
    def __init__(self, level, enc, mac, host_challenge, card_challenge):
        context = host_challenge + card_challenge
        bits = len(enc) * 8
        self.level = level
        self.s_enc = derive(enc, 0x04, context, bits)
        self.s_mac = derive(mac, 0x06, context, bits)
        self.s_rmac = derive(mac, 0x07, context, bits)
        self.card_cryptogram = derive(self.s_mac, 0x00, context, 64)
        self.host_cryptogram = derive(self.s_mac, 0x01, context, 64)
        self.chain = bytes(16)
        self.counter = 0

    def maced(self, header, data):
        body = bytes([header[0] | 0x04]) + header[1:4] + bytes([len(data) + 8]) + data
        self.chain = cmac(self.s_mac, self.chain + body)
        return body + self.chain[:8]

    def authenticate(self):
        return self.maced(bytes([0x84, 0x82, self.level, 0x00]), self.host_cryptogram)

    def crypt(self, first_byte, data):
        block = bytearray(self.counter.to_bytes(16, "big"))
        block[0] |= first_byte
        icv = AES.new(self.s_enc, AES.MODE_ECB).encrypt(bytes(block))
        return AES.new(self.s_enc, AES.MODE_CBC, icv).encrypt(pad(data))

    def wrap(self, header, data):
        self.counter += 1
        if self.level & 0x02 and data:
            data = self.crypt(0x00, data)
        le = b"\0" if self.level & 0x10 else b""
        return self.maced(header, data) + le

    def protect(self, data, sw):
        if is_error(sw):
            return b""
        if self.level & 0x20 and data:
            data = self.crypt(0x80, data)
        if self.level & 0x10:
            data += cmac(self.s_rmac, self.chain + data + sw.to_bytes(2, "big"))[:8]
        return data


def to_hex(data):
    return data.hex().upper() or "-"


def from_hex(text):
    return b"" if text == "-" else bytes.fromhex(text)


def check(lines):
    """Returns the number of the first line that differs, or 0."""
    session = None
    for number, line in enumerate(lines, 1):
        kind, *fields = line.split()
        if kind == "div":
            master, label, card_id, *keys = fields
            same = diversify(from_hex(master), label, from_hex(card_id)) == [from_hex(k) for k in keys]
        elif kind == "case":
            level, enc, mac, host, answer, authenticate = (from_hex(f) for f in fields)
            session = Session(level[0], enc, mac, host, answer[13:21])
            same = answer[21:29] == session.card_cryptogram and authenticate == session.authenticate()
        elif kind == "command":
            header, data, wrapped = (from_hex(f) for f in fields)
            same = session.wrap(header, data) == wrapped
        else:
            data, sw, protected = (from_hex(f) for f in fields)
            same = session.protect(data, int.from_bytes(sw, "big")) == protected
        if not same:
            return number
    return 0


def make_case(level, length):
    enc, mac, host = os.urandom(length), os.urandom(length), os.urandom(8)
    answer = os.urandom(10) + bytes([0x3F, 0x03, 0x60]) + os.urandom(8)
    session = Session(level, enc, mac, host, answer[13:21])
    answer += session.card_cryptogram
    yield "case " + " ".join(to_hex(f) for f in (
        bytes([level]), enc, mac, host, answer, session.authenticate()))
    for _ in range(6):
        header = b"\x80" + os.urandom(3)
        data = os.urandom(random.randrange(240))
        sw = random.choice((0x9000, 0x9000, 0x63C2, 0x6283, 0x6A80))
        reply = b"" if is_error(sw) else os.urandom(random.randrange(300))
        yield f"command {to_hex(header)} {to_hex(data)} {to_hex(session.wrap(header, data))}"
        yield f"answer {to_hex(reply)} {sw:04X} {to_hex(session.protect(reply, sw))}"


def make(n):
    for length in (16, 24, 32):
        master, card_id = os.urandom(length), os.urandom(10)
        keys = diversify(master, "MADO-PRODUCTION", card_id)
        yield " ".join(["div", to_hex(master), "MADO-PRODUCTION", to_hex(card_id), *map(to_hex, keys)])
        for level in LEVELS * n:
            yield from make_case(level, length)


def main():
    made = subprocess.run([TOOL, "make", "3"], capture_output=True, text=True, check=False)
    lines = made.stdout.splitlines()
    differs = check(lines) if made.returncode == 0 and lines else -1
    print("1..3")
    print("not ok" if differs else "ok", f"1 - {len(lines)} lines of ours agree with the second implementation")
    if differs:
        print(f"# line {differs}: {lines[differs - 1] if differs > 0 else made.stderr}")

    text = "\n".join(make(3)) + "\n"
    checked = subprocess.run([TOOL, "check"], input=text, capture_output=True, text=True, check=False)
    print("not ok" if checked.returncode else "ok", "2 - lines of the second implementation agree with ours:",
          checked.stdout.strip())
    if checked.returncode:
        print("#", checked.stderr.strip())

    # The test must be able to fail: one flipped digit in the last MAC of a command.
    at = text.rindex("command")
    at = text.index("\n", at) - 4
    broken = text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1:]
    refused = subprocess.run([TOOL, "check"], input=broken, capture_output=True, text=True, check=False)
    print("ok" if refused.returncode == 1 else "not ok", "3 - a flipped digit is found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
