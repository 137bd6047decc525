#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real madoguchi-resident, touched and typed at through X, against a daemon that the test plays."""
import os
import shutil
import sys
import tempfile

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.environ.get("MADO_TOP_BUILDDIR", TOP)
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402
from desk.display import Display  # noqa: E402
from desk.process import wait_until  # noqa: E402
from desk.screen import Bus, Eyes, PlayedDaemon, Screen  # noqa: E402

PROGRAM = os.path.join(BUILD, "gui", "resident", "madoguchi-resident")
XML = os.path.join(TOP, "data", "org.madoguchi.Counter1.xml")
NEXT, SAME, EACH, STOP, STAFF, AGAIN, BACK = ("次へ", "3つとも同じ番号", "別々の番号", "やめる", "職員をよぶ",
                                              "最初からやり直す", "もどる")
TITLE = "数字4けたを入力してください"
PIN, PASSWORD = "8629", "QX7MADO31"


class Scene:
    def __init__(self, folder):
        self.folder = folder
        self.display = Display()
        self.system = Bus(folder, "system")
        self.session = Bus(folder, "session")
        self.daemon = PlayedDaemon(self.system.address, XML)
        self.eyes = Eyes(self.session, self.display.environment())
        self.screen = None

    def start(self, *options):
        """The program anew."""
        if self.screen is not None:
            self.screen.close()
            self.daemon.agent = None
        self.screen = Screen(self.folder, self.display, self.eyes, self.system.address, self.session, PROGRAM,
                             ["--monitor", "screen", *options], locale=os.path.join(BUILD, "po"))
        self.daemon.wait_agent()
        self.daemon.answers.clear()
        return self.screen

    def close(self):
        if self.screen is not None:
            self.screen.close()
        self.eyes.close()
        self.session.close()
        self.system.close()
        self.display.close()


def enter(screen, text):
    screen.touch_pin(text)
    screen.touch(NEXT)


def a_pin_touched_arrives_in_the_pipe(scene):
    screen = scene.start()
    prompt = scene.daemon.prompt("auth")
    screen.touch(EACH)
    screen.wait_text(TITLE)
    enter(screen, PIN)
    screen.wait_text("確認のため、もう一度入力してください")
    tap.equal(prompt.result, None, "before the second entry")
    enter(screen, PIN)
    tap.equal(prompt.wait(), PIN.encode(), "what the pipe brought")


def a_password_touched_arrives_in_the_pipe(scene):
    screen = scene.screen
    prompt = scene.daemon.prompt("sign", visit="aa" * 16)
    for _ in range(2):
        enter(screen, PASSWORD)
    tap.equal(prompt.wait(), PASSWORD.encode(), "what the pipe brought")


def one_number_serves_three_prompts(scene):
    screen = scene.screen
    prompt = scene.daemon.prompt("auth", visit="bb" * 16)
    screen.touch(SAME)
    enter(screen, PIN)
    enter(screen, PIN)
    tap.equal(prompt.wait(), PIN.encode(), "auth")
    for kind in ("juki", "text"):
        tap.equal(scene.daemon.prompt(kind, visit="bb" * 16).wait(), PIN.encode(), kind)


def a_keypad_types_as_well(scene):
    screen = scene.screen
    prompt = scene.daemon.prompt("text", "verify", tries=3)
    screen.wait_text("今の数字4けたを入力してください")
    screen.wait_text("あと3回入力できます")
    scene.display.do("key", "KP_8", "KP_1", "BackSpace", "KP_6", "KP_2", "9", "KP_Enter")
    tap.equal(prompt.wait(), PIN.encode(), "what the pipe brought")


def two_that_differ_start_again(scene):
    screen = scene.screen
    prompt = scene.daemon.prompt("juki", visit="")
    enter(screen, PIN)
    enter(screen, "8628")
    screen.touch(AGAIN)
    enter(screen, PIN)
    enter(screen, PIN)
    tap.equal(prompt.wait(), PIN.encode(), "what the pipe brought")


def a_weak_one_is_refused(scene):
    screen = scene.screen
    prompt = scene.daemon.prompt("juki", visit="")
    enter(screen, "1111")
    screen.wait_text("誕生日や同じ数字の並びは使えません")
    screen.touch(AGAIN)
    tap.equal(prompt.result, None, "the prompt")
    screen.touch(STOP)
    tap.equal(prompt.wait(), "Cancelled", "after stop")


def a_birthday_is_refused_once_the_person_is_known(scene):
    screen = scene.screen
    name = "見本　花子".encode()
    person = b"\xc1" + bytes([len(name)]) + name + b"\xc3\x0819890107"
    scene.daemon.show("confirm", person=person)
    screen.wait_text("見本　花子")
    screen.wait_text("昭和64年1月7日（1989年）")
    screen.touch("はい、合っています")
    scene.daemon.wait(lambda: ("confirm", "yes") in scene.daemon.answers, "the answer")
    prompt = scene.daemon.prompt("juki", visit="")
    enter(screen, "0107")
    screen.wait_text("誕生日や同じ数字の並びは使えません")
    tap.true("見本　花子" not in screen.eyes.names(), "the name is gone from the screen")
    screen.touch(STOP)
    tap.equal(prompt.wait(), "Cancelled", "after stop")


def staff_comes_and_the_entry_stays(scene):
    screen = scene.screen
    prompt = scene.daemon.prompt("juki", visit="")
    screen.touch_pin("862")
    screen.touch(STAFF)
    scene.daemon.wait(lambda: ("prompt", "staff") in scene.daemon.answers, "the call")
    screen.touch(BACK)
    enter(screen, "9")
    enter(screen, PIN)
    tap.equal(prompt.wait(), PIN.encode(), "what the pipe brought")


def the_language_changes_while_it_is_typed(scene):
    screen = scene.screen
    prompt = scene.daemon.prompt("juki", visit="")
    screen.touch_pin("86")
    for name, title, following in (("English", "Enter 4 digits", "Next"), ("한국어", "숫자 4자리를 입력하세요", "다음"),
                                   ("日本語", TITLE, NEXT)):
        screen.touch("ことば / Language", name)
        screen.wait_text(title)
        screen.eyes.place(following)
    enter(screen, "29")
    enter(screen, PIN)
    tap.equal(prompt.wait(), PIN.encode(), "what the pipe brought")


def a_page_nobody_knows_is_answered_and_not_shown(scene):
    scene.daemon.show("idle")
    scene.daemon.show("a-page-of-the-future")
    scene.screen.wait_text("係員の案内をお待ちください")


def nobody_but_the_daemon_is_served(scene):
    stranger = scene.daemon.gio.DBusConnection.new_for_address_sync(
        scene.system.address, scene.daemon.gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
        scene.daemon.gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
    for method, arguments in (("Dismiss", None),
                              ("Show", scene.daemon.glib.Variant("(sa{sv})", ("done", {})))):
        try:
            stranger.call_sync(*scene.daemon.agent, "org.madoguchi.Counter1.PinAgent", method, arguments, None, 0, -1, None)
            raise AssertionError(method + " was served")
        except scene.daemon.glib.Error as error:
            tap.true("NotAuthorized" in error.message, error.message)
    stranger.close_sync(None)


def no_pin_is_seen_by_assistive_technology(scene):
    screen = scene.screen
    prompt = scene.daemon.prompt("sign", visit="")
    screen.touch_pin(PASSWORD)
    screen.wait_text(f"16つのうち{len(PASSWORD)}つ入力")
    screen.touch("番号を見る（5秒）")
    for name in screen.eyes.names():
        tap.true(PASSWORD[:4] not in name, name)
    screen.touch(STOP)
    tap.equal(prompt.wait(), "Cancelled", "after stop")


def no_pin_is_left_in_memory(scene):
    if os.geteuid() != 0:
        raise tap.Skip("only root reads another process's memory")
    screen = scene.screen
    prompt = scene.daemon.prompt("sign", visit="")
    screen.touch_pin(PASSWORD)
    tap.true(screen.memory_has(PASSWORD.encode()), "the control: while it is typed it is there")
    screen.touch("番号を見る（5秒）", NEXT)
    enter(screen, PASSWORD)
    tap.equal(prompt.wait(), PASSWORD.encode(), "what the pipe brought")
    tap.true(not screen.memory_has(PASSWORD.encode()), "after it was given")
    prompt = scene.daemon.prompt("sign", visit="")
    screen.touch_pin(PASSWORD)
    scene.daemon.dismiss()
    tap.equal(prompt.wait(), "Cancelled", "after dismiss")
    tap.true(not screen.memory_has(PASSWORD.encode()), "after it was dismissed")


def no_core_can_be_written(scene):
    with open(f"/proc/{scene.screen.process.pid}/limits", encoding="ascii") as file:
        core = [line.split() for line in file if line.startswith("Max core file size")][0]
    tap.equal(core[4:6], ["0", "0"], "core files")


def who_walks_away_is_wiped(scene):
    screen = scene.start("--idle-seconds", "1", "--countdown-seconds", "1")
    prompt = scene.daemon.prompt("sign", visit="")
    screen.touch_pin("QX")
    tap.equal(prompt.wait(), "TimedOut", "the prompt")
    screen.wait_text("係員の案内をお待ちください")


def who_is_still_there_goes_on(scene):
    screen = scene.start("--idle-seconds", "2", "--countdown-seconds", "30")
    prompt = scene.daemon.prompt("juki", visit="")
    screen.touch_pin("86")
    screen.touch("まだ使います")
    screen.display.do("key", "2", "9")
    tap.equal(prompt.result, None, "the prompt")
    screen.wait_text("4つのうち4つ入力")


def a_daemon_that_comes_back_is_served_again(scene):
    screen = scene.start()
    n_before = scene.daemon.n_registered
    prompt = scene.daemon.prompt("sign", visit="")
    screen.touch_pin("QX7")
    scene.daemon.bus.close_sync(None)
    wait_until(lambda: "係員の案内をお待ちください" in screen.eyes.names(), "the first page")
    scene.daemon = PlayedDaemon(scene.system.address, XML)
    scene.daemon.wait_agent()
    tap.equal(scene.daemon.n_registered, 1, "registered anew")
    tap.true(n_before >= 1 and prompt is not None, "served before")


def training_does_not_serve_a_production_desk(scene):
    scene.screen.close()
    scene.daemon.bus.close_sync(None)
    scene.daemon = PlayedDaemon(scene.system.address, XML, realm="production")
    screen = Screen(scene.folder, scene.display, scene.eyes, scene.system.address, scene.session, PROGRAM,
                    ["--monitor", "screen"], locale=os.path.join(BUILD, "po"))
    status = screen.process
    scene.daemon.wait(lambda: not status.is_alive(), "it ends")
    tap.equal(scene.daemon.n_registered, 0, "registrations")
    tap.equal(status.wait(), 77, "exit status")


def main():
    folder = tempfile.mkdtemp(prefix="madoguchi-")
    os.chmod(folder, 0o755)
    scene = Scene(folder)
    try:
        tap.run([
            a_pin_touched_arrives_in_the_pipe,
            a_password_touched_arrives_in_the_pipe,
            one_number_serves_three_prompts,
            a_keypad_types_as_well,
            two_that_differ_start_again,
            a_weak_one_is_refused,
            a_birthday_is_refused_once_the_person_is_known,
            staff_comes_and_the_entry_stays,
            the_language_changes_while_it_is_typed,
            a_page_nobody_knows_is_answered_and_not_shown,
            nobody_but_the_daemon_is_served,
            no_pin_is_seen_by_assistive_technology,
            no_pin_is_left_in_memory,
            no_core_can_be_written,
            who_walks_away_is_wiped,
            who_is_still_there_goes_on,
            a_daemon_that_comes_back_is_served_again,
            training_does_not_serve_a_production_desk,
        ], scene)
    finally:
        scene.close()
        shutil.rmtree(folder, ignore_errors=True)


main()
