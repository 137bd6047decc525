# SPDX-License-Identifier: LGPL-2.1-or-later
"""A private bus that stands in for the system bus."""
import os
import subprocess

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.PolicyKit1"/>
  </policy>
  <policy user="{authority}">
    <allow own="org.freedesktop.PolicyKit1"/>
  </policy>
{shipped}
</busconfig>
"""
SHIPPED = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[".."] * 3, "data",
                       "org.madoguchi.Counter1.conf")


def shipped_policy(daemon_uid):
    """What the package puts on the system bus, for another user than its own."""
    with open(SHIPPED, encoding="utf-8") as file:
        text = file.read()
    inside = text[text.index("<busconfig>") + len("<busconfig>"):text.index("</busconfig>")]
    return inside.replace('user="madoguchi"', f'user="{daemon_uid}"')


def write_config(path, socket, authority_uid, daemon_uid):
    with open(path, "w", encoding="utf-8") as file:
        file.write(CONFIG.format(socket=socket, authority=authority_uid,
                                 shipped=shipped_policy(daemon_uid)))


def argv(config):
    return ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile", "--nosyslog"]


def name_has_owner(address, name):
    """True when somebody owns name; False as well when the bus does not answer yet."""
    path = address.partition("unix:path=")[2]
    if not os.path.exists(path):
        return False
    result = subprocess.run(
        ["dbus-send", f"--bus={address}", "--print-reply=literal", "--dest=org.freedesktop.DBus",
         "/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner", f"string:{name}"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return result.stdout.strip() == "boolean true"
