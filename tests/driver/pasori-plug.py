# SPDX-License-Identifier: LGPL-2.1-or-later
"""Readers and cards that come, go and fail while a client is at work: the RC-S380's driver in unmodified pcscd.

What every fault does at every block is tested in the driver's own process; here is what only the real libusb, udev and
pcscd can show. A scene that hangs fails by the time that it may take.
"""
import os
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import pcsc, tap  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.pasori import PasoriStack  # noqa: E402
from desk.process import wait_until  # noqa: E402

SELECT_ISD = bytes.fromhex("00A4040C07A0000001510000")
SELECT_JPKI = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_TOKEN = bytes.fromhex("00A4020C020006")
READ_TOKEN = bytes.fromhex("00B0000020")
OK = bytes.fromhex("9000")
ATR = bytes.fromhex("3B888001000041E0B381A1003B")
BROKEN = (pcsc.NOT_TRANSACTED, pcsc.NO_SMARTCARD, pcsc.REMOVED_CARD, pcsc.RESET_CARD,
          pcsc.UNRESPONSIVE_CARD, pcsc.COMM_ERROR, pcsc.UNPOWERED_CARD)
GONE = BROKEN + (pcsc.READER_UNAVAILABLE, pcsc.UNKNOWN_READER)


class Scene:
    """The stack, one PC/SC client, and a card that can be laid on."""

    def __init__(self, office, client):
        self.office = office
        self.stack = office.stack
        self.client = client
        self.reader = self.stack.reader_name(0)

    def wait_reader(self, wanted=True):
        wait_until(lambda: (self.reader in self.client.readers()) == wanted,
                   f"the reader is {'there' if wanted else 'gone'}", alive=self.pcscd_lives)

    def wait_card(self, wanted=True):
        wait_until(lambda: self.client.has_card(self.reader) == wanted,
                   f"the card is {'there' if wanted else 'gone'}", alive=self.pcscd_lives)

    def pcscd_lives(self):
        return not self.stack.has_died("pcscd")

    def lay_on(self):
        self.office.cards.insert(0, self.office.person.card)
        self.wait_card()

    def take_off(self):
        self.office.cards.remove(0)
        self.wait_card(False)

    def read(self):
        """A short reading from a fresh connection; bytes of the card."""
        self.client.connect(self.reader)
        try:
            self.client.transmit(SELECT_ISD)
            tap.equal(self.client.transmit(SELECT_JPKI), OK, "SELECT of JPKI")
            tap.equal(self.client.transmit(SELECT_TOKEN), OK, "SELECT of the label")
            return self.client.transmit(READ_TOKEN)
        finally:
            self.client.disconnect()

    def strike(self, fault, *more):
        """The fault at the next block but one of a connected client's SELECT, or the code it ended with."""
        self.client.connect(self.reader)
        try:
            self.client.transmit(SELECT_ISD)
            at = self.stack.ledger()[0]["blocks"] + 1
            self.stack.control(" ".join([f"fault {fault} {at}", *more]))
            return self.client.transmit(SELECT_JPKI)
        except pcsc.PcscError as error:
            return error.code
        finally:
            self.client.disconnect()
            self.stack.control("clear")


def a_reader_that_is_plugged_in_later_is_found(scene):
    scene.stack.control("unplug")
    scene.wait_reader(False)
    scene.stack.control("plug")
    scene.wait_reader()


def a_card_is_seen_and_has_the_atr_of_the_real_one(scene):
    scene.lay_on()
    tap.equal(scene.client.state(scene.reader)[1], ATR, "ATR")
    tap.equal(scene.read()[-2:], OK, "status word")
    scene.take_off()
    scene.lay_on()
    tap.equal(scene.read()[-2:], OK, "status word")


def a_lost_block_is_not_noticed(scene):
    for fault in ("lost-to-card", "lost-from-card", "crc-to-card", "crc-from-card", "wrong-number"):
        tap.equal(scene.strike(fault), OK, fault)


def spoilt_transfers_end_well_or_in_a_clean_error(scene):
    for fault, more in (("usb-garbled", ""), ("usb-short", "1 3"), ("usb-stale", ""),
                        ("usb-stale-after", ""), ("usb-no-ack", ""), ("usb-error", ""),
                        ("usb-stall", "")):
        end = scene.strike(fault, more)
        tap.true(end == OK or end in BROKEN, f"{fault}: {end}")
        scene.wait_card()
        tap.equal(scene.read()[-2:], OK, f"after {fault}")


def a_card_pulled_in_the_middle_is_told_as_removed(scene):
    end = scene.strike("pulled")
    tap.true(end in BROKEN, end)
    scene.take_off()
    scene.lay_on()
    tap.equal(scene.read()[-2:], OK, "status word")


def a_card_that_asks_for_time_without_end_is_given_up(scene):
    end = scene.strike("wtx", "0 1")
    tap.true(end in BROKEN, end)
    scene.wait_card()
    tap.equal(scene.read()[-2:], OK, "status word")


def a_reader_that_hangs_is_brought_back(scene):
    for fault in ("usb-hang", "usb-deaf"):
        end = scene.strike(fault)
        tap.true(end == OK or end in BROKEN, f"{fault}: {end}")
        scene.wait_card()
        tap.equal(scene.read()[-2:], OK, f"after {fault}")


def a_reader_torn_out_in_the_middle_of_a_transfer_is_gone_and_comes_back(scene):
    for fault in ("usb-unplug", "usb-unplug-ack"):
        end = scene.strike(fault)
        tap.true(end in GONE, f"{fault}: {end}")
        scene.wait_reader(False)
        scene.stack.control("plug")
        scene.wait_reader()
        scene.wait_card()
        tap.equal(scene.read()[-2:], OK, f"after {fault}")


def a_dead_reader_ends_in_an_error_and_another_one_serves(scene):
    end = scene.strike("usb-dead")
    tap.true(end in GONE, end)
    scene.stack.control("unplug")
    scene.wait_reader(False)
    scene.stack.control("plug")
    scene.wait_reader()
    scene.wait_card()
    tap.equal(scene.read()[-2:], OK, "status word")


def the_driver_broke_no_rule(scene):
    counters, breaches = scene.stack.ledger()
    tap.equal(breaches, [], "breaches")
    tap.true(scene.pcscd_lives(), "pcscd ended")
    print(f"# {counters['faults']} faults, {counters['blocks']} blocks, {counters['apdus']} APDUs, "
          f"at most {counters['most-silent']} frames in a row without an answer")


TESTS = [
    a_reader_that_is_plugged_in_later_is_found,
    a_card_is_seen_and_has_the_atr_of_the_real_one,
    a_lost_block_is_not_noticed,
    spoilt_transfers_end_well_or_in_a_clean_error,
    a_card_pulled_in_the_middle_is_told_as_removed,
    a_card_that_asks_for_time_without_end_is_given_up,
    a_reader_that_hangs_is_brought_back,
    a_reader_torn_out_in_the_middle_of_a_transfer_is_gone_and_comes_back,
    a_dead_reader_ends_in_an_error_and_another_one_serves,
    the_driver_broke_no_rule,
]


def main():
    with Office(make_stack=PasoriStack, started=False) as office:
        office.stack.ensure("pcscd")
        with pcsc.Pcsc(office.stack) as client:
            scene = Scene(office, client)
            scene.wait_reader()
            tap.run(TESTS, scene)


if __name__ == "__main__":
    main()
