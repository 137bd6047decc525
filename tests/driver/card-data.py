#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What madoguchi-training puts on a card, checked from the card file without any of our C.

Layout, lengths, hashes and signatures are those of the real card (drivers/training/README.md, doc/card-profile.md);
RSA is done here by Python's own numbers. Defective cards must be wrong in the way they say, and nowhere else.
"""
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

BUILD = os.environ.get("MADO_TOP_BUILDDIR", ".")
SOURCE = os.environ.get("MADO_TOP_SRCDIR", ".")
TOOL = os.path.join(BUILD, "drivers/training/madoguchi-training")
JPKI, VISUAL, TEXT, JUKI, COMMON = range(1, 6)
FILE, KEY = 1, 2
SHA256_INFO = bytes.fromhex("3031300D060960864801650304020105000420")
FACE_INFO = bytes.fromhex("3071300D060960864801650304020105000460")


class Wrong(Exception):
    """A check that did not hold."""


def expect(holds, what):
    if not holds:
        raise Wrong(what)


def objects(data):
    """(tag, value, raw) of each BER object; stops at filler."""
    at = 0
    while at < len(data) and data[at:at + 2] not in (b"\xff\xff", b"\xff"):
        start = at
        tag = data[at]
        at += 1
        if tag & 0x1F == 0x1F:
            tag = tag << 8 | data[at]
            at += 1
        length = data[at]
        at += 1
        if length & 0x80:
            n = length & 0x7F
            length = int.from_bytes(data[at:at + n], "big")
            at += n
        expect(at + length <= len(data), "an object ends beyond the data")
        yield tag, data[at:at + length], data[start:at + length]
        at += length


def only(data, tag):
    found = list(objects(data))
    expect(len(found) == 1 and found[0][0] == tag, f"{tag:X} alone is expected")
    return found[0][1]


def inside(data, tag):
    """The objects inside the file's outer one, by tag: (value, raw)."""
    return {t: (value, raw) for t, value, raw in objects(only(data, tag))}


def load(path):
    """Files and keys of a card file, by (kind, application, id)."""
    with open(path, "rb") as file:
        card = only(file.read(), 0xE1)
    items = {}
    for tag, value, _ in objects(card):
        if tag == 0xA2:
            head, data = (v for _, v, _ in objects(value))
            items[head[0], head[1], head[2] << 8 | head[3]] = data
    return items


def public_key(data):
    parts = {tag: value for tag, value, _ in objects(data)}
    expect(parts[0x90] == b"\x01\x00\x01" and len(parts[0x91]) == 256, "a public RSA-2048 key")
    return int.from_bytes(parts[0x91], "big")


def verify(n, signature, digest_info, what):
    expect(len(signature) == 256, f"{what}: 256 bytes")
    padded = pow(int.from_bytes(signature, "big"), 65537, n).to_bytes(256, "big")
    expected = b"\x00\x01" + b"\xff" * (253 - len(digest_info)) + b"\x00" + digest_info
    expect(padded == expected, f"{what}: the signature")


def verify_sha256(n, signature, data, what):
    verify(n, signature, SHA256_INFO + hashlib.sha256(data).digest(), what)


def cvc(data, ca_path, what):
    """The key a CVC certifies; its own signature is checked with the CA's key."""
    expect(len(data) == 568, f"{what}: 568 bytes")
    parts = inside(data, 0x7F21)
    body, signature = parts[0x5F4E][0], parts[0x5F37][0]
    expect(len(body) == 297 and body[:1] == b"6" and body[16:17] == b"6", f"{what}: key ids")
    verify_sha256(modulus_of(ca_path), signature, body, what)
    return public_key(body[32:])


def modulus_of(path):
    text = subprocess.run(["openssl", "rsa", "-in", path, "-noout", "-modulus"],
                          capture_output=True, check=True).stdout.decode()
    return int(text.split("=")[1], 16)


def modulus_of_der(der):
    text = subprocess.run(["openssl", "rsa", "-inform", "DER", "-noout", "-modulus"], input=der,
                          capture_output=True, check=True).stdout.decode()
    return int(text.split("=")[1], 16)


# ---- one check per file -----------------------------------------------------------------------------------

def check_text(card, order, keys):
    number, attributes = card[FILE, TEXT, 1], card[FILE, TEXT, 2]
    expect(number == b"\xff\x10\x0c" + order["number"].encode() + b"\xff\xff", "text 0001")
    fields = inside(attributes, 0xFF20)
    expect([fields[t][0].decode() for t in (0xDF22, 0xDF23, 0xDF24, 0xDF25)] ==
           [order[m] for m in ("name", "address", "birth", "sex")], "text 0002")
    signer = cvc(card[FILE, TEXT, 4], os.path.join(keys, "text-ca.pem"), "text 0004")
    signature = inside(card[FILE, TEXT, 3], 0xFF30)
    expect(signature[0xDF31][0] == hashlib.sha256(number).digest(), "DF31 covers the filler")
    rest = only(attributes, 0xFF20)[len(fields[0xDF21][1]):]
    expect(signature[0xDF32][0] == hashlib.sha256(rest).digest(), "DF32 skips the offsets")
    verify_sha256(signer, signature[0xDF33][0], signature[0xDF31][1] + signature[0xDF32][1], "text 0003")
    expect(len(card[FILE, TEXT, 3]) == 336 and len(card[FILE, TEXT, 5]) == 164, "lengths of 0003 and 0005")
    own = inside(card[FILE, TEXT, 7], 0xFF50)
    verify_sha256(signer, own[0xDF52][0], own[0xDF51][1], "text 0007")
    expect(public_key(own[0xDF51][0]) == modulus_of_der(card[KEY, TEXT, 0x13]), "text 0013 is 0007's")
    public_key(only(card[FILE, TEXT, 6], 0xA1))


def check_offsets(card):
    for ap, ef in ((TEXT, 2), (VISUAL, 2)):
        data = card[FILE, ap, ef]
        fields = list(objects(only(data, 0xFF20)))
        table = fields[0][1]
        offsets = [int.from_bytes(table[i:i + 2], "big") for i in range(0, len(table), 2)]
        expect(len(offsets) == len(fields) - 1, "one offset per object")
        for offset, (_, _, raw) in zip(offsets, fields[1:]):
            expect(data[offset:offset + len(raw)] == raw, "an offset leads to its object")


def check_face(card, order, keys):
    signer = cvc(card[FILE, VISUAL, 4], os.path.join(keys, "visual-ca.pem"), "visual 0004")
    face = inside(card[FILE, VISUAL, 2], 0xFF20)
    expect(list(face) == list(range(0xDF21, 0xDF2B)), "visual 0002: its objects in order")
    groups = ((0xDF22, 0xDF23, 0xDF24), (0xDF25, 0xDF26), (0xDF27,))
    hashes = b"".join(hashlib.sha256(b"".join(face[t][1] for t in group)).digest() for group in groups)
    verify(signer, face[0xDF28][0], FACE_INFO + hashes, "visual 0002")
    expect(face[0xDF22][0].decode() == order["birth"] and face[0xDF29][0].decode() == order["expiry"], "dates")
    expect(face[0xDF27][0][4:8] == b"jP  " and 5000 < len(face[0xDF27][0]) < 15000, "a JP2 of ordinary size")
    key = public_key(face[0xDF24][0])
    expect(key == modulus_of_der(card[KEY, VISUAL, 0]), "the visual key is the one in the data")
    birth = inside(card[FILE, VISUAL, 1], 0xFF10)
    verify_sha256(signer, birth[0xDF13][0], birth[0xDF11][1] + birth[0xDF12][1], "visual 0001")
    number = inside(card[FILE, VISUAL, 5], 0xFF40)
    verify_sha256(signer, number[0xDF43][0], number[0xDF41][1] + number[0xDF42][1], "visual 0005")
    expect(public_key(number[0xDF42][0]) == key == public_key(birth[0xDF12][0]), "one key in three records")
    for picture, size in ((face[0xDF2A][0], (24, 12)), (number[0xDF41][0], (72, 12))):
        expect(picture[:8] == b"\x89PNG\r\n\x1a\n", "a PNG")
        expect((int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")) == size, "its size")
        expect(picture[24:26] == b"\x01\x00", "one bit, greyscale")
    expect(len(card[FILE, VISUAL, 1]) == 5 + 0x21E, "length of 0001")


def check_rest(card, order):
    expect(card[FILE, COMMON, 1] == b"\x01\x1c" + (order["serial"] + order["municipality"] +
                                                    order["expiry"]).encode(), "common record 1")
    expect(card[FILE, COMMON, 2] == card[FILE, JUKI, 2], "common and juki 0002 are alike")
    token = card[FILE, JPKI, 6]
    expect(len(token) == 160 and token[:16] == b"JPKIAPICCTOKEN2 ", "token information")
    expect((token[119], token[123]) == (16, 6), "longest and shortest PIN")
    expect(card[FILE, JPKI, 8] == bytes(3), "no certificates yet")
    expect(card[FILE, JPKI, 1] == card[FILE, JPKI, 0xA] == b"\xff" * 16, "filler for certificates")
    expect(card[FILE, JPKI, 2] == base64.b64decode(order["jpki"]["sign_ca"]), "the CA for signatures")


def check_all(card, order, keys):
    check_text(card, order, keys)
    check_offsets(card)
    check_face(card, order, keys)
    check_rest(card, order)


# ---- cards ------------------------------------------------------------------------------------------------

def make(folder, order_text, name, *arguments):
    path = os.path.join(folder, name)
    made = subprocess.run([TOOL, "make-card", "--out", path, *arguments], input=order_text,
                          capture_output=True, text=True, check=False)
    expect(made.returncode == 0, made.stderr)
    return path


def refuses(order):
    made = subprocess.run([TOOL, "make-card", "--out", os.devnull + "/never"], input=json.dumps(order),
                          capture_output=True, text=True, check=False)
    expect(made.returncode == 1, "a bad order is accepted")
    for secret in ("123456789018", "BEGIN", "11111111"):
        expect(secret not in made.stderr, "the error quotes the order")
    return made.stderr


def is_wrong(card, order, keys, message):
    try:
        check_all(card, order, keys)
    except Wrong as wrong:
        expect(message in str(wrong), f"wrong in another way: {wrong}")
        return
    raise Wrong("nothing is wrong with it")


def check_defects(folder, text, order, keys):
    for defect, message in (("face-signature", "visual 0002: the signature"),
                            ("text-signature", "text 0003: the signature"),
                            ("cvc", "0004: the signature"),
                            ("clone", "text 0013 is 0007's"),
                            ("truncated", "beyond the data"),
                            ("length", "beyond the data")):
        card = load(make(folder, text, defect, "--defect", defect))
        is_wrong(card, order, keys, message)
    foreign = load(make(folder, text, "foreign", "--defect", "foreign"))
    expect(not any(ap != 0 for _, ap, _ in foreign), "a foreign card has applications")


def check_refusals(order):
    for change in ({"number": "123456789012"}, {"birth": "19900230"}, {"colour": "red"}, {"card_id": "00"},
                   {"version": 2}, {"scp03": {"kvn": 48, "enc": "11" * 16, "mac": "22" * 16, "dek": "33" * 16}},
                   {"visual": order["text"] | {"cvc": order["visual"]["cvc"]}}):
        refuses(order | change)


def main():
    with tempfile.TemporaryDirectory(prefix="mado-card-data.") as folder:
        keys = os.path.join(folder, "keys")
        text = subprocess.run([sys.executable, os.path.join(SOURCE, "tests/support/training-order.py"), keys],
                              capture_output=True, text=True, check=True).stdout
        order = json.loads(text)
        cases = [
            ("layout, hashes and signatures are the real card's",
             lambda: check_all(load(make(folder, text, "good")), order, keys)),
            ("defective cards are wrong in the way they say", lambda: check_defects(folder, text, order, keys)),
            ("orders with a mistake are refused without quoting them", lambda: check_refusals(order)),
        ]
        print(f"1..{len(cases)}")
        for number, (name, case) in enumerate(cases, 1):
            try:
                case()
                print(f"ok {number} - {name}")
            except Wrong as wrong:
                print(f"not ok {number} - {name}\n# {wrong}")


if __name__ == "__main__":
    main()
