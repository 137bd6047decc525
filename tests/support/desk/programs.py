# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where the programs are: a build tree, or an installed one."""
import glob
import os
import shutil
import stat

BUILT = {
    "madoguchid": "daemon/madoguchid",
    "madoguchictl": "cli/madoguchictl",
    "madoguchi-central": "central/madoguchi-central",
    "madoguchi-training": "drivers/training/madoguchi-training",
    "libifd-training.so": "drivers/training/.libs/libifd-training.so",
}
INSTALLED = {
    "madoguchid": "libexec/madoguchi/madoguchid",
    "madoguchictl": "bin/madoguchictl",
    "madoguchi-central": "bin/madoguchi-central",
    "madoguchi-training": "bin/madoguchi-training",
    "libifd-training.so": "lib/madoguchi/drivers/libifd-training.so",
}
# Never installed: they belong to the tests and to scripts/demo.
SUPPORT = {
    "private-pcscd": "tests/support/private-pcscd",
    "authority": "tests/support/authority",
}


class Programs:
    """Paths of all programs by name.

    builddir: the build tree; support programs always come from it.
    prefix: take the shipped programs from this installed tree instead.
    """

    def __init__(self, builddir, prefix=None):
        self.builddir = os.path.abspath(builddir)
        self.prefix = os.path.abspath(prefix) if prefix else None
        self._paths = {}
        shipped, root = (INSTALLED, self.prefix) if prefix else (BUILT, self.builddir)
        for name, path in shipped.items():
            self._paths[name] = os.path.join(root, path)
        for name, path in SUPPORT.items():
            self._paths[name] = os.path.join(self.builddir, path)

    def path(self, name):
        return self._paths[name]

    def replace(self, name, path):
        """Another build of one program, for a test of the tests."""
        self._paths[name] = path

    def missing(self):
        return [path for path in self._paths.values() if not os.path.exists(path)]

    def copy_to(self, folder):
        """Copies all of them to where every user may run them; from then on path() names the copies."""
        os.makedirs(folder, mode=0o755, exist_ok=True)
        for name, path in self._paths.items():
            copy = os.path.join(folder, name)
            shutil.copyfile(path, copy)
            os.chmod(copy, 0o755)
        self.look_in(folder)

    def copy_translations(self, folder):
        """Laid out as gettext looks for them; the installed ones, or the build tree's."""
        root = os.path.join(self.prefix, "share", "locale") if self.prefix else os.path.join(self.builddir, "po")
        for path in glob.glob(os.path.join(root, "*", "LC_MESSAGES", "madoguchi*.mo")):
            copy = os.path.join(folder, os.path.relpath(path, root))
            os.makedirs(os.path.dirname(copy), mode=0o755, exist_ok=True)
            shutil.copyfile(path, copy)
            os.chmod(copy, 0o644)

    def look_in(self, folder):
        """All of them are in this folder, where copy_to() put them."""
        for name in self._paths:
            self._paths[name] = os.path.join(folder, name)


def everyone_may_reach(path):
    """True when every folder above path lets other users through."""
    folder = os.path.dirname(os.path.abspath(path))
    while True:
        if not os.stat(folder).st_mode & stat.S_IXOTH:
            return False
        if folder == "/":
            return True
        folder = os.path.dirname(folder)
