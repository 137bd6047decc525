#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One thing wrong at a time: the doctor finds it by its number, and reports nothing else."""
import email.utils
import http.server
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402
from desk.client import Answer, Client  # noqa: E402
from desk.machine import (RC_S300, RC_S320, RC_S380, SMARTCARD_CLASS, VENDOR_CLASS, Machine,  # noqa: E402
                          ccid_descriptors)
from desk.office import Office  # noqa: E402
from desk.process import as_user  # noqa: E402
from desk.refusing_pcscd import HANG_UP, MISFIT, REFUSE, SILENT, RefusingPcscd  # noqa: E402

SLOT = 0
UNKNOWN = (0x1234, 0x5678)
SHORT_APDU_LEVEL = 0x00020000
EXTENDED_APDU_LEVEL = 0x00040000


def examine(office, *words, env=None, role="clerk", prefix=()):
    """madoguchictl doctor on this desk, the invented machine under it; the answer."""
    stack = office.stack
    argv = list(prefix) + as_user(stack.uid(role)) + [
        stack.programs.path("madoguchictl"), "--config", stack.relay_config, "--json", "doctor",
        "--root", office.machine.root, *words]
    child = subprocess.run(argv, env={**os.environ, **stack.environment(), **(env or {})}, cwd="/",
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return Answer(child.returncode, child.stdout.decode(), child.stderr.decode())


def numbers(answer):
    if answer.json is None:
        raise AssertionError(f"no JSON: {answer}")
    return [finding["number"] for finding in answer.json["findings"]]


def finds(answer, *wanted, verdict):
    """Exactly these, each with cause and cure; the exit code."""
    tap.equal(numbers(answer), list(wanted), f"{answer.json['findings']} {answer.json['facts'].get('card')}")
    for finding in answer.json["findings"]:
        tap.true(finding["cause"] and finding["cure"], finding)
    tap.equal(answer.status, verdict, "exit status")
    return answer.json["findings"]


def state(answer, name):
    return next(check for check in answer.json["checks"] if check["name"] == name)


def a_desk_in_order_has_nothing_to_report(office):
    answer = examine(office)
    finds(answer, verdict=0)
    tap.equal(state(answer, "card")["state"], "not-asked", "the card's test")
    for check in answer.json["checks"]:
        tap.true(check["state"] in ("ok", "note", "not-asked"), check)


def a_stopped_pcscd_is_found(office):
    office.stack.kill("pcscd")
    os.unlink(office.stack.path("pcsc", "socket"))
    try:
        answer = examine(office)
        finds(answer, "D-202", verdict=2)
        tap.equal(state(answer, "readers").get("because"), "D-202", "why the readers were not looked at")
    finally:
        office.stack.ensure()
        Client(office.stack, SLOT).wait_for_card(SLOT, False)


def a_pcscd_that_is_not_installed_is_found(office):
    os.rename(office.machine.path("usr/sbin/pcscd"), office.machine.path("usr/sbin/away"))
    try:
        finds(examine(office, env={"PCSCLITE_CSOCK_NAME": office.machine.path("none")}), "D-201", verdict=2)
    finally:
        os.rename(office.machine.path("usr/sbin/away"), office.machine.path("usr/sbin/pcscd"))


def examine_with(office, kind):
    path = os.path.join(office.folder, "refusing")
    with RefusingPcscd(path, kind) as server:
        return examine(office, env={"PCSCLITE_CSOCK_NAME": path}), server


def a_refused_user_is_found(office):
    answer, server = examine_with(office, REFUSE)
    finds(answer, "D-211", verdict=2)
    tap.true(server.n_refused > 0, "the test server was asked")


def a_service_that_hangs_up_is_found(office):
    answer, _ = examine_with(office, HANG_UP)
    finds(answer, "D-212", verdict=2)


def a_service_of_another_version_is_found(office):
    answer, _ = examine_with(office, MISFIT)
    finds(answer, "D-212", verdict=2)


def a_service_that_never_answers_is_found(office):
    answer, _ = examine_with(office, SILENT)
    finds(answer, "D-203", verdict=2)


def a_kernel_driver_in_the_way_is_found(office):
    office.machine.install("madoguchi-pasori.bundle", "madoguchi", [RC_S380])
    office.machine.plug("1-2", RC_S380, VENDOR_CLASS, kernel_driver="port100")
    try:
        found = finds(examine(office), "D-111", verdict=2)
        tap.equal(found[0]["details"]["kernel-driver"], "port100", "the driver")
        tap.equal(found[0]["details"]["usb-path"], "1-2", "the place")
    finally:
        office.machine.unplug("1-2")
        office.machine.uninstall("madoguchi-pasori.bundle")


def an_unknown_reader_is_found(office):
    office.machine.plug("1-3", UNKNOWN, SMARTCARD_CLASS)
    try:
        found = finds(examine(office), "D-101", verdict=1)
        tap.equal(found[0]["details"]["usb-id"], "1234:5678", "the reader")
    finally:
        office.machine.unplug("1-3")


def a_reader_for_which_there_is_no_driver_at_all_is_found(office):
    office.machine.plug("1-3", RC_S320, VENDOR_CLASS)
    try:
        finds(examine(office), "D-102", verdict=2)
    finally:
        office.machine.unplug("1-3")


def a_driver_that_is_not_installed_is_found(office):
    office.machine.plug("1-3", RC_S380, VENDOR_CLASS)
    try:
        found = finds(examine(office), "D-121", verdict=2)
        tap.equal(found[0]["details"]["package"], "madoguchi", "the package")
    finally:
        office.machine.unplug("1-3")


def a_reader_that_pcscd_does_not_know_is_found(office):
    office.machine.plug("1-3", RC_S300, SMARTCARD_CLASS, descriptors=ccid_descriptors(EXTENDED_APDU_LEVEL, 522))
    try:
        finds(examine(office), "D-402", verdict=2)
    finally:
        office.machine.unplug("1-3")


def a_reader_with_short_commands_alone_is_found(office):
    office.machine.plug("1-3", UNKNOWN, SMARTCARD_CLASS, descriptors=ccid_descriptors(SHORT_APDU_LEVEL, 271))
    try:
        finds(examine(office), "D-101", "D-411", verdict=1)
    finally:
        office.machine.unplug("1-3")


def a_stopped_daemon_is_found(office):
    office.stack.kill("daemon")
    try:
        finds(examine(office), "D-301", verdict=2)
    finally:
        office.stack.ensure()


def a_certificate_that_ends_in_a_week_is_found(office):
    stack = office.stack
    path, kept = stack.path("desk", "relay", "tls.crt"), os.path.join(office.folder, "tls.crt")
    request = os.path.join(office.folder, "request")
    keys = stack.path("centre", "keys")
    shutil.copy(path, kept)
    subprocess.run(["openssl", "x509", "-in", path, "-x509toreq", "-signkey", stack.path("desk", "relay", "tls.key"),
                    "-out", request], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", f"{keys}/tls-ca.crt", "-CAkey",
                    f"{keys}/tls-ca.key", "-set_serial", "99", "-days", "7", "-out", path], check=True,
                   stderr=subprocess.DEVNULL)
    try:
        found = finds(examine(office), "D-521", verdict=1)
        tap.equal(found[0]["details"]["certificate"], "tls", "which")
        tap.true(6 <= found[0]["details"]["days-left"] <= 7, found[0]["details"])
    finally:
        shutil.copy(kept, path)
        stack.give(path, "clerk")


def a_full_disk_is_found(office):
    if os.geteuid() != 0:
        raise tap.Skip("a disk can be filled in a mount namespace of root's alone")
    folder = office.stack.path("desk", "journal")
    script = ('mount -t tmpfs -o size=64k,mode=0700,uid="$2" none "$1" && '
              '{ cat /dev/zero >"$1/filler" 2>/dev/null; shift 2; exec "$@"; }')
    prefix = ["unshare", "-m", "sh", "-c", script, "sh", folder, str(office.stack.uid("daemon"))]
    if subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        raise tap.Skip("no mount namespace here")
    found = finds(examine(office, prefix=prefix), "D-511", verdict=2)
    tap.true(found[0]["details"]["free-kib"] < 4096, found[0])


def a_journal_that_others_may_enter_is_found(office):
    folder = office.stack.path("desk", "journal")
    os.chmod(folder, 0o755)
    try:
        finds(examine(office), "D-512", verdict=2)
    finally:
        os.chmod(folder, 0o700)


def a_centre_that_is_gone_is_found(office):
    office.stack.kill("centre")
    try:
        answer = examine(office)
        finds(answer, "D-531", verdict=2)
        tap.equal(state(answer, "clock").get("because"), "D-531", "why the clock was not looked at")
    finally:
        office.stack.ensure()


class Clock(http.server.BaseHTTPRequestHandler):
    """A centre's health page whose clock is off by so many seconds."""

    off_s = 0

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(time.time() + self.off_s, usegmt=True)

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


def examine_at_another_time(office, off_s):
    keys = office.stack.path("centre", "keys")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{keys}/tls.crt", f"{keys}/tls.key")
    server = http.server.HTTPServer(("127.0.0.1", 0), type("Off", (Clock,), {"off_s": off_s}))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.05})
    thread.start()
    before = office.stack.relay_url()
    office.stack.set_relay_url(f"https://127.0.0.1:{server.server_address[1]}")
    try:
        return examine(office)
    finally:
        office.stack.set_relay_url(before)
        server.shutdown()
        server.server_close()
        thread.join()


def a_clock_off_by_an_hour_is_found(office):
    found = finds(examine_at_another_time(office, 3600), "D-541", verdict=1)
    tap.true(-3605 <= found[0]["details"]["seconds"] <= -3590, found[0]["details"])


def a_clock_off_by_two_days_stops_the_desk(office):
    finds(examine_at_another_time(office, -2 * 86400), "D-542", verdict=2)


def a_clock_off_by_a_minute_is_right_enough(office):
    finds(examine_at_another_time(office, 60), verdict=0)


# ---- the card's test -----------------------------------------------------------------------------


def insert(office, name):
    client = Client(office.stack, SLOT)
    office.cards.remove(SLOT)
    client.wait_for_card(SLOT, False)
    if name is not None:
        office.cards.insert(SLOT, name)
        client.wait_for_card(SLOT)


def test_card(office, *words):
    return examine(office, "--card", "--reader", office.stack.reader_name(SLOT), "--repeat", "3", *words)


def a_card_that_answers_is_in_order(office):
    insert(office, office.person.card)
    answer = test_card(office)
    finds(answer, verdict=0)
    card = answer.json["facts"]["card"]
    tap.equal((card["repetitions"], card["failed"]), (3, 0), "repetitions")
    tap.true(all(step["status-word"] for step in card["steps"]), card["steps"])


def an_empty_reader_is_found(office):
    insert(office, None)
    finds(test_card(office), "D-431", verdict=2)


def a_card_that_falls_silent_is_found(office):
    insert(office, office.person.card)
    office.cards.fault(SLOT, "mute", 2)
    try:
        finds(test_card(office), "D-434", verdict=1)
    finally:
        insert(office, None)


def a_card_of_another_kind_is_found(office):
    insert(office, office.make_wrong_card(office.person, "foreign"))
    finds(test_card(office), "D-433", verdict=2)


def the_doctor_is_understood_in_japanese(office):
    answer = examine(office, "--lang", "ja", env={"PCSCLITE_CSOCK_NAME": office.machine.path("none")})
    found = finds(answer, "D-202", verdict=2)
    for key in ("what", "cause", "cure"):
        tap.true(not found[0][key].isascii(), found[0][key])


def main():
    with Office() as office:
        office.machine = Machine(os.path.join(office.folder, "machine"))
        tap.run([
            a_desk_in_order_has_nothing_to_report,
            a_stopped_pcscd_is_found,
            a_pcscd_that_is_not_installed_is_found,
            a_refused_user_is_found,
            a_service_that_hangs_up_is_found,
            a_service_of_another_version_is_found,
            a_service_that_never_answers_is_found,
            a_kernel_driver_in_the_way_is_found,
            an_unknown_reader_is_found,
            a_reader_for_which_there_is_no_driver_at_all_is_found,
            a_driver_that_is_not_installed_is_found,
            a_reader_that_pcscd_does_not_know_is_found,
            a_reader_with_short_commands_alone_is_found,
            a_stopped_daemon_is_found,
            a_certificate_that_ends_in_a_week_is_found,
            a_full_disk_is_found,
            a_journal_that_others_may_enter_is_found,
            a_centre_that_is_gone_is_found,
            a_clock_off_by_an_hour_is_found,
            a_clock_off_by_two_days_stops_the_desk,
            a_clock_off_by_a_minute_is_right_enough,
            a_card_that_answers_is_in_order,
            an_empty_reader_is_found,
            a_card_that_falls_silent_is_found,
            a_card_of_another_kind_is_found,
            the_doctor_is_understood_in_japanese,
        ], office)


if __name__ == "__main__":
    main()
