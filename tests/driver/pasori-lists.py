# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the driver of the RC-S380 claims, and what it exports.

A bundle takes every reader it names away from libccid, and pcscd's parser of Info.plist is particular.
"""
import os
import plistlib
import re
import subprocess
import sys
import tempfile

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")
BUILD = os.environ.get("MADO_TOP_BUILDDIR", ".")
sys.path.insert(0, os.path.join(TOP, "tests", "support"))

from desk import tap  # noqa: E402

SOURCE = os.path.join(TOP, "drivers", "pasori")
PLIST = os.path.join(BUILD, "drivers", "pasori", "Info.plist")
RULES = os.path.join(BUILD, "drivers", "pasori", "92-madoguchi-pasori.rules")
LIBRARY = os.path.join(BUILD, "drivers", "pasori", ".libs", "libifd-pasori.so")

# Contactless readers of the same maker that libccid serves; so that this holds where it is not installed.
LIBCCIDS = {("054c", "0dc8"): "RC-S300/S", ("054c", "0dc9"): "RC-S300/P", ("054c", "0d8f"): "RC-S660/U"}
EXPORTS = {"IFDHCloseChannel", "IFDHControl", "IFDHCreateChannel", "IFDHCreateChannelByName",
           "IFDHGetCapabilities", "IFDHICCPresence", "IFDHPowerICC", "IFDHSetCapabilities",
           "IFDHSetProtocolParameters", "IFDHTransmitToICC"}


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def devices():
    rows = [line.split(" ", 2) for line in read(os.path.join(SOURCE, "devices.txt")).splitlines()
            if line and not line.startswith("#")]
    return [(vendor, product, name) for vendor, product, name in rows]


def ids_of_plist(path):
    with open(path, "rb") as file:
        plist = plistlib.load(file)
    vendors, products, names = (plist[key] for key in ("ifdVendorID", "ifdProductID", "ifdFriendlyName"))
    tap.true(len(vendors) == len(products) == len(names), "three lists of one length")
    return plist, [(vendor[2:].lower(), product[2:].lower(), name)
                   for vendor, product, name in zip(vendors, products, names)]


def the_bundle_names_the_readers_of_the_list(_):
    plist, rows = ids_of_plist(PLIST)
    tap.equal(rows, devices(), "readers")
    tap.equal(plist["CFBundleExecutable"], "libifd-pasori.so", "executable")
    tap.true(plist["CFBundleName"] != "CCIDCLASSDRIVER", "the name of libccid")


def the_bundle_has_one_value_on_a_line(_):
    """Two on one line are read as one by pcscd, and no reader is found."""
    for line in read(PLIST).splitlines():
        tap.true(line.count("<string>") <= 1, line)
        tap.true(line.count("<string>") == line.count("</string>"), line)


def the_udev_rule_names_the_readers_of_the_list(_):
    found = re.findall(r'ATTR\{idVendor\}=="(\w+)", ATTR\{idProduct\}=="(\w+)", GROUP="pcscd"', read(RULES))
    tap.equal(found, [row[:2] for row in devices()], "readers")


def no_reader_is_taken_from_libccid(_):
    ours = {row[:2] for row in devices()}
    tap.equal(sorted(ours & set(LIBCCIDS)), [], "readers that libccid serves")
    installed = "/etc/libccid_Info.plist"
    if os.path.exists(installed):
        theirs = {row[:2] for row in ids_of_plist(installed)[1]}
        tap.true(set(LIBCCIDS) <= theirs, "libccid has all three")
        tap.equal(sorted(ours & theirs), [], "readers in its list")


def a_flawed_list_is_refused(_):
    for text in ("", "054c 06c1\n", "054C 06c1 Upper case\n", "54c 06c1 Short\n", "054c 06c1 A <b>\n",
                 "054c 06c1 One\n054c 06c1 Twice\n"):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(text)
            file.flush()
            made = subprocess.run([sys.executable, os.path.join(SOURCE, "make-lists.py"), "rows", file.name],
                                  capture_output=True, text=True, check=False)
        tap.equal((made.returncode, made.stdout), (1, ""), repr(text))


def the_library_exports_the_handler_and_nothing_else(_):
    listing = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], capture_output=True, text=True, check=True)
    names = {line.split()[-1] for line in listing.stdout.splitlines()}
    tap.equal(names, EXPORTS, "exports")


def the_library_needs_no_glib(_):
    listing = subprocess.run(["readelf", "-d", LIBRARY], capture_output=True, text=True, check=True)
    needed = re.findall(r"NEEDED.*\[(.+)\]", listing.stdout)
    tap.true(any(name.startswith("libusb") for name in needed), needed)
    tap.equal([name for name in needed if re.match(r"lib(glib|gio|gobject)", name)], [], "GLib")
    tap.true("NODELETE" in listing.stdout, "never unmapped")


TESTS = [
    the_bundle_names_the_readers_of_the_list,
    the_bundle_has_one_value_on_a_line,
    the_udev_rule_names_the_readers_of_the_list,
    no_reader_is_taken_from_libccid,
    a_flawed_list_is_refused,
    the_library_exports_the_handler_and_nothing_else,
    the_library_needs_no_glib,
]

if __name__ == "__main__":
    tap.run(TESTS, None)
