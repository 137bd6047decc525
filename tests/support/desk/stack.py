# SPDX-License-Identifier: LGPL-2.1-or-later
"""The whole desk on one machine, in one folder, beside whatever else runs there.

    bus, authority (the stand-in polkit), pcscd with training readers, centre, daemon

Started by root, every part runs as an unprivileged user of its own, and the clerk as another;
otherwise all are the caller. Each part can be killed and started again by name.
"""
import configparser
import os
import pwd
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
import ssl

from . import bus, tap
from .process import Failed, Process, as_user, wait_until
from .programs import everyone_may_reach

# Every test that comes here starts pcscd, which is not instrumented.
if os.environ.get("MADO_SANITIZED"):
    tap.skip_all("pcscd cannot load an instrumented handler")

# Users of Debian's base system that run nothing and own nothing of importance; a bus wants users with names.
USERS = {"bus": "news", "authority": "uucp", "pcscd": "games", "centre": "list", "daemon": "irc",
         "clerk": "proxy", "resident": "backup"}
PARTS = ("bus", "authority", "pcscd", "centre", "daemon")
BUS_NAME = "org.madoguchi.Counter1"
READER_NAME = "Madoguchi Training"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_root():
    return os.geteuid() == 0


class Stack:
    """root: the scratch folder (made when absent); programs: Programs; n_readers: training slots."""

    def __init__(self, root, programs, n_readers=2):
        self.root = os.path.abspath(root)
        self.programs = programs
        self.n_readers = n_readers
        self.processes = {}
        self.port = None
        self.preload = {}  # part -> extra environment at its next start
        self.desk = "desk"  # folder of the desk whose daemon runs; see use_desk()

    # ---- places ----------------------------------------------------------------------------------

    def path(self, *names):
        return os.path.join(self.root, *names)

    @property
    def bus_address(self):
        return "unix:path=" + self.path("bus", "socket")

    @property
    def relay_config(self):
        return self.path(self.desk, "relay.conf")

    def slot(self, number):
        """The folder of one training slot."""
        return self.path("cards", str(number))

    def reader_name(self, number):
        """As pcscd names it: the friendly name, then reader and slot."""
        return f"{READER_NAME} {number} {number:02X} 00"

    def uid(self, role):
        return pwd.getpwnam(USERS[role]).pw_uid if is_root() else os.geteuid()

    def environment(self):
        """What a client of this desk needs."""
        return {
            "DBUS_SYSTEM_BUS_ADDRESS": self.bus_address,
            "PCSCLITE_CSOCK_NAME": self.path("pcsc", "socket"),
            "MADOGUCHI_RELAY_CONFIG": self.relay_config,
            "PATH": self.path("bin") + os.pathsep + os.environ.get("PATH", "/usr/bin:/bin"),
            "LC_ALL": "C.UTF-8",
            "MADO_TRAINING_PROGRAM": self.programs.path("madoguchi-training"),
            "MADOGUCHI_LOCALE_DIR": self.path("locale"),
            "HOME": self.path("home"),
        }

    # ---- making ----------------------------------------------------------------------------------

    def _folder(self, name, role, mode=0o755):
        path = self.path(name)
        os.makedirs(path, exist_ok=True)
        self.give(path, role, mode)

    def give(self, path, role, mode=None):
        """The path belongs to role from now on."""
        if is_root():
            user = pwd.getpwnam(USERS[role])
            os.chown(path, user.pw_uid, user.pw_gid)
        if mode is not None:
            os.chmod(path, mode)

    def give_tree(self, path, role):
        """Everything under path belongs to role from now on."""
        self.give(path, role)
        for folder, folders, files in os.walk(path):
            for name in folders + files:
                self.give(os.path.join(folder, name), role)

    def make(self):
        """Folders, configuration, centre and enrolled desk; nothing is started."""
        os.makedirs(self.root, exist_ok=True)
        os.chmod(self.root, 0o755)
        if is_root() and not everyone_may_reach(self.path("bin")):
            raise Failed(f"{self.root}: other users cannot reach it; set TMPDIR")
        self._folder("bus", "bus")
        self._folder("pcsc", "pcscd")
        self._folder("cards", "pcscd")
        self._folder("home", "clerk", 0o700)
        self._folder("log", "bus")
        os.makedirs(self.path("pcsc", "conf"), exist_ok=True)
        self._copy_programs()
        self.programs.copy_translations(self.path("locale"))
        bus.write_config(self.path("bus", "bus.conf"), self.path("bus", "socket"),
                         self.uid("authority"), self.uid("daemon"))
        self._write_readers()
        self._init_centre()

    def _copy_programs(self):
        os.makedirs(self.path("bin"), exist_ok=True)
        self.programs.copy_to(self.path("bin"))

    def _write_readers(self):
        driver = self.programs.path("libifd-training.so")
        with open(self.path("pcsc", "conf", "training"), "w", encoding="ascii") as file:
            for number in range(self.n_readers):
                os.makedirs(self.slot(number), exist_ok=True)
                self.give(self.slot(number), "pcscd")
                file.write(f'FRIENDLYNAME "{READER_NAME} {number}"\n'
                           f"DEVICENAME {self.slot(number)}\nLIBPATH {driver}\n")

    def _init_centre(self):
        self.port = free_port()
        self.run([self.programs.path("madoguchi-central"), "init", "--dir", self.path("centre"),
                  "--training", "--desk", self.path("desk"), "--terminal", "D001",
                  "--municipality", "99999", "--listen", f"127.0.0.1:{self.port}"])
        self.give_tree(self.path("centre"), "centre")
        self._give_desk("desk")

    def _give_desk(self, desk):
        self.give_tree(self.path(desk), "daemon")
        os.chmod(self.path(desk), 0o755)
        for name in ("relay", "operators", "relay.conf"):
            self.give_tree(self.path(desk, name), "clerk")

    def add_desk(self, desk, terminal):
        """One more desk of the same centre, with the same operators; use_desk() sits down at it."""
        self._folder("enrolled", "centre")
        made = self.path("enrolled", desk)
        self.run([self.programs.path("madoguchi-central"), "desk", "--config",
                  self.path("centre", "central.conf"), "add", "--folder", made, terminal], "centre")
        shutil.move(made, self.path(desk))
        shutil.copytree(self.path("desk", "operators"), self.path(desk, "operators"),
                        dirs_exist_ok=True)
        self._give_desk(desk)

    def use_desk(self, desk):
        """The daemon of this desk from its next start on; there is one at a time on the bus."""
        self.kill("daemon")
        self.desk = desk

    def _read_relay_config(self):
        config = configparser.RawConfigParser()
        config.optionxform = str
        config.read(self.relay_config, encoding="utf-8")
        return config

    def relay_url(self):
        return self._read_relay_config().get("centre", "url")

    def set_relay_url(self, url):
        """Where the clerk's program looks for the centre: a proxy may stand between."""
        self.set_relay("centre", "url", url)

    def set_relay(self, group, key, value):
        config = self._read_relay_config()
        if not config.has_section(group):
            config.add_section(group)
        config.set(group, key, value)
        with open(self.relay_config, "w", encoding="utf-8") as file:
            config.write(file, space_around_delimiters=False)

    # ---- running ---------------------------------------------------------------------------------

    def run(self, argv, role=None, stdin_bytes=b""):
        """Runs a program to its end as role (None: the caller) and returns what it printed; Failed with its
        errors otherwise."""
        env = dict(os.environ, **self.environment())
        result = subprocess.run(as_user(self.uid(role) if role else None) + argv, env=env,
                                input=stdin_bytes, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                check=False, cwd="/")
        if result.returncode != 0:
            text = result.stderr.decode(errors="replace")
            raise Failed(f"{' '.join(argv)}: exit status {result.returncode}\n{text}")
        return result.stdout

    def _argv(self, part):
        program = self.programs.path
        if part == "bus":
            return bus.argv(self.path("bus", "bus.conf"))
        if part == "authority":
            return [program("authority"), "--allow", str(self.uid("clerk")), "--allow", str(self.uid("resident"))]
        if part == "pcscd":
            return [program("private-pcscd"), self.path("pcsc", "socket"),
                    self.path("pcsc", "conf")]
        if part == "centre":
            return [program("madoguchi-central"), "serve",
                    "--config", self.path("centre", "central.conf")]
        return [program("madoguchid"), "--config", self.path(self.desk, "madoguchid.conf")]

    def _is_ready(self, part):
        if part == "bus":
            return bus.name_has_owner(self.bus_address, "org.freedesktop.DBus")
        if part == "authority":
            return bus.name_has_owner(self.bus_address, "org.freedesktop.PolicyKit1")
        if part == "pcscd":
            return os.path.exists(self.path("pcsc", "socket"))
        if part == "centre":
            return self._centre_answers()
        return bus.name_has_owner(self.bus_address, BUS_NAME)

    def _centre_answers(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            with urllib.request.urlopen(f"https://127.0.0.1:{self.port}/v1/health", timeout=5,
                                        context=context) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _starts_as(self, part):
        """The user that the part's first program runs as; None: the caller, and it changes by itself."""
        return self.uid(part)

    def start_part(self, part):
        """Starts it, without waiting until it is ready."""
        if part == "pcscd" and is_root():
            os.makedirs("/run/pcscd", mode=0o755, exist_ok=True)
        env = dict(self.environment(), PATH=os.environ.get("PATH", "/usr/bin:/bin"))
        for name in ("G_DEBUG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        process = Process(part, self._argv(part), env, self.path("log", part + ".log"),
                          self._starts_as(part))
        process.start(extra_env=self.preload.pop(part, None))
        self.processes[part] = process

    def ensure(self, *parts):
        """Starts those that do not run and waits until they answer."""
        wanted = parts or PARTS
        started = []
        for part in PARTS:
            if part not in wanted:
                continue
            process = self.processes.get(part)
            if process is None or not process.is_alive():
                if process is not None:
                    process.kill()  # reap
                self.start_part(part)
                started.append(part)
                if part in ("bus", "pcscd"):
                    self.wait_ready(part)
        for part in started:
            self.wait_ready(part)

    def wait_ready(self, part):
        wait_until(lambda: self._is_ready(part), f"{part} is ready",
                   alive=self.processes[part].is_alive)

    def has_died(self, part):
        process = self.processes.get(part)
        return process is None or not process.is_alive()

    def wait_end(self, *parts):
        """Until these have ended by themselves."""
        for part in parts:
            process = self.processes.pop(part, None)
            if process is not None:
                process.wait()

    def kill(self, *parts):
        for part in parts:
            process = self.processes.pop(part, None)
            if process is not None:
                process.kill()

    def stop(self, *parts):
        """Asks them to end, the last started first; all when none is named."""
        for part in reversed(PARTS):
            if (not parts or part in parts) and part in self.processes:
                self.processes.pop(part).stop()

    def remove(self):
        """Ends everything at once and deletes the folder."""
        self.kill(*reversed(PARTS))
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill(*reversed(PARTS))
