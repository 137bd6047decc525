# SPDX-License-Identifier: LGPL-2.1-or-later
"""What assistive technology sees, one answer in JSON a line: a process of its own, because a program shows itself to its
own user alone, not even to root. Started by desk/screen.py, with the display and the bus in its environment."""
import json
import sys
import warnings

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402


def walk(one):
    if one is None:
        return
    yield one
    for place in range(one.get_child_count()):
        yield from walk(one.get_child_at_index(place))


def shown():
    """[role, name, x, y, width, height] of every object that is on the screen now."""
    desktop = Atspi.get_desktop(0)
    for place in range(desktop.get_child_count()):
        for one in walk(desktop.get_child_at_index(place)):
            try:
                one.clear_cache()
                if not one.get_state_set().contains(Atspi.StateType.SHOWING):
                    continue
                component = one.get_component_iface()
                box = component.get_extents(Atspi.CoordType.SCREEN) if component else None
                yield [one.get_role_name(), one.get_name()] + ([box.x, box.y, box.width, box.height] if box else [0] * 4)
            except GLib.Error:
                continue  # gone meanwhile


warnings.simplefilter("ignore", DeprecationWarning)  # its interfaces have two names each
Atspi.init()
for _ in sys.stdin:
    try:
        answer = list(shown())
    except GLib.Error:
        answer = []  # the program goes, or comes
    print(json.dumps(answer), flush=True)
