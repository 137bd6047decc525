# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes what names the readers out of devices.txt:   make-lists.py rows|plist|rules DEVICES [KEY=VALUE...]

rows: the driver's own table. plist: the bundle's Info.plist, from the template named by TEMPLATE. rules: the
udev rule, likewise. In a template @VENDORS@, @PRODUCTS@, @NAMES@ and @RULES@ stand for the lists, @KEY@ for VALUE.
"""
import re
import sys


def read_devices(path):
    rows = []
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            match = re.fullmatch(r"([0-9a-f]{4}) ([0-9a-f]{4}) ([\w /.+-]+)", line.rstrip("\n"))
            if match is None:
                sys.exit(f"{path}:{number}: not 'vvvv pppp name'")
            if match.groups()[:2] in [row[:2] for row in rows]:
                sys.exit(f"{path}:{number}: listed twice")
            rows.append(match.groups())
    if not rows:
        sys.exit(f"{path}: no device")
    return rows


def c_rows(rows):
    return "".join(f'    {{0x{vendor}, 0x{product}, "{name}"}},\n' for vendor, product, name in rows)


def strings(values):
    """pcscd's parser wants one value a line."""
    return "\n".join(f"\t\t<string>{value}</string>" for value in values)


def fill(template, rows, values):
    with open(template, encoding="ascii") as file:
        text = file.read()
    vendors, products, names = zip(*rows)
    lists = {
        "VENDORS": strings("0x" + vendor.upper() for vendor in vendors),
        "PRODUCTS": strings("0x" + product.upper() for product in products),
        "NAMES": strings(names),
        "RULES": "\n".join(f'ATTR{{idVendor}}=="{vendor}", ATTR{{idProduct}}=="{product}", GROUP="pcscd"'
                           for vendor, product, _ in rows),
    }
    for key, value in (lists | values).items():
        text = text.replace(f"@{key}@", value)
    left = re.search(r"@[A-Z]+@", text)
    if left:
        sys.exit(f"{template}: no value for {left.group(0)}")
    return text


def main():
    kind, devices, *settings = sys.argv[1:]
    rows, values = read_devices(devices), dict(setting.split("=", 1) for setting in settings)
    if kind == "rows":
        sys.stdout.write(c_rows(rows))
    else:
        sys.stdout.write(fill(values.pop("TEMPLATE"), rows, values))


if __name__ == "__main__":
    main()
