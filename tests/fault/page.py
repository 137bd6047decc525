# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page that libfault-preload reads: arms and disarms a running process (preload.h)."""
import mmap
import os
import struct

FIELDS = ("n_syncs", "countdown", "action", "shift_s", "flags", "n_fired")
LENGTH = 64

ACTIONS = {"kill-before": 1, "kill-after": 2, "cut-before": 3, "cut-after": 4, "eio": 5,
           "enospc": 6, "erofs": 7}
FLAG_LAZY = 1


class Page:
    """path: made or emptied here; watch: the folder whose files count."""

    def __init__(self, path, watch):
        self.path = path
        self.watch = watch
        with open(path, "wb") as file:
            file.write(bytes(LENGTH))
        os.chmod(path, 0o666)  # written by a process of another user
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), LENGTH)

    def environment(self, library):
        return {"LD_PRELOAD": library, "MADO_FAULT_PAGE": self.path, "MADO_FAULT_WATCH": self.watch}

    def get(self, field):
        return struct.unpack_from("<q", self._map, 8 * FIELDS.index(field))[0]

    def put(self, field, value):
        struct.pack_into("<q", self._map, 8 * FIELDS.index(field), value)

    def arm(self, countdown, action):
        self.put("n_fired", 0)
        self.put("action", ACTIONS[action])
        self.put("countdown", countdown)

    def disarm(self):
        """A disk that was full has room again, the clock is right."""
        for field in ("countdown", "action", "shift_s"):
            self.put(field, 0)
