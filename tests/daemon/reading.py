#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Inspect, read and PINs on the real stack: pcscd, the training reader, madoguchid, madoguchictl."""
import os
import sys
import tempfile

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.environ.get("MADO_TOP_BUILDDIR", TOP)
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402
from desk.client import Client, pins_text  # noqa: E402
from desk.process import wait_until  # noqa: E402
from desk.programs import Programs  # noqa: E402
from desk.reading import NUMBER, NUMBER_B, PINS, ReadingDesk  # noqa: E402

SLOT = 0
ALL = ("attributes", "number", "face", "certificates", "sign-certificate")


def insert(desk, name):
    """Another card, out and in, each seen by the daemon."""
    client = Client(desk, SLOT)
    reader = desk.reader_name(SLOT)
    desk.cards.remove(SLOT)
    wait_until(lambda: any(row["name"] == reader and not row["card"] for row in client.call("readers").json["readers"]),
               "the daemon sees no card")
    desk.cards.insert(SLOT, name)
    client.wait_for_card(SLOT)
    return client


def change(desk, client, kind, new):
    """One PIN, from what it is now; the answer."""
    answer = client.call("pin", "change", kind,
                         secrets={"--pins-fd": pins_text({"old-" + kind: desk.pins[kind], kind: new})})
    if answer.succeeded and answer.json.get("state") == "changed":
        desk.pins[kind] = new
    return answer


def refused(answer, nick):
    tap.true(not answer.succeeded, answer)
    tap.equal(answer.json["error"]["nick"], nick, answer.json["error"].get("detail"))
    return answer.json["error"]


def text_pin_tries(desk, name):
    """By the card's own file."""
    return next(pin["tries"] for pin in desk.cards.show(name)["pins"]
                if (pin["application"], pin["ef"]) == ("text", "0011"))


def by_b(client, *what):
    return client.call("read", *what, "--credential", "number-b", secrets={"--number-b-fd": NUMBER_B})


def an_issued_card_says_what_it_is(desk):
    answer = insert(desk, "good").call("inspect")
    tap.true(answer.succeeded, answer)
    card = answer.json["card"]
    tap.equal(card["life-cycle"], "active", "life cycle")
    tap.equal(card["municipality"], "99999", "municipality")
    tap.equal((card["auth-certificate"], card["sign-certificate"]), (True, True), "certificates")
    tap.equal((card["tries"]["sign"], card["tries"]["auth"]), (5, 3), "tries")


def everything_is_read_and_verified_with_the_pins(desk):
    answer = insert(desk, "good").call("read", *ALL, "--credential", "pin",
                                       secrets={"--pins-fd": pins_text(desk.pins)})
    tap.true(answer.succeeded, answer)
    for check in ("text-signature", "number-signature", "face-signature", "clone", "auth-chain", "sign-chain"):
        tap.equal(answer.json["checks"][check], "verified", check)


def number_b_opens_attributes_and_face(desk):
    answer = by_b(insert(desk, "fresh"), "attributes", "face")
    tap.true(answer.succeeded, answer)
    for check in ("text-signature", "face-signature", "clone"):
        tap.equal(answer.json["checks"][check], "verified", check)
    tap.equal(answer.json["checks"]["number-signature"], "not-read", "number-signature")


def the_photo_is_decoded_in_a_process_of_its_own(desk):
    folder = tempfile.mkdtemp(dir=desk.root)
    os.chmod(folder, 0o777)
    client = insert(desk, "good")
    answer = client.call("read", "picture", "--credential", "number-b", "--out", os.path.join(folder, "files"),
                         secrets={"--number-b-fd": NUMBER_B})
    tap.true(answer.succeeded, answer)
    tap.equal(answer.json["checks"]["picture"], "decoded", answer.json["checks"])
    tap.equal(answer.json["checks"]["face-signature"], "verified", answer.json["checks"])
    quality = answer.json["checks"]["quality"]
    tap.true(quality["sharpness"] > 0 and quality["dynamic-range"] > 1 and 0 < quality["compression"] < 8, quality)
    with open(os.path.join(folder, "files", "picture.ppm"), "rb") as file:
        head, size, depth, pixels = file.read().split(b"\n", 3)
    width, height = map(int, size.split())
    tap.equal((head, depth, len(pixels)), (b"P6", b"255", 3 * width * height), "picture.ppm")


def a_photo_that_cannot_be_decoded_spoils_nothing_else(desk):
    answer = by_b(insert(desk, "photo"), "attributes", "picture")
    tap.true(answer.succeeded, answer)
    tap.equal(answer.json["checks"]["picture"], "CardData", answer.json["checks"])
    tap.equal(answer.json["checks"]["face-signature"], "verified", "the signature is over those bytes")
    tap.true("quality" not in answer.json["checks"], answer.json["checks"])


def a_credential_opens_no_more_than_on_the_card(desk):
    client = insert(desk, "fresh")
    refused(by_b(client, "number"), "BadArgument")
    refused(client.call("read", "attributes", "--credential", "number-a", secrets={"--number-a-fd": NUMBER}),
            "BadArgument")


def a_wrong_pin_costs_one_try_and_says_how_many_are_left(desk):
    client = insert(desk, "good")
    before = text_pin_tries(desk, "good")
    error = refused(client.call("read", "attributes", "--credential", "pin",
                                secrets={"--pins-fd": pins_text(dict(desk.pins, text="9999"))}), "PinWrong")
    tap.true(f"tries={before - 1}" in error["detail"], error)
    tap.equal(text_pin_tries(desk, "good"), before - 1, "tries on the card")
    tap.true(client.call("read", "attributes", "--credential", "pin",
                         secrets={"--pins-fd": pins_text(desk.pins)}).succeeded, "the right one")
    tap.equal(text_pin_tries(desk, "good"), before, "tries after the right one")


def a_pin_that_was_never_set_is_blocked_before_anything_is_typed(desk):
    refused(insert(desk, "fresh").call("read", "attributes", "--credential", "pin",
                                       secrets={"--pins-fd": pins_text(desk.pins)}), "PinBlocked")


def each_pin_can_be_changed_twice(desk):
    client = insert(desk, "good")
    for kind in PINS:
        for new in ("XYZ789", "PQR246") if kind == "sign" else ("5793", "8264"):
            answer = change(desk, client, kind, new)
            tap.true(answer.succeeded, f"{kind}: {answer}")


def a_juki_pin_left_half_changed_is_mended_by_the_next_call(desk):
    client = insert(desk, "good")
    desk.cards.start_trace(SLOT)
    tap.true(change(desk, client, "juki", "5793").succeeded, "whole")
    apdus, _ = desk.cards.trace(SLOT)
    changes = [n for n, apdu in enumerate(apdus, 1) if apdu[1] == 0x32]
    tap.equal(len(changes), 2, "commands that change")
    desk.cards.fault(SLOT, "before", changes[1])
    answer = change(desk, client, "juki", "8264")
    tap.equal(answer.json.get("state"), "half", answer)
    answer = change(desk, insert(desk, "good"), "juki", "8264")
    tap.equal(answer.json.get("state"), "changed", answer)


def defects_are_named(desk):
    for name, nick in (("foreign", "CardUnknown"), ("truncated", "CardData"), ("length", "CardData")):
        refused(by_b(insert(desk, name), "attributes", "face"), nick)
    for name, check, nick in (("face-signature", "face-signature", "CardForged"), ("clone", "clone", "CardCloned"),
                              ("text-signature", "text-signature", "CardForged"),
                              ("cvc", "face-signature", "CardForged")):
        answer = by_b(insert(desk, name), "attributes", "face")
        tap.true(not answer.succeeded, f"{name}: {answer}")
        tap.equal(answer.json["checks"][check], nick, name)


def an_empty_reader_has_no_card(desk):
    desk.cards.remove(SLOT)
    refused(Client(desk, SLOT).call("inspect"), "CardAbsent")


def a_user_the_authority_does_not_know_is_refused(desk):
    client = insert(desk, "good")
    if desk.uid("clerk") == desk.uid("centre"):
        raise tap.Skip("only one user is to be had without root")
    refused(client.call("inspect", role="centre"), "NotAuthorized")
    desk.allow("centre")
    refused(client.call("inspect"), "NotAuthorized")
    tap.true(client.call("inspect", role="centre").succeeded, "the other user")
    desk.allow("clerk")


def without_authority_everybody_is_refused(desk):
    client = insert(desk, "good")
    desk.kill("authority")
    refused(client.call("inspect"), "NotAuthorized")
    desk.ensure()
    tap.true(client.call("inspect").succeeded, "with the authority back")


def the_daemon_survives_its_reader_service(desk):
    client = insert(desk, "good")
    desk.kill("pcscd")
    os.unlink(desk.path("pcsc", "socket"))
    answer = client.call("inspect")
    tap.true(not answer.succeeded, answer)
    desk.ensure()
    client.wait_for_card(SLOT)
    tap.true(client.call("inspect").succeeded, "with the service back")


def a_restarted_daemon_serves_the_next_client(desk):
    client = insert(desk, "good")
    desk.kill("daemon")
    desk.ensure()
    client.wait_for_card(SLOT)
    tap.true(client.call("inspect").succeeded, "after the restart")


def the_log_holds_every_command_and_nothing_personal(desk):
    with open(desk.path("log", "daemon.log"), encoding="utf-8") as file:
        log = file.read()
    tap.true("ins 20" in log and "sw 9000" in log, "commands are logged")
    for secret in (NUMBER.decode(), NUMBER_B.decode(), "ABC123", "花子", "架空県"):
        tap.true(secret not in log, "something personal is in the log")


def main():
    programs = Programs(BUILD)
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as root:
        os.chmod(root, 0o755)
        with ReadingDesk(os.path.join(root, "desk"), programs, TOP) as desk:
            desk.make()
            desk.ensure()
            desk.pins = dict(PINS)
            tap.run([
                an_issued_card_says_what_it_is,
                everything_is_read_and_verified_with_the_pins,
                number_b_opens_attributes_and_face,
                the_photo_is_decoded_in_a_process_of_its_own,
                a_photo_that_cannot_be_decoded_spoils_nothing_else,
                a_credential_opens_no_more_than_on_the_card,
                a_wrong_pin_costs_one_try_and_says_how_many_are_left,
                a_pin_that_was_never_set_is_blocked_before_anything_is_typed,
                each_pin_can_be_changed_twice,
                a_juki_pin_left_half_changed_is_mended_by_the_next_call,
                defects_are_named,
                an_empty_reader_has_no_card,
                a_user_the_authority_does_not_know_is_refused,
                without_authority_everybody_is_refused,
                the_daemon_survives_its_reader_service,
                a_restarted_daemon_serves_the_next_client,
                the_log_holds_every_command_and_nothing_personal,
            ], desk)


if __name__ == "__main__":
    main()
