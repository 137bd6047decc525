/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The emulated reader at its USB endpoints, by way of the shell that drivers are tested with.
 */
#include "config.h"

#include "common/hex.h"
#include "tests/support/pasori/script-host.h"
#include "tests/support/pasori/shell-process.h"
#include "tests/support/test.h"

#include <string.h>

typedef struct {
    PasoriChip chip;
    PasoriEmulator *emulator;
    PasoriHost host;
    bool gone;
} Desk;

static bool
is_present(void *user)
{
    const Desk *desk = user;

    return !desk->gone;
}

static bool
power_up(void *user)
{
    (void)user;
    return true;
}

static void
ignore(void *user)
{
    (void)user;
}

/* Echoes. */
static bool
exchange(void *user, const uint8_t *command, size_t len, PasoriChipAnswer *ret_answer)
{
    (void)user;
    memcpy(ret_answer->data, command, len);
    ret_answer->len = len;
    ret_answer->spent_us = 1000;
    return true;
}

static void
open_desk(Desk *desk)
{
    memset(desk, 0, sizeof(*desk));
    desk->chip = (PasoriChip){.user = desk,
                              .is_present = is_present,
                              .power_up = power_up,
                              .reset = ignore,
                              .power_down = ignore,
                              .exchange = exchange};
    desk->emulator = pasori_emulator_new(NULL, &desk->chip);
    assert_non_null(desk->emulator);
    desk->host.usb = pasori_shell_process_open(desk->emulator);
    assert_non_null(desk->host.usb);
}

static void
close_desk(Desk *desk)
{
    desk->host.usb->ops->close(desk->host.usb);
    pasori_emulator_free(desk->emulator);
}

static void
start(Desk *desk)
{
    assert_true(pasori_script_host_prepare(&desk->host));
    assert_true(pasori_script_host_activate(&desk->host, 8));
}

static void
script(Desk *desk, const char *text)
{
    assert_true(pasori_script_parse(&desk->emulator->script, text, strlen(text)));
}

/* One transfer in; its length, or minus the status. */
static int
read_in(Desk *desk, uint8_t *ret_data, size_t cap)
{
    size_t len = 0;
    MadoUsbStatus status = desk->host.usb->ops->read(desk->host.usb, ret_data, cap, 100, &len);

    return status == MADO_USB_OK ? (int)len : -(int)status;
}

static void
send_hex(Desk *desk, const char *hex)
{
    uint8_t bytes[512];
    size_t len = 0;

    assert_int_equal(mado_hex_parse(hex, strlen(hex), bytes, sizeof(bytes), &len), 0);
    assert_int_equal(pasori_script_host_send(&desk->host, bytes, len), MADO_USB_OK);
}

static void
expect_hex(Desk *desk, const char *hex)
{
    uint8_t bytes[512];
    uint8_t seen[1024];
    size_t len = 0;

    assert_int_equal(mado_hex_parse(hex, strlen(hex), bytes, sizeof(bytes), &len), 0);
    assert_int_equal(read_in(desk, seen, sizeof(seen)), (int)len);
    assert_memory_equal(seen, bytes, len);
}

/* ---- frames that were seen on real readers
 * ---------------------------------------------------------- */

static void
published_frames_are_answered_as_published(void **state)
{
    Desk desk;

    (void)state;
    open_desk(&desk);
    send_hex(&desk, "0000ffffff0300fdd62a01ff00");
    expect_hex(&desk, "0000ff00ff00");
    expect_hex(&desk, "0000ffffff0300fdd72b00fe00");
    send_hex(&desk, "0000ffffff0200fed6200a00");
    expect_hex(&desk, "0000ff00ff00");
    expect_hex(&desk, "0000ffffff0400fcd7211101f600");
    assert_int_equal(desk.emulator->ledger.n_breaches, 0);
    assert_int_equal(desk.emulator->ledger.n_transfers_out, 2);
    assert_int_equal(desk.emulator->ledger.n_transfers_in, 4);
    close_desk(&desk);
}

static void
a_frame_with_a_wrong_byte_is_refused(void **state)
{
    static const uint8_t good[] = {0x00, 0x00, 0xFF, 0xFF, 0xFF, 0x02,
                                   0x00, 0xFE, 0xD6, 0x20, 0x0A, 0x00};

    (void)state;
    for (size_t i = 0; i < sizeof(good); i++) {
        uint8_t bytes[sizeof(good)];
        Desk desk;

        open_desk(&desk);
        memcpy(bytes, good, sizeof(good));
        bytes[i] ^= 0x01;
        assert_int_equal(pasori_script_host_send(&desk.host, bytes, sizeof(bytes)),
                         MADO_USB_OK);
        expect_hex(&desk, "0000ffffff");
        assert_int_equal(desk.emulator->ledger.n_breaches, 1);
        close_desk(&desk);
    }
}

/* ---- transfers
 * ---------------------------------------------------------------------------------------- */

static void
a_transfer_of_full_packets_stays_open_without_an_empty_one(void **state)
{
    uint8_t inner[54] = {PASORI_TO_READER, 0x24};
    uint8_t bytes[PASORI_MAX_USB];
    uint8_t seen[64];
    Desk desk;

    (void)state;
    open_desk(&desk);
    assert_int_equal(pasori_frame_wrap(inner, sizeof(inner), bytes), 64);
    assert_int_equal(desk.host.usb->ops->write(desk.host.usb, bytes, 64, 100), MADO_USB_OK);
    assert_int_equal(read_in(&desk, seen, sizeof(seen)), -MADO_USB_TIMEOUT);
    assert_int_equal(desk.emulator->ledger.n_breaches, 1);
    assert_int_equal(desk.host.usb->ops->write(desk.host.usb, NULL, 0, 100), MADO_USB_OK);
    expect_hex(&desk, "0000ff00ff00");
    close_desk(&desk);
}

static void
answers_of_full_packets_are_ended_by_an_empty_one(void **state)
{
    (void)state;
    for (size_t len = 1; len < 250; len++) {
        uint8_t command[250];
        uint8_t answer[250];
        size_t answer_len = 0;
        Desk desk;

        open_desk(&desk);
        start(&desk);
        memset(command, 0xA5, sizeof(command));
        assert_true(pasori_script_host_exchange(&desk.host, command, len, answer,
                                                sizeof(answer), &answer_len));
        assert_int_equal(answer_len, len);
        assert_memory_equal(answer, command, len);
        assert_int_equal(desk.emulator->ledger.n_breaches, 0);
        close_desk(&desk);
    }
}

static void
time_goes_by_without_anyone_waiting(void **state)
{
    uint8_t seen[64];
    uint64_t before;
    Desk desk;

    (void)state;
    open_desk(&desk);
    before = desk.host.usb->ops->now_ms(desk.host.usb);
    assert_int_equal(read_in(&desk, seen, sizeof(seen)), -MADO_USB_TIMEOUT);
    assert_int_equal(desk.host.usb->ops->now_ms(desk.host.usb) - before, 100);
    close_desk(&desk);
}

/* ---- faults of the wire
 * ------------------------------------------------------------------------------- */

typedef struct {
    const char *fault;
    const char
        *first; /* what is read after the first block: hexadecimal, or NULL for nothing */
    const char *second;
} WireCase;

/* The block I(0)0 "A5" and what should come: ACK, then D705 00000000 08 02A5. */
static void
each_fault_of_the_wire_is_what_its_name_says(void **state)
{
    static const char ack[] = "0000ff00ff00";
    static const char answer[] = "0000ffffff0900f7d705000000000802a57500";
    static const char before[] = "0000ffffff0800f8d7050000000008001c00";
    static const char error[] = "0000ffffff";
    const WireCase cases[] = {
        {"usb-garbled 2", ack, answer},
        {"usb-no-ack 1", answer, NULL},
        {"usb-stale 1", before, ack},
        {"usb-stale-after 1", ack, before},
        {"usb-garbled 1", ack, "0000ffffff0900f7d705000000000802a52000"},
        {"usb-length 1", ack, "0000ffffff0900a2d705000000000802a57500"},
        {"usb-short 1 1 4", ack, "0000ffffff0900f7d7050000000008"},
        {"usb-error 1", ack, error},
        {"usb-other 1", ack, "0000ffffff0900f7d725000000000802a55500"},
        {"usb-hang 1", NULL, NULL},
        {"usb-deaf 1", NULL, NULL},
        {"usb-dead 1", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < MADO_N_ELEMENTS(cases); i++) {
        uint8_t seen[64];
        Desk desk;

        open_desk(&desk);
        start(&desk);
        script(&desk, cases[i].fault);
        send_hex(&desk, "0000ffffff0600fad60460ea02a53500");
        if (cases[i].first == NULL) {
            assert_int_equal(read_in(&desk, seen, sizeof(seen)), -MADO_USB_TIMEOUT);
        } else {
            expect_hex(&desk, cases[i].first);
        }
        if (cases[i].second != NULL) {
            expect_hex(&desk, cases[i].second);
        }
        close_desk(&desk);
    }
}

static void
a_hung_reader_comes_back_at_ack_a_deaf_one_at_reset_a_dead_one_at_replug(void **state)
{
    Desk desk;

    (void)state;
    open_desk(&desk);
    start(&desk);
    script(&desk, "usb-hang 1\nusb-deaf 2\nusb-dead 3");
    assert_false(pasori_script_host_frame(&desk.host, (const uint8_t[]){0x02, 1}, 2, 60000));
    send_hex(&desk, "0000ff00ff00");
    assert_true(pasori_script_host_command(&desk.host, PASORI_GET_FIRMWARE_VERSION, NULL, 0));
    assert_false(pasori_script_host_frame(&desk.host, (const uint8_t[]){0xB2}, 1, 60000));
    assert_int_equal(desk.host.usb->ops->write(desk.host.usb, (const uint8_t[]){0}, 1, 10),
                     MADO_USB_TIMEOUT);
    assert_int_equal(desk.host.usb->ops->reset(desk.host.usb), MADO_USB_OK);
    start(&desk);
    assert_false(pasori_script_host_frame(&desk.host, (const uint8_t[]){0x02, 1}, 2, 60000));
    assert_int_equal(desk.host.usb->ops->reset(desk.host.usb), MADO_USB_OK);
    assert_false(pasori_script_host_prepare(&desk.host));
    pasori_wire_plug(&desk.emulator->wire, true);
    start(&desk);
    close_desk(&desk);
}

static void
an_unplugged_reader_is_gone_until_it_is_plugged_in(void **state)
{
    uint8_t seen[64];
    Desk desk;

    (void)state;
    open_desk(&desk);
    start(&desk);
    script(&desk, "usb-unplug-ack 1");
    send_hex(&desk, "0000ffffff0600fad60460ea02a53500");
    expect_hex(&desk, "0000ff00ff00");
    assert_int_equal(read_in(&desk, seen, sizeof(seen)), -MADO_USB_GONE);
    assert_int_equal(desk.host.usb->ops->write(desk.host.usb, seen, 1, 10), MADO_USB_GONE);
    pasori_wire_plug(&desk.emulator->wire, true);
    start(&desk);
    close_desk(&desk);
}

static void
a_second_card_spoils_the_first_ones_answer(void **state)
{
    Desk desk;

    (void)state;
    open_desk(&desk);
    start(&desk);
    pasori_emulator_put_other(desk.emulator, true);
    assert_true(pasori_script_host_frame(&desk.host, (const uint8_t[]){0xC2}, 1, 60000));
    assert_false(pasori_script_host_activate(&desk.host, 8));
    pasori_emulator_put_other(desk.emulator, false);
    assert_true(pasori_script_host_activate(&desk.host, 8));
    close_desk(&desk);
}

static void
after_cancel_nothing_goes(void **state)
{
    uint8_t seen[64];
    Desk desk;

    (void)state;
    open_desk(&desk);
    desk.host.usb->ops->cancel(desk.host.usb);
    assert_int_equal(read_in(&desk, seen, sizeof(seen)), -MADO_USB_CANCELLED);
    close_desk(&desk);
}

/* ---- scripts and control
 * ------------------------------------------------------------------------------ */

static void
scripts_are_read_whole_or_not_at_all(void **state)
{
    static const char *const wrong[] = {"wtx",      "wtx x",   "nothing 1",    "wtx 1 1 1 1",
                                        "wtx 1\nx", "wtx -1",  "1 wtx",        "wtx 4294967296",
                                        "WTX 1",    "mute 1x", "wtx 1 2 3 4 5"};
    PasoriScript read = {.n_faults = 0};
    uint32_t value = 0;

    (void)state;
    assert_true(pasori_script_parse(&read, "# all\n\nwtx 3 2 59\r\n mute 9 0\n", 28));
    assert_int_equal(read.n_faults, 2);
    assert_false(pasori_script_strikes(&read, PASORI_FAULT_WTX, 2, &value));
    assert_true(pasori_script_strikes(&read, PASORI_FAULT_WTX, 4, &value));
    assert_int_equal(value, 59);
    assert_false(pasori_script_strikes(&read, PASORI_FAULT_WTX, 5, &value));
    assert_true(pasori_script_strikes(&read, PASORI_FAULT_MUTE, 4000, &value));
    for (size_t i = 0; i < MADO_N_ELEMENTS(wrong); i++) {
        assert_false(pasori_script_parse(&read, wrong[i], strlen(wrong[i])));
        assert_int_equal(read.n_faults, 2);
    }
    for (PasoriFaultKind kind = 1; kind < PASORI_FAULT_N_KINDS; kind++) {
        assert_string_not_equal(pasori_script_name(kind), "none");
    }
}

static void
a_control_line_does_what_it_says(void **state)
{
    char text[4096];
    Desk desk;

    (void)state;
    open_desk(&desk);
    start(&desk);
    assert_int_equal(pasori_emulator_control(desk.emulator, "fault mute 1", text, sizeof(text)),
                     3);
    assert_int_equal(desk.emulator->script.n_faults, 1);
    pasori_emulator_control(desk.emulator, "clear", text, sizeof(text));
    assert_int_equal(desk.emulator->script.n_faults, 0);
    assert_true(pasori_emulator_control(desk.emulator, "ledger", text, sizeof(text)) > 0);
    assert_non_null(strstr(text, "\nattribs 1\n"));
    pasori_emulator_control(desk.emulator, "forget", text, sizeof(text));
    assert_int_equal(desk.emulator->ledger.n_attribs, 0);
    pasori_emulator_control(desk.emulator, "what", text, sizeof(text));
    assert_string_equal(text, "error\n");
    close_desk(&desk);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_frames_are_answered_as_published),
        cmocka_unit_test(a_frame_with_a_wrong_byte_is_refused),
        cmocka_unit_test(a_transfer_of_full_packets_stays_open_without_an_empty_one),
        cmocka_unit_test(answers_of_full_packets_are_ended_by_an_empty_one),
        cmocka_unit_test(time_goes_by_without_anyone_waiting),
        cmocka_unit_test(each_fault_of_the_wire_is_what_its_name_says),
        cmocka_unit_test(
            a_hung_reader_comes_back_at_ack_a_deaf_one_at_reset_a_dead_one_at_replug),
        cmocka_unit_test(an_unplugged_reader_is_gone_until_it_is_plugged_in),
        cmocka_unit_test(a_second_card_spoils_the_first_ones_answer),
        cmocka_unit_test(after_cancel_nothing_goes),
        cmocka_unit_test(scripts_are_read_whole_or_not_at_all),
        cmocka_unit_test(a_control_line_does_what_it_says),
    };

    return cmocka_run_group_tests_name("pasori-reader", tests, NULL, NULL);
}
