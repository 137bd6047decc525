#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A personalisation order for a training card, with everything it needs made by openssl.

usage: training-order.py FOLDER [MEMBER=VALUE ...]

Makes (once) in FOLDER: issuer keys of the card, a CVC hierarchy (visual-ca.pem, text-ca.pem and a municipality's
key and CVC for each), two JPKI root CAs (sign-ca.*, auth-ca.*). Prints the order. The person is invented; the
number is a documented test number.
"""
import base64
import json
import os
import subprocess
import sys

PERSON = {
    "version": 1,
    "card_id": "4D41444F545241494E01",
    "serial": "900000000000001",
    "municipality": "99999",
    "expiry": "20350401",
    "name": "窓口\u3000花子",
    "kana": "マドグチ\u3000ハナコ",
    "birth": "19900401",
    "sex": "2",
    "address": "架空県見本市試験町１丁目２番３号",
    "number": "123456789018",
    "security_code": "1234",
}


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, capture_output=True, check=True).stdout


def make_key(path):
    if not os.path.exists(path):
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path)
    return path


def modulus(path):
    text = openssl("rsa", "-in", path, "-noout", "-modulus").decode()
    return bytes.fromhex(text.split("=")[1].strip())


def key_id(digits):
    return digits.encode() + b"\x08\x05" + b"001" + b"\xff" * 4


def cvc(folder, name, ca_digits, digits):
    """7F21 {5F4E {issuer, subject, 90 exponent, 91 modulus}, 5F37 signature}."""
    ca = make_key(os.path.join(folder, name + "-ca.pem"))
    key = make_key(os.path.join(folder, name + "-key.pem"))
    body = (key_id(ca_digits) + key_id(digits) + bytes.fromhex("9003010001") +
            bytes.fromhex("91820100") + modulus(key))
    signature = openssl("dgst", "-sha256", "-sign", ca, data=body)
    content = (bytes.fromhex("5F4E820129") + body + bytes.fromhex("5F37820100") + signature)
    with open(key, encoding="ascii") as file:
        return {"key": file.read(),
                "cvc": base64.b64encode(bytes.fromhex("7F21820233") + content).decode()}


def root_ca(folder, name, unit):
    key = make_key(os.path.join(folder, name + ".key"))
    cert = os.path.join(folder, name + ".pem")
    if not os.path.exists(cert):
        openssl("req", "-x509", "-new", "-key", key, "-days", "3650", "-sha256", "-subj",
                f"/C=JP/O=JPKI-TRAINING/OU={unit}/OU=Training", "-out", cert)
    return base64.b64encode(openssl("x509", "-in", cert, "-outform", "DER")).decode()


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    order = dict(PERSON)
    order["scp03"] = {"kvn": 63, "enc": "11" * 16, "mac": "22" * 16, "dek": "33" * 16}
    order["visual"] = cvc(folder, "visual", "6000023", "6999991")
    order["text"] = cvc(folder, "text", "6000033", "6999992")
    order["jpki"] = {"sign_ca": root_ca(folder, "sign-ca", "JPKI for digital signature"),
                     "auth_ca": root_ca(folder, "auth-ca", "JPKI for user authentication")}
    for argument in sys.argv[2:]:
        member, value = argument.split("=", 1)
        order[member] = value
    json.dump(order, sys.stdout, ensure_ascii=False, indent=1)
    print()


if __name__ == "__main__":
    main()
