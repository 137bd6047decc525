# SPDX-License-Identifier: LGPL-2.1-or-later
"""Looks for known secrets in everything a run has written."""
import base64
import os
import re
import stat

# A PIN of four digits turns up by chance in any text; as text it counts only when it stands alone.
SHORT = 6
ALONE_BEFORE = rb"(?<![0-9A-Za-z+/_.-])"
ALONE_AFTER = rb"(?![0-9A-Za-z+/=_:-]|\.[0-9])"


BASE64_RUN = re.compile(rb"[0-9A-Za-z+/_-]{6,}")


def base64_decoded(data):
    """Every stretch that may be base64 (either alphabet), decoded from each of its four phases."""
    standard = data.translate(bytes.maketrans(b"-_", b"+/"))
    for run in BASE64_RUN.finditer(data):
        text = standard[run.start():run.end()]
        for phase in range(4):
            part = text[phase:]
            part = part[:len(part) - 1] if len(part) % 4 == 1 else part
            yield run.start(), base64.b64decode(part + b"=" * (-len(part) % 4))


def hex_forms(value):
    """Upper and lower case; together, and with spaces or colons between the bytes."""
    for separator in ("", " ", ":"):
        text = value.hex(separator) if separator else value.hex()
        yield text.encode()
        yield text.upper().encode()


def commands(secret):
    """Whole command APDUs that carry it: VERIFY and CHANGE REFERENCE DATA in their forms."""
    size = bytes([len(secret)])
    for reference in (0x80, 0x98, 0x9B, 0x91, 0x9C, 0x94, 0x95, 0x92, 0x93):
        yield bytes([0x00, 0x20, 0x00, reference]) + size + secret
        yield bytes([0x00, 0x24, 0x01, reference]) + size + secret
        yield bytes([0x80, 0x32, 0x00, reference]) + size + secret


class Secret:
    """name: what a report calls it; text: as a human writes it.

    A whole command holds the secret's bytes, and its hexadecimal the secret's, so both are found by them; only a
    short PIN, which must stand alone as text, needs its commands named.
    """

    def __init__(self, name, text):
        self.name = name
        self.value = text.encode()
        self._exact = {text.encode("utf-16-le"), text.encode("utf-16-be"), *hex_forms(self.value)}
        self._alone = None
        if len(self.value) >= SHORT:
            self._exact.add(self.value)
        else:
            self._exact.update(commands(self.value))
            self._alone = re.compile(ALONE_BEFORE + re.escape(self.value) + ALONE_AFTER)

    def found_in(self, data):
        """The offset of the first trace, or None."""
        for form in self._exact:
            if form in data:
                return data.index(form)
        hit = self._alone and self._alone.search(data)
        return hit.start() if hit else None


def trace(data, secrets):
    """(secret's name, offset) of every secret with a trace in data, as it stands or under base64."""
    found = {}
    for secret in secrets:
        offset = secret.found_in(data)
        if offset is not None:
            found[secret.name] = offset
    for offset, decoded in base64_decoded(data):
        for secret in secrets:
            if secret.value in decoded:
                found.setdefault(secret.name, offset)
    return sorted(found.items())


def files_under(folders):
    for top in folders:
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    yield path


def search(folders, secrets, allowed=lambda path: False):
    """[(path, secret's name, offset)] for every file below the folders that is not allowed to hold one."""
    found = []
    for path in files_under(folders):
        if allowed(path):
            continue
        with open(path, "rb") as file:
            data = file.read()
        found += [(path, name, offset) for name, offset in trace(data, secrets)]
    return found
