#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""test-resident-pages on an X server of its own."""
import os
import subprocess
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.environ.get("MADO_TOP_BUILDDIR", TOP)
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk.display import Display  # noqa: E402

with Display(1280, 1280) as display:
    environment = dict(os.environ, **display.environment(), NO_AT_BRIDGE="1",
                       MADOGUCHI_LOCALE_DIR=os.path.join(BUILD, "po"))
    sys.exit(subprocess.run([os.path.join(BUILD, "tests", "gui", "test-resident-pages")], env=environment,
                            check=False).returncode)
