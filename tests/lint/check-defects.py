# SPDX-License-Identifier: LGPL-2.1-or-later
"""The defects that the fault sweep must find still fit the sources: each spoils a line that is there, once."""

import os
import sys

import source

FAULT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fault")


def defects_fit(top, sources):
    sys.path.insert(0, FAULT)
    from defects import DEFECTS  # pylint: disable=import-outside-toplevel
    by_path = {one.path: one for one in sources}
    for defect in DEFECTS:
        for change in defect.changes:
            one = by_path.get(change.file)
            if one is not None and one.text.count(change.old) != 1:
                yield one, 1, f"the seeded defect \"{defect.name}\" no longer finds the line it spoils"


RULES = {"defects-fit": defects_fit}

if __name__ == "__main__":
    source.main(RULES)
