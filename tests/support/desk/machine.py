# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files of an invented machine, for "madoguchictl doctor --root": sysfs, pcscd, drivers, packages."""
import os
import shutil

DEVICES = "sys/bus/usb/devices"
BUNDLES = "usr/lib/pcsc/drivers"
PLIST = """<plist version="1.0"><dict>
<key>CFBundleName</key>
<string>{name}</string>
<key>ifdVendorID</key>
<array>
{vendors}
</array>
<key>ifdProductID</key>
<array>
{products}
</array>
</dict></plist>
"""

RC_S380 = (0x054C, 0x06C3)
RC_S300 = (0x054C, 0x0DC9)
RC_S320 = (0x054C, 0x01BB)
SMARTCARD_CLASS = 0x0B
VENDOR_CLASS = 0xFF


def ccid_descriptors(features, message_len):
    """Device, configuration, interface and CCID class descriptor, as sysfs has them."""
    device = bytes([18, 1, 0, 2, 0, 0, 0, 64]) + bytes(10)
    config = bytes([9, 2, 9 + 9 + 54, 0, 1, 1, 0, 0x80, 50])
    interface = bytes([9, 4, 0, 0, 3, SMARTCARD_CLASS, 0, 0, 0])
    ccid = bytes([54, 0x21, 0x10, 1, 0, 7]) + (2).to_bytes(4, "little") + bytes(30) + \
        features.to_bytes(4, "little") + message_len.to_bytes(4, "little") + bytes(6)
    return device + config + interface + ccid


class Machine:
    """root: made when absent. It has pcscd and libccid for the RC-S300, and no reader."""

    def __init__(self, root):
        self.root = root
        self._write("usr/sbin/pcscd", "#!/bin/false\n", 0o755)
        self._write("var/lib/dpkg/status", "Package: pcscd\nStatus: install ok installed\nVersion: 1.9.9-2\n\n"
                                           "Package: libccid\nStatus: install ok installed\nVersion: 1.5.2-1\n\n")
        os.makedirs(self.path(DEVICES), exist_ok=True)
        self.install("ifd-ccid.bundle", "CCIDCLASSDRIVER", [RC_S300])

    def path(self, *names):
        return os.path.join(self.root, *names)

    def _write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        data = text if isinstance(text, bytes) else text.encode()
        with open(self.path(name), "wb") as file:
            file.write(data)
        os.chmod(self.path(name), mode)

    def install(self, bundle, name, devices):
        """A driver's bundle with its list."""
        vendors = "\n".join(f"<string>0x{vendor:04X}</string>" for vendor, _ in devices)
        products = "\n".join(f"<string>0x{product:04X}</string>" for _, product in devices)
        self._write(f"{BUNDLES}/{bundle}/Contents/Info.plist",
                    PLIST.format(name=name, vendors=vendors, products=products))

    def uninstall(self, bundle):
        shutil.rmtree(self.path(BUNDLES, bundle))

    def plug(self, path, device, interface_class, kernel_driver=None, descriptors=b"", product="Invented reader"):
        """A device at a USB path like "1-2", with one interface."""
        vendor, number = device
        folder = f"{DEVICES}/{path}"
        for name, value in (("idVendor", f"{vendor:04x}"), ("idProduct", f"{number:04x}"), ("bcdDevice", "0111"),
                            ("busnum", path.split("-")[0]), ("devnum", "4"), ("product", product)):
            self._write(f"{folder}/{name}", value + "\n")
        self._write(f"{folder}/descriptors", descriptors)
        interface = f"{DEVICES}/{path}:1.0"
        self._write(f"{interface}/bInterfaceClass", f"{interface_class:02x}\n")
        if kernel_driver:
            driver = self.path("sys/bus/usb/drivers", kernel_driver)
            os.makedirs(driver, exist_ok=True)
            for name in ("bind", "unbind"):
                self._write(f"sys/bus/usb/drivers/{kernel_driver}/{name}", "")
            os.symlink(driver, self.path(interface, "driver"))

    def unplug(self, path):
        for name in (path, f"{path}:1.0"):
            shutil.rmtree(self.path(DEVICES, name))
