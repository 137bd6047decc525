# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may include whom: the layers of doc/ARCHITECTURE.md as a table."""

import re

import source

PURE_HEADERS = {"stdbool.h", "stddef.h", "stdint.h", "string.h"}
GLIB = re.compile(r"^(glib|gio|gobject|gmodule|json-glib)")

# header → files that may include it
OUTSIDE = [
    (r"^(winscard|wintypes|pcsclite|reader)\.h$|^PCSC/",
     r"^daemon/transport-pcsc\.[ch]$|^doctor/pcsc\.c$|^drivers/|^tests/(bench|driver)/"),
    (r"^ifdhandler\.h$", r"^drivers/[\w-]+/ifd-[\w-]+\.[ch]$|^tests/driver/"),
    (r"^sqlite3\.h$", r"^daemon/journal-store[\w-]*\.[ch]$|^central/(store-sqlite[\w-]*|query)\.[ch]$|^tests/(bench|fault|support)/"),
    (r"^microhttpd\.h$", r"^central/http[\w-]*\.[ch]$|^tests/support/"),
    (r"^gnutls/", r"^central/|^tests/support/"),
    (r"^curl/", r"^relay/|^tests/"),
    (r"^cmocka\.h$", r"^tests/support/test\.h$"),
    (r"^gtk/", r"^gui/|^tests/gui/"),
    (r"^libusb", r"^drivers/pasori/usb-libusb\.c$"),
    (r"^(openjpeg|openjpeg-[\d.]+/openjpeg)\.h$|^png\.h$", r"^drivers/training/|^daemon/photo/|^tests/"),
    (r"^(pango|cairo)", r"^drivers/training/|^gui/|^tests/gui/"),
    (r"^(fontconfig/|hb\.h)", r"^gui/shared/name-fonts\.c$|^drivers/training/maker-paint\.c$"),
    (r"^polkit/", r"^daemon/gate[\w-]*\.c$"),
    (r"^openssl/", r"^common/|^daemon/|^doctor/validity\.c$|^client/|^cli/|^central/|^drivers/|^tests/"),
]

# our header → files that may include it
OURS = [
    (r"^data/mado-dbus\.h$",
     r"^daemon/(bus|[\w-]+-iface|[\w-]*pin-agent[\w-]*)\.[ch]$|^(cli|relay)/([\w-]*client|[\w-]*agent)[\w-]*\.[ch]$"
     r"|^gui/[\w-]+/[\w-]*(desk|agent)[\w-]*\.[ch]$|^tests/"),
    (r"^daemon/gate\.h$", r"^daemon/(gate[\w-]*|guard|daemon|bus|[\w-]+-iface)\.[ch]$|^tests/"),
    (r"^tests/", r"^tests/"),
]

# part → what its files may include of ours
EDGES = {
    "include": ("madoguchi",),
    "common": ("common", "madoguchi"),
    "daemon": ("daemon", "common", "madoguchi", "data"),
    "relay": ("relay", "common", "madoguchi", "data"),
    "client": ("client", "relay", "common", "madoguchi"),
    "doctor": ("doctor", "relay", "common", "madoguchi"),
    "cli": ("cli", "doctor", "client", "relay", "common", "madoguchi", "data"),
    "gui": ("gui", "doctor", "client", "relay", "common", "madoguchi", "data"),
    "central": ("central", "common", "madoguchi"),
    "drivers": ("drivers", "common", "madoguchi"),
}

# text → files that may hold it
STRINGS = [
    (r"org\.freedesktop\.PolicyKit1", r"^daemon/gate[\w-]*\.[ch]$|^tests/|^data/|^doc/"),
    (r"\bg_bus_own_name\w*\s*\(", r"^daemon/bus\.c$|^tests/"),
]


def c_files(sources):
    return [one for one in sources if one.is_c]


def outside_headers(top, sources):
    for one in c_files(sources):
        for line, name, is_ours in one.includes():
            for header, allowed in OUTSIDE:
                if not is_ours and re.search(header, name) and not re.search(allowed, one.path):
                    yield one, line, f"<{name}> may not be included here"


def our_headers(top, sources):
    for one in c_files(sources):
        part = one.path.split("/")[0]
        for line, name, is_ours in one.includes():
            if not is_ours or name == "config.h":
                continue
            if part in EDGES and name.split("/")[0] not in EDGES[part]:
                yield one, line, f'"{name}" lies outside what {part}/ may know'
            for header, allowed in OURS:
                if re.search(header, name) and not re.search(allowed, one.path):
                    yield one, line, f'"{name}" may not be included here'


def strings(top, sources):
    for one in sources:
        if one.path.startswith("tests/lint/"):
            continue
        for text, allowed in STRINGS:
            if re.search(allowed, one.path):
                continue
            for number, line in enumerate(one.lines, 1):
                if re.search(text, line):
                    yield one, number, f"{re.search(text, line).group(0)} may not stand here"


def pure_parts(top, sources):
    """libmado-bytes, libmado-scp03, the drivers and the tables are free of GLib, the first of everything."""
    in_bytes = source.listed_sources(top, "common/bytes.am")
    in_scp03 = source.listed_sources(top, "common/scp03.am")
    in_base = source.listed_sources(top, "common/base.am")
    for one in c_files(sources):
        is_bytes, is_scp03 = one.path in in_bytes, one.path in in_scp03
        is_driver = re.match(r"drivers/(?!training/(main|maker-[\w-]+)\.[ch]$)", one.path)  # a tool may
        is_table = not one.is_test and re.search(r"-(table|proto)\.[ch]$", one.name)
        for line, name, is_ours in one.includes():
            if is_bytes and not is_ours and name not in PURE_HEADERS:
                yield one, line, f"<{name}> in libmado-bytes"
            elif (is_scp03 or is_driver) and not is_ours and GLIB.search(name):
                yield one, line, f"<{name}>: no GLib in scp03 and drivers"
            elif is_table and not is_ours and name not in PURE_HEADERS and name != "glib.h":
                yield one, line, f"<{name}> in a pure table"
            if (is_bytes or is_scp03 or is_driver) and is_ours and name in in_base:
                yield one, line, f'"{name}" belongs to libmado-base'
            if is_bytes and is_ours and name in in_scp03:
                yield one, line, f'"{name}" belongs to libmado-scp03'


def include_cycles(top, sources):
    headers = {one.path: one for one in c_files(sources) if one.suffix == ".h"}
    edges = {}
    for path, one in headers.items():
        names = [(line, name) for line, name, is_ours in one.includes() if is_ours]
        edges[path] = [(line, other) for line, name in names
                       for other in (name, "include/" + name) if other in headers]
    done = set()

    def visit(path, trail):
        if path in done:
            return None
        for line, other in edges[path]:
            if other in trail + [path]:
                return headers[path], line, f"includes itself by way of {other}"
            found = visit(other, trail + [path])
            if found:
                return found
        done.add(path)
        return None

    for path in headers:
        found = visit(path, [])
        if found:
            yield found
            return


RULES = {
    "outside-headers": outside_headers,
    "our-headers": our_headers,
    "strings": strings,
    "pure-parts": pure_parts,
    "include-cycles": include_cycles,
}

if __name__ == "__main__":
    source.main(RULES)
