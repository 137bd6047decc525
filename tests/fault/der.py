# SPDX-License-Identifier: LGPL-2.1-or-later
"""Just enough BER to look into a receipt and a certificate without any of our libraries."""


class Bad(ValueError):
    """Not what it should be."""


def items(data):
    """[(tag bytes, value)] of a sequence of TLVs with definite lengths."""
    found, at = [], 0
    while at < len(data):
        start = at
        at += 1
        if data[start] & 0x1F == 0x1F:
            while data[at] & 0x80:
                at += 1
            at += 1
        tag = data[start:at]
        length = data[at]
        at += 1
        if length == 0x80:
            raise Bad("indefinite length")
        if length > 0x80:
            n_bytes = length & 0x7F
            length = int.from_bytes(data[at:at + n_bytes], "big")
            at += n_bytes
        if at + length > len(data):
            raise Bad("longer than what holds it")
        found.append((tag, data[at:at + length]))
        at += length
    return found


def only(data, tag):
    """The value of the single element in data, which has this tag."""
    found = items(data)
    if len(found) != 1 or found[0][0] != tag:
        raise Bad(f"expected one {tag.hex()}")
    return found[0][1]


def signed_content(cms):
    """What a SignedData carries (RFC 5652 5.1, 5.2), its signature unchecked."""
    info = items(only(cms, b"\x30"))
    signed = items(only(info[1][1], b"\x30"))
    content = items(signed[2][1])
    octets = items(content[1][1])[0]
    if octets[0] == b"\x24":  # constructed: in pieces
        return b"".join(value for _, value in items(octets[1]))
    return octets[1]


def fields(data):
    """{first tag byte or bytes as hex: value}; a repeated tag keeps its last value."""
    return {tag.hex(): value for tag, value in items(data)}


def rsa_template(certificate):
    """The 7F49 template of a certificate's RSA key, as the card hashes it (doc/card-profile.md 1)."""
    tbs = items(items(only(certificate, b"\x30"))[0][1])
    first = 1 if tbs[0][0] == b"\xa0" else 0  # the version is optional
    public_key_info = items(tbs[first + 5][1])
    modulus, exponent = (value.lstrip(b"\0") for _, value in
                         items(only(public_key_info[1][1][1:], b"\x30")))
    inner = tlv(b"\x81", modulus) + tlv(b"\x82", exponent)
    return tlv(b"\x7f\x49", inner)


def tlv(tag, value):
    """With the shortest length."""
    size = len(value)
    if size < 0x80:
        return tag + bytes([size]) + value
    n_bytes = (size.bit_length() + 7) // 8
    return tag + bytes([0x80 | n_bytes]) + size.to_bytes(n_bytes, "big") + value
