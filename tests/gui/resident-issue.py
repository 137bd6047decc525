#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A whole issue on the real daemon, pcscd, card and centre: the clerk by madoguchictl, the resident at madoguchi-resident by
touch, as another user than the clerk's where the test is root."""
import os
import shutil
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.environ.get("MADO_TOP_BUILDDIR", TOP)
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402
from desk.client import Client  # noqa: E402
from desk.display import Display  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.screen import Bus, Eyes, Screen  # noqa: E402
from desk.secrets_search import Secret  # noqa: E402

SLOT = 0
NEXT, SAME = "次へ", "3つとも同じ番号"
PASSWORD, PIN = "QX7MADO31", "8629"


class Scene:
    def __init__(self, office):
        self.office = office
        stack = office.stack
        uid = stack.uid("resident")
        folder = stack.path("resident")
        os.makedirs(folder)
        stack.give(folder, "resident", 0o755)
        program = stack.path("bin", "madoguchi-resident")
        shutil.copyfile(os.path.join(BUILD, "gui", "resident", "madoguchi-resident"), program)
        os.chmod(program, 0o755)
        self.is_issued = False
        self.display = Display(uid=uid)
        self.session = Bus(folder, "session", uid)
        self.eyes = Eyes(self.session, self.display.environment(), uid)
        self.screen = Screen(folder, self.display, self.eyes, stack.bus_address, self.session, program,
                             ["--monitor", "screen"], uid=uid, locale=stack.path("locale"))

    def close(self):
        self.screen.close()
        self.eyes.close()
        self.session.close()
        self.display.close()

    def enter(self, text):
        self.screen.touch_pin(text)
        self.screen.touch(NEXT)


def nobody_else_reads_the_process(scene):
    if os.geteuid() != 0:
        raise tap.Skip("the owner of /proc/PID/mem says it only of other users than root")
    scene.eyes.wait_text("係員の案内をお待ちください")
    status = os.stat(f"/proc/{scene.screen.process.pid}/mem")
    tap.equal(status.st_uid, 0, "owner of its memory")


def the_resident_sets_four_pins_by_touch(scene):
    office = scene.office
    office.cards.insert(SLOT, office.person.card)
    tap.true(office.prepare(office.person).succeeded, "prepared")
    running = Client(office.stack, SLOT).start(
        "issue", office.person.request_id, "--documents", "A1", "--face", "same",
        secrets=office.secrets(office.person, "passphrase", "number-b"))
    scene.enter(PASSWORD)
    scene.enter(PASSWORD)
    scene.screen.touch(SAME)
    scene.enter(PIN)
    scene.enter(PIN)
    scene.eyes.wait_text("終わりました。カードを受け取ってください")
    answer = running.finish()
    tap.true(answer.succeeded, answer)
    tap.equal(answer.json["outcome"], "committed", "outcome")
    scene.is_issued = True


def nothing_of_it_is_left_on_the_screen_s_side(scene):
    if os.geteuid() != 0:
        raise tap.Skip("only root reads another process's memory")
    tap.true(scene.is_issued, "the resident typed")
    tap.true(not scene.screen.memory_has(PASSWORD.encode()), "the password in memory")
    log = scene.screen.process.log()
    for secret in (PASSWORD, PIN):
        tap.true(secret not in log, "a PIN in the log")


def the_card_takes_what_was_typed(scene):
    office = scene.office
    running = Client(office.stack, SLOT).start("read", "attributes", "sign-certificate")
    scene.eyes.wait_text("今の数字4けたを入力してください")
    scene.enter(PIN)
    scene.eyes.wait_text("今のパスワードを入力してください")
    scene.enter(PASSWORD)
    answer = running.finish()
    tap.true(answer.succeeded, answer)


def a_wrong_one_is_told_with_what_is_left(scene):
    office = scene.office
    running = Client(office.stack, SLOT).start("read", "attributes")
    scene.eyes.wait_text("あと3回入力できます")
    scene.enter("8620")
    scene.eyes.wait_text("番号が違います")
    tap.equal(running.finish().json["error"]["nick"], "PinWrong", "the clerk's error")
    running = Client(office.stack, SLOT).start("read", "attributes")
    scene.eyes.wait_text("あと2回入力できます")
    scene.enter(PIN)
    tap.true(running.finish().succeeded, "read")


def no_log_of_the_desk_has_a_pin(scene):
    folder = scene.office.stack.path("log")
    secrets = [Secret("password", PASSWORD)]
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        for secret in secrets:
            tap.true(secret.value not in data, f"{secret.name} in {name}")


def main():
    with Office() as office:
        scene = Scene(office)
        try:
            tap.run([
                nobody_else_reads_the_process,
                the_resident_sets_four_pins_by_touch,
                nothing_of_it_is_left_on_the_screen_s_side,
                the_card_takes_what_was_typed,
                a_wrong_one_is_told_with_what_is_left,
                no_log_of_the_desk_has_a_pin,
            ], scene)
        finally:
            scene.close()


main()
