# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeded defects: each is a way in which such systems have lost cards."""
from collections import namedtuple

Change = namedtuple("Change", "file old new")


class Defect:
    """name: what is wrong; program: whose; aim: words that stand in the names of the points that must find it.

    changes: what is spoilt in its sources; lazy: instead, this part's syncs do nothing.
    """

    def __init__(self, name, aim, program=None, changes=(), lazy=None):
        self.name = name
        self.aim = aim
        self.program = program
        self.changes = changes
        self.lazy = lazy
        self.path = None  # of the variant, once it is built

    def is_aimed_at(self, point_name):
        return any(all(word in point_name for word in words.split()) for words in self.aim)


DEFECTS = [
    Defect("the journal is not synced", ["sync daemon cut-before", "sync daemon cut-after"],
           lazy="daemon"),
    Defect("the centre answers before its commit is durable",
           ["sync centre cut-before", "sync centre cut-after"], lazy="centre"),
]
