# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same on an installed tree: "make install" into an empty folder, and nothing of the build tree but the
support programs."""
import os
import subprocess
import tempfile

import issue
from desk import tap


def install(builddir, folder):
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "TESTS", "TEST_LOGS")}
    result = subprocess.run(["make", "-s", "-C", builddir, "install", f"DESTDIR={folder}"],
                            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, check=False)
    if result.returncode != 0:
        print("1..1\nnot ok 1 - make install")
        print("".join(f"# {line}\n" for line in result.stdout.splitlines()[-20:]), end="")
        raise SystemExit(1)


def prefix_in(builddir, folder):
    """Where configure's prefix landed under DESTDIR."""
    with open(os.path.join(builddir, "Makefile"), encoding="utf-8") as file:
        prefix = next(line.split("=", 1)[1].strip() for line in file if line.startswith("prefix ="))
    return folder + prefix


if __name__ == "__main__":
    BUILDDIR = os.environ["MADO_TOP_BUILDDIR"]
    with tempfile.TemporaryDirectory(prefix="madoguchi-installed-") as FOLDER:
        os.chmod(FOLDER, 0o755)
        install(BUILDDIR, FOLDER)
        with issue.Office(prefix_in(BUILDDIR, FOLDER)) as OFFICE:
            tap.run(issue.TESTS, OFFICE)
