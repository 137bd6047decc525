# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the program of the same name: make wants a suffix of what it was not told of beforehand."""
import os

PROGRAM = os.path.join(os.environ.get("MADO_TOP_BUILDDIR", "."), "tests", "bench", "pasori")

if __name__ == "__main__":
    os.execv(PROGRAM, [PROGRAM])
