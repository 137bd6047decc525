# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's kernel, whose own port100 was written by others, judges the emulated reader ("make referee").

A guest in QEMU (no acceleration needed) boots the distribution's kernel with a small initramfs: referee-init,
shell-usbip, a training card and the kernel's modules. vhci-hcd makes the emulated reader a USB device of the guest.
Everything the guest says is in the log; the exit status says whether the last word was "passed".
"""
import argparse
import glob
import gzip
import os
import shutil
import stat
import subprocess
import sys
import tempfile

BUILD = os.environ.get("MADO_TOP_BUILDDIR") or os.getcwd()
SOURCE = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..", "..")
MODULES = ("port100", "vhci-hcd")
PACKAGE = "linux-image-amd64"
TIMEOUT_S = 300


# ---- the kernel -------------------------------------------------------------------------------------

def run(argv, **options):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, **options).stdout


def unpack_kernel(folder):
    """The distribution's kernel package, unpacked there and not installed."""
    depends = run(["apt-cache", "depends", PACKAGE]).decode()
    name = next(line.split()[-1] for line in depends.splitlines() if "Depends: linux-image" in line)
    run(["apt-get", "download", name], cwd=folder)
    run(["dpkg-deb", "-x", glob.glob(os.path.join(folder, "*.deb"))[0], folder])
    return folder


def kernel_image(root):
    return sorted(glob.glob(os.path.join(root, "boot", "vmlinuz-*")))[-1]


def module_paths(root):
    """{name: path}; names with the kernel's underscores."""
    found = glob.glob(os.path.join(root, "lib", "modules", "*", "kernel", "**", "*.ko"), recursive=True)
    return {os.path.basename(path)[:-3].replace("-", "_"): path for path in found}


def depends_of(path):
    with open(path, "rb") as file:
        for text in file.read().split(b"\0"):
            if text.startswith(b"depends="):
                return [name.replace("-", "_") for name in text[8:].decode().split(",") if name]
    return []


def in_order(paths, wanted, done=None):
    """The wanted modules and what they depend on, each after what it needs."""
    done = [] if done is None else done
    for name in wanted:
        name = name.replace("-", "_")
        if name in done or name not in paths:  # built in
            continue
        in_order(paths, depends_of(paths[name]), done)
        done.append(name)
    return done


# ---- the initramfs ----------------------------------------------------------------------------------

class Archive:
    """cpio, "newc": what the kernel unpacks."""

    def __init__(self):
        self.data = bytearray()
        self.number = 0
        self.folders = set()

    def _entry(self, name, mode, content=b""):
        self.number += 1
        fields = [self.number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
        self.data += b"070701" + b"".join(b"%08X" % field for field in fields)
        for piece in (name.encode() + b"\0", content):
            self.data += piece
            self.data += b"\0" * (-len(self.data) % 4)

    def folder(self, name):
        for depth in range(1, name.count("/") + 2):
            part = "/".join(name.split("/")[:depth])
            if part and part not in self.folders:
                self.folders.add(part)
                self._entry(part, stat.S_IFDIR | 0o755)

    def bytes(self, name, content, mode=0o755):
        self.folder(os.path.dirname(name))
        self._entry(name, stat.S_IFREG | mode, content)

    def file(self, name, path, mode=0o755):
        with open(path, "rb") as file:
            self.bytes(name, file.read(), mode)

    def link(self, name, target):
        self.folder(os.path.dirname(name))
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def finish(self):
        self._entry("TRAILER!!!", 0)
        return gzip.compress(bytes(self.data), 1)


def libraries_of(program):
    """What the loader would load, as absolute paths."""
    words = run(["ldd", program]).decode().split()
    return [word for word in words if word.startswith("/")]


def make_card(folder):
    order = run([sys.executable, os.path.join(SOURCE, "tests", "support", "training-order.py"), folder])
    path = os.path.join(folder, "card")
    run([os.path.join(BUILD, "drivers", "training", "madoguchi-training"), "make-card", "--out", path],
        input=order)
    return path


def initramfs(folder, paths):
    support = os.path.join(BUILD, "tests", "support", "pasori")
    shell = os.path.join(support, "shell-usbip")
    modules = in_order(paths, MODULES)
    archive = Archive()
    archive.file("init", os.path.join(support, "referee-init"))
    archive.file("shell-usbip", shell)
    for path in libraries_of(shell):
        archive.file(path.lstrip("/"), path)
    for name in modules:
        archive.file(f"modules/{name}.ko", paths[name], 0o644)
    archive.bytes("modules/list", "".join(f"{name}.ko\n" for name in modules).encode(), 0o644)
    archive.file("cards/card", make_card(folder), 0o600)
    archive.folder("slot")
    archive.link("slot/card", "/cards/card")
    path = os.path.join(folder, "initramfs.gz")
    with open(path, "wb") as file:
        file.write(archive.finish())
    return path


# ---- the match --------------------------------------------------------------------------------------

def play(kernel, ramdisk, log):
    argv = ["qemu-system-x86_64", "-accel", "tcg", "-M", "q35", "-cpu", "max", "-m", "512", "-nographic",
            "-no-reboot", "-nic", "none", "-kernel", kernel, "-initrd", ramdisk,
            "-append", "console=ttyS0 loglevel=7 panic=-1"]
    with open(log, "wb") as file:
        try:
            subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=file, timeout=TIMEOUT_S,
                           check=False)
        except subprocess.TimeoutExpired:
            file.write(f"\nno end after {TIMEOUT_S} s\n".encode())
    with open(log, "rb") as file:
        return [line.decode(errors="replace").rstrip() for line in file]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", default="referee.log")
    parser.add_argument("--kernel", metavar="DIR", help="an unpacked kernel package, in place of a download")
    options = parser.parse_args()
    if not shutil.which("qemu-system-x86_64"):
        sys.exit("qemu-system-x86_64 is missing (qemu-system-x86)")
    with tempfile.TemporaryDirectory() as folder:
        root = options.kernel or unpack_kernel(folder)
        lines = play(kernel_image(root), initramfs(folder, module_paths(root)), options.log)
    for line in lines:
        if "referee:" in line or "port100" in line or "054c" in line or line.startswith("breach"):
            print(line)
    sys.exit(0 if any(line.endswith("referee: passed") for line in lines) else 1)


if __name__ == "__main__":
    main()
