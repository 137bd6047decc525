# SPDX-License-Identifier: LGPL-2.1-or-later
"""clang-format has nothing to change. Its output differs between releases; the tree follows release 14."""

import os
import re
import shutil
import subprocess
import sys

import source

RELEASE = "14"


def formatter():
    """The program of the right release, or None and why."""
    for name in (f"clang-format-{RELEASE}", "clang-format"):
        path = shutil.which(name)
        if path:
            version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
            if re.search(rf"version {RELEASE}\.", version):
                return path, None
    return None, f"no clang-format {RELEASE}"


def main():
    top = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    path, reason = formatter()
    if path is None:
        print(f"1..0 # SKIP {reason}")
        return 0
    paths = [one.path for one in source.files(top) if one.is_c]
    result = subprocess.run([path, "--dry-run", "-Werror", "--style=file", *paths], cwd=top,
                            capture_output=True, text=True, check=False)
    print("1..1")
    print("ok 1 - format" if result.returncode == 0 else "not ok 1 - format")
    for line in result.stderr.splitlines():
        if ": error:" in line:
            print(f"# {line.split(' [')[0]}")
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
