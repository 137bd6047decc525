# SPDX-License-Identifier: LGPL-2.1-or-later
"""The resident's screen under a test's finger: the real program, its buttons found by name through AT-SPI (which it only
offers in training) and touched with synthesized X events; and a daemon that the test plays itself."""
import json
import os
import subprocess
import sys

from . import tap
from .process import Process, as_user, wait_until

DEBIANS_PYTHON = "/usr/bin/python3"  # python3-gi is for this one

try:
    import gi
except ImportError:
    if os.path.realpath(sys.executable) == os.path.realpath(DEBIANS_PYTHON):
        tap.skip_all("python3-gi is not installed")
    os.execv(DEBIANS_PYTHON, [DEBIANS_PYTHON, *sys.argv])

BUS_NAME = "org.madoguchi.Counter1"
MANAGER = "/org/madoguchi/Counter1"
PREFIX = "org.madoguchi.Counter1.Error."
SESSION_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <standard_session_servicedirs/>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def load(name, version):
    try:
        gi.require_version(name, version)
    except ValueError:
        tap.skip_all(f"GObject introspection of {name} is not installed")
    return getattr(__import__("gi.repository", fromlist=[name]), name)


class Bus:
    """A bus of the test's own, for uid and for root."""

    def __init__(self, folder, name, uid=None):
        socket = os.path.join(folder, name)
        config = socket + ".conf"
        with open(config, "w", encoding="utf-8") as file:
            file.write(SESSION_CONFIG.format(socket=socket))
        self.address = f"unix:path={socket}"
        self._process = Process(name, ["dbus-daemon", f"--config-file={config}", "--nofork"],
                                dict(os.environ, HOME=folder, XDG_RUNTIME_DIR=folder),
                                socket + ".log", uid)
        self._process.start()
        wait_until(lambda: os.path.exists(socket), "the bus", alive=self._process.is_alive)

    def close(self):
        self._process.kill()


class Eyes:
    """What assistive technology sees of the program. The bus and the registry run before it: it registers once."""

    def __init__(self, bus, environment, uid=None):
        env = dict(os.environ, **environment, DBUS_SESSION_BUS_ADDRESS=bus.address)
        gdbus = as_user(uid) + ["gdbus", "call"]
        address = subprocess.run(gdbus + ["--session", "--dest", "org.a11y.Bus", "--object-path", "/org/a11y/bus",
                                          "--method", "org.a11y.Bus.GetAddress"], check=True, env=env, cwd="/",
                                 stdout=subprocess.PIPE).stdout.decode().strip()[2:-3]
        subprocess.run(gdbus + ["--address", address, "--dest", "org.a11y.atspi.Registry", "--object-path",
                                "/org/a11y/atspi/accessible/root", "--method", "org.freedesktop.DBus.Properties.Get",
                                "org.a11y.atspi.Accessible", "ChildCount"], check=True, env=env, cwd="/",
                       stdout=subprocess.DEVNULL)
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "eyes.py"), encoding="utf-8") as file:
            self._child = subprocess.Popen(as_user(uid) + [DEBIANS_PYTHON, "-c", file.read()], env=env, cwd="/",
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def shown(self):
        """(role, name, x, y, width, height) of every object on the screen."""
        self._child.stdin.write("\n")
        self._child.stdin.flush()
        return json.loads(self._child.stdout.readline() or "[]")

    def names(self):
        return [one[1] for one in self.shown()]

    def places(self, names):
        """The middles of these buttons on the screen, once they are all there and have come to rest."""
        last = {}

        def ready():
            # Before it is laid out a button is one pixel large.
            found = {one[1]: one[2:] for one in self.shown()
                     if one[0] == "push button" and one[1] in names and min(one[4:]) > 1}
            is_still = found == last.get("found") and len(found) == len(set(names))
            last["found"] = found
            return is_still
        wait_until(ready, f"the buttons {sorted(set(names))}")
        return {name: (x + width // 2, y + height // 2) for name, (x, y, width, height) in last["found"].items()}

    def place(self, name):
        return self.places([name])[name]

    def wait_text(self, text):
        wait_until(lambda: text in self.names(), f"the text '{text}'")

    def close(self):
        self._child.kill()
        self._child.wait()


class Screen:
    """madoguchi-resident in training on a display."""

    def __init__(self, folder, display, eyes, system_bus, session_bus, program, options=(), uid=None, locale=None):
        self.display = display
        self.eyes = eyes
        env = {"PATH": "/usr/bin:/bin", "HOME": folder, **display.environment(),
               "DBUS_SYSTEM_BUS_ADDRESS": system_bus, "DBUS_SESSION_BUS_ADDRESS": session_bus.address,
               "MADOGUCHI_LOCALE_DIR": locale, "G_DEBUG": "fatal-criticals", "XDG_RUNTIME_DIR": folder}
        self.process = Process("resident", [program, "--training", *options], env, os.path.join(folder, "resident.log"), uid)
        self.process.start()

    def touch(self, *names):
        for name in names:
            self.display.touch(*self.eyes.place(name))

    def touch_pin(self, text):
        """Characters, found once: a pad stays where it is."""
        places = self.eyes.places(text)
        for name in text:
            self.display.touch(*places[name])

    def wait_text(self, text):
        self.eyes.wait_text(text)

    def memory_has(self, text):
        """Whether the bytes stand anywhere in the process's memory (root, or its own user while it lets itself be read)."""
        pid = self.process.pid
        with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                words = line.split()
                start, end = (int(word, 16) for word in words[0].split("-"))
                # A sanitizer's shadow is terabytes, and holds no text.
                if "r" not in words[1] or words[-1] in ("[vvar]", "[vsyscall]") or end - start > 1 << 32:
                    continue
                try:
                    memory.seek(start)
                    data = memory.read(end - start)
                except (OSError, OverflowError):
                    continue
                if text in data:
                    return True
        return False

    def close(self):
        self.process.kill()
        if "MADO_KEEP" in os.environ:
            print("# " + self.process.log().replace("\n", "\n# "))


class PlayedDaemon:
    """The daemon's side of the PIN agent, played by the test."""

    def __init__(self, address, xml_path, realm="training"):
        self.gio = load("Gio", "2.0")
        self.glib = load("GLib", "2.0")
        self.realm = realm
        self.agent = None
        self.answers = []
        self.n_registered = 0
        flags = self.gio.DBusConnectionFlags
        self.bus = self.gio.DBusConnection.new_for_address_sync(
            address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
        with open(xml_path, encoding="utf-8") as file:
            node = self.gio.DBusNodeInfo.new_for_xml(file.read())
        self.bus.register_object(MANAGER, node.lookup_interface(BUS_NAME + ".Manager"), self._on_call, self._on_get, None)
        self.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                           self.glib.Variant("(su)", (BUS_NAME, 4)), None, 0, -1, None)

    def _on_get(self, _bus, _sender, _path, _interface, name):
        values = {"Version": ("s", "test"), "Realm": ("s", self.realm), "Terminal": ("s", "D001"), "Backlog": ("u", 0),
                  "AgentPresent": ("b", self.agent is not None), "ServicePresent": ("b", True)}
        return self.glib.Variant(*values[name])

    def _on_call(self, _bus, sender, _path, _interface, method, parameters, invocation):
        if method == "RegisterAgent":
            self.agent = (sender, parameters.unpack()[0])
            self.n_registered += 1
        elif method == "UnregisterAgent":
            self.agent = None
        elif method == "AnswerPage":
            self.answers.append(parameters.unpack())
        invocation.return_value(None)
        if method != "AnswerPage":
            changed = {"AgentPresent": self.glib.Variant("b", self.agent is not None)}
            self.bus.emit_signal(None, MANAGER, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                 self.glib.Variant("(sa{sv}as)", (BUS_NAME + ".Manager", changed, [])))

    def wait(self, ready, what):
        def turn():
            while self.glib.MainContext.default().iteration(False):
                pass
            return ready()
        wait_until(turn, what)

    def wait_agent(self):
        self.wait(lambda: self.agent is not None, "an agent")

    def _call(self, method, parameters, descriptors, done):
        fds = self.gio.UnixFDList.new_from_array(descriptors) if descriptors else None
        self.bus.call_with_unix_fd_list(*self.agent, BUS_NAME + ".PinAgent", method, parameters, None, 0, 600000, fds, None,
                                        done)

    def prompt(self, kind, purpose="new", visit="00112233445566778899aabbccddeeff", tries=-1):
        """A prompt under way: .result is None until it ended, then the bytes or an error's nick."""
        return Prompt(self, kind, purpose, visit, tries)

    def show(self, page, person=None, **details):
        """Shows it, and waits for the reply."""
        done = []
        descriptors = []
        if person is not None:
            descriptors.append(self._seal(person))
            details["person"] = self.glib.Variant("h", 0)
        self._call("Show", self.glib.Variant("(sa{sv})", (page, details)), descriptors,
                   lambda bus, result: done.append(bus.call_with_unix_fd_list_finish(result)))
        self.wait(lambda: done, f"the page {page} is shown")

    @staticmethod
    def _seal(data):
        import fcntl
        descriptor = os.memfd_create("person", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.write(descriptor, data)
        fcntl.fcntl(descriptor, 1033, 0xF)  # F_ADD_SEALS: seal, shrink, grow, write
        return descriptor

    def dismiss(self):
        done = []
        self._call("Dismiss", None, [], lambda bus, result: done.append(bus.call_with_unix_fd_list_finish(result)))
        self.wait(lambda: done, "dismissed")


class Prompt:
    def __init__(self, daemon, kind, purpose, visit, tries):
        variant = daemon.glib.Variant
        self.daemon = daemon
        self.result = None
        self._read, write = os.pipe()
        details = {"kind": variant("s", kind), "purpose": variant("s", purpose), "tries": variant("i", tries),
                   "visit": variant("s", visit), "timeout-ms": variant("u", 120000), "nonce": variant("ay", bytes(16))}
        daemon._call("Prompt", variant("(a{sv}h)", (details, 0)), [write], self._on_done)

    def _on_done(self, bus, result):
        try:
            bus.call_with_unix_fd_list_finish(result)
            self.result = os.read(self._read, 64)
        except self.daemon.glib.Error as error:
            self.result = self.daemon.gio.DBusError.get_remote_error(error) or error.message
            text = error.message.rsplit(": ", 1)[-1]
            self.result = self.result.replace(PREFIX, "") + (":" + text if text in ("mismatch", "weak") else "")
        os.close(self._read)

    def wait(self):
        self.daemon.wait(lambda: self.result is not None, "the prompt ends")
        return self.result
