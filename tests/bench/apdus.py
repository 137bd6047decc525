# SPDX-License-Identifier: LGPL-2.1-or-later
"""The shortest list of APDUs that reading a whole card needs, and the one that ours sends (doc/benchmarks.md 1)."""
import hashlib

JPKI = "D392F000260100000001"
VISUAL = "D3921000310001010402"
TEXT = "D3921000310001010408"
SHORT_LE = 256


def select(aid):
    return f"00A4040C{len(aid) // 2:02X}{aid}"


def verify(reference, value):
    """reference: the PIN's short EF identifier, so that it need not be selected first."""
    data = value.encode("ascii")
    return f"002000{0x80 | reference:02X}{len(data):02X}{data.hex().upper()}"


def head(sfi):
    """The first bytes of a file, enough for its length; makes it the current file."""
    return f"00B0{0x80 | sfi:02X}0007"


def reads(sfi, length):
    """A whole file in short READ BINARYs: the first names it and makes it current, the rest go by offset."""
    commands = [f"00B0{0x80 | sfi:02X}00{min(length, SHORT_LE) % SHORT_LE:02X}"]
    for offset in range(SHORT_LE, length, SHORT_LE):
        commands.append(f"00B0{offset:04X}{min(length - offset, SHORT_LE) % SHORT_LE:02X}")
    return commands


def read_extended(sfi):
    """A whole file in one READ BINARY, for readers and cards that know extended length."""
    return f"00B0{0x80 | sfi:02X}00000000"


def length_of(first_bytes):
    """Of the whole file, from its tag and BER length."""
    at = 1
    if first_bytes[0] & 0x1F == 0x1F:
        while first_bytes[at] & 0x80:
            at += 1
        at += 1
    if first_bytes[at] < 0x80:
        return at + 1 + first_bytes[at]
    n_bytes = first_bytes[at] & 0x7F
    return at + 1 + n_bytes + int.from_bytes(first_bytes[at + 1:at + 1 + n_bytes], "big")


# (application, what opens it: (reference, secret's name), files by short EF identifier)
WHOLE_CARD = (
    (TEXT, ((0x15, "number-b"),), (0x02,)),
    (VISUAL, ((0x12, "number-b"),), (0x02,)),
    (JPKI, ((0x1B, "sign-pin"),), (0x01, 0x02, 0x0A, 0x0B)),
)


def probe_list(plan, secrets):
    commands = []
    for aid, doors, files in plan:
        commands.append(select(aid))
        commands += [verify(reference, secrets[name]) for reference, name in doors]
        commands += [head(sfi) for sfi in files]
    return commands


def lengths_from_probe(plan, answers):
    """{(aid, sfi): length} from what probe_list() was answered."""
    lengths, rest = {}, iter(answers)
    for aid, doors, files in plan:
        for _ in range(1 + len(doors)):
            next(rest)
        for sfi in files:
            lengths[aid, sfi] = length_of(bytes.fromhex(next(rest)))
    return lengths


def extended_list(plan, secrets):
    commands = []
    for aid, doors, files in plan:
        commands.append(select(aid))
        commands += [verify(reference, secrets[name]) for reference, name in doors]
        commands += [read_extended(sfi) for sfi in files]
    return commands


def read_list(plan, secrets, lengths):
    commands = []
    for aid, doors, files in plan:
        commands.append(select(aid))
        commands += [verify(reference, secrets[name]) for reference, name in doors]
        for sfi in files:
            commands += reads(sfi, lengths[aid, sfi])
    return commands


# ---- ours: the same files, and what is needed to trust them -------------------------------------

DIGEST_INFO_HEAD = bytes.fromhex("3031300D060960864801650304020105000420")
ALL_TRIES = " 63C5"  # of the signature PIN, asked before the PIN is


def challenge():
    """The anti-clone signature over an invented nonce."""
    data = DIGEST_INFO_HEAD + hashlib.sha256(b"a nonce of the benchmark").digest()
    return f"802A0000{len(data):02X}{data.hex().upper()}00"


def our_list(secrets):
    """What the daemon sends, as far as a list can foretell it, without the command lost after power-up. The
    last word of each: whether the shortest list has it too."""
    number_b, sign_pin = secrets["number-b"], secrets["sign-pin"]
    return [
        (select(TEXT), True), (read_extended(0x04), False), (verify(0x15, number_b), True),
        (read_extended(0x02), True), (read_extended(0x03), False),
        (select(VISUAL), True), (read_extended(0x04), False), (verify(0x12, number_b), True),
        (read_extended(0x02), True), (challenge(), False),
        (select(JPKI), True), (read_extended(0x0A), True), (read_extended(0x0B), True),
        (read_extended(0x02), True), ("0020009B" + ALL_TRIES, False), (verify(0x1B, sign_pin), True),
        (read_extended(0x01), True),
    ]
