/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The RC-S380's IFD handler over the emulated reader: what pcscd asks of it. */
#include "config.h"

#include "drivers/pasori/features.h"
#include "madoguchi/reader-statistics.h"
#include "tests/driver/pasori-scene.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LUN PASORI_SCENE_LUN

static PasoriSceneReading reading;
static PasoriScene scene;

static int
plug(void **state)
{
    static char name[] = PASORI_SCENE_NAME;

    (void)state;
    pasori_scene_plug(&scene, 4, NULL, &reading);
    assert_int_equal(IFDHCreateChannelByName(LUN, name), IFD_SUCCESS);
    return 0;
}

static int
unplug(void **state)
{
    (void)state;
    (void)IFDHCloseChannel(LUN);
    pasori_scene_unplug(&scene, 4);
    return 0;
}

static int
read_card(void **state)
{
    (void)state;
    pasori_scene_read(&reading);
    return 0;
}

static int
clear_card(void **state)
{
    (void)state;
    pasori_scene_clear(&reading);
    return 0;
}

static void
print_breaches(void)
{
    const PasoriLedger *ledger = &scene.emulator->ledger;

    for (uint32_t i = 0; i < ledger->n_breaches && i < PASORI_MAX_BREACHES; i++) {
        print_message("# block %u, %s: %s\n", ledger->breaches[i].block,
                      ledger->breaches[i].clause, ledger->breaches[i].what);
    }
}

static void
read_all(void)
{
    bool is_right = false;

    for (size_t i = 0; i < reading.n_exchanges; i++) {
        assert_int_equal(pasori_scene_send(LUN, &reading.exchanges[i], &is_right), IFD_SUCCESS);
        assert_true(is_right);
    }
}

static void
a_card_is_read_from_end_to_end(void **state)
{
    const PasoriLedger *ledger = &scene.emulator->ledger;
    UCHAR atr[MAX_ATR_SIZE];
    DWORD len = sizeof(atr);

    (void)state;
    assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
    assert_int_equal(IFDHPowerICC(LUN, IFD_POWER_UP, atr, &len), IFD_SUCCESS);
    assert_int_equal(len, 13);
    assert_memory_equal(atr, "\x3B\x88\x80\x01", 4);
    read_all();
    assert_int_equal(scene.n_wrong, 0);
    assert_int_equal(scene.n_heard, reading.n_exchanges);
    print_breaches();
    assert_int_equal(ledger->n_breaches, 0);
    assert_int_equal(ledger->n_naks, 1); /* the new bit rate is tried out */
    assert_true(ledger->n_extensions > 0);
    print_message("# %zu APDUs in %u blocks, %u extensions\n", reading.n_exchanges,
                  ledger->n_blocks, ledger->n_extensions);
}

/* ---- power and presence
 * ------------------------------------------------------------------------------- */

static void
a_card_comes_and_goes(void **state)
{
    bool is_right = false;

    (void)state;
    atomic_store(&scene.is_absent, true);
    assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_NOT_PRESENT);
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_ERROR_POWER_ACTION);
    atomic_store(&scene.is_absent, false);
    assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
    assert_int_equal(pasori_scene_send(LUN, &reading.exchanges[0], &is_right),
                     IFD_COMMUNICATION_ERROR);
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
    assert_int_equal(pasori_scene_send(LUN, &reading.exchanges[0], &is_right), IFD_SUCCESS);
    atomic_store(&scene.is_absent, true);
    assert_int_equal(pasori_scene_send(LUN, &reading.exchanges[1], &is_right),
                     IFD_ICC_NOT_PRESENT);
    assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_NOT_PRESENT);
}

static void
presence_may_be_asked_at_any_time(void **state)
{
    bool is_right = false;

    (void)state;
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    for (size_t i = 0; i < reading.n_exchanges; i++) {
        assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
        assert_int_equal(pasori_scene_send(LUN, &reading.exchanges[i], &is_right), IFD_SUCCESS);
        assert_true(is_right);
    }
    assert_int_equal(scene.n_wrong, 0);
    print_breaches();
    assert_int_equal(scene.emulator->ledger.n_breaches, 0);
}

static void
a_reset_takes_the_cards_memory(void **state)
{
    (void)state;
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    read_all();
    assert_int_equal(scene.n_powered, 1);
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    assert_int_equal(scene.n_powered, 1);
    assert_int_equal(pasori_scene_power(LUN, IFD_RESET), IFD_SUCCESS);
    assert_int_equal(scene.n_powered, 2);
    read_all();
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_DOWN), IFD_SUCCESS);
    assert_false(scene.emulator->air.field);
    assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
    assert_false(scene.emulator->air.field);
    assert_int_equal(scene.n_wrong, 0);
    assert_int_equal(scene.emulator->ledger.n_breaches, 0);
}

static void
the_rate_falls_back_until_the_card_understands(void **state)
{
    UCHAR value[MADO_READER_STATISTICS_LEN];
    DWORD len = 0;

    (void)state;
    pasori_scene_fault(&scene, PASORI_FAULT_RATE, 1, 0, 424);
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    read_all();
    assert_int_equal(
        IFDHControl(LUN, MADO_READER_STATISTICS_CODE, NULL, 0, value, sizeof(value), &len),
        IFD_SUCCESS);
    assert_int_equal(len, MADO_READER_STATISTICS_LEN);
    assert_int_equal(value[1 + 8 * MADO_READER_KBITS + 7], 212);
    assert_int_equal(value[1 + 8 * MADO_READER_SLOWED + 7], 1);
    /* Not tried again with this card. */
    scene.emulator->ledger.n_attribs = 0;
    assert_int_equal(pasori_scene_power(LUN, IFD_RESET), IFD_SUCCESS);
    assert_int_equal(scene.emulator->ledger.n_attribs, 1);
}

/* ---- APDUs of the largest size
 * ------------------------------------------------------------------------ */

static void
fill_largest(PasoriSceneExchange *ret_exchange)
{
    static const uint8_t header[] = {0x00, 0xDA, 0x00, 0x00, 0x00, 0xFF, 0xFF};
    const size_t command_len = sizeof(header) + 65535 + 2;

    *ret_exchange = (PasoriSceneExchange){.command = malloc(command_len),
                                          .command_len = command_len,
                                          .answer = malloc(PASORI_SCENE_MAX_ANSWER),
                                          .answer_len = PASORI_SCENE_MAX_ANSWER};
    assert_non_null(ret_exchange->command);
    assert_non_null(ret_exchange->answer);
    for (size_t i = 0; i < command_len; i++) {
        ret_exchange->command[i] = (uint8_t)(i * 31 >> 3);
    }
    memcpy(ret_exchange->command, header, sizeof(header));
    for (size_t i = 0; i < PASORI_SCENE_MAX_ANSWER; i++) {
        ret_exchange->answer[i] = (uint8_t)(i * 17 >> 2);
    }
}

static void
the_largest_command_and_answer_pass(void **state)
{
    static const uint8_t frame_codes[] = {0x81, 0x51, 0x01}; /* FSC 256, 64, 16 */

    (void)state;
    for (size_t i = 0; i < MADO_N_ELEMENTS(frame_codes); i++) {
        static char name[] = "usb:054c/06c1:libudev:0:/dev/bus/usb/001/005";
        static PasoriScene large;
        static PasoriSceneReading one;
        PasoriPiccProfile profile = pasori_emulator_profile();
        bool is_right = false;

        profile.info[1] = frame_codes[i];
        fill_largest(&one.exchanges[0]);
        one.n_exchanges = 1;
        pasori_scene_plug(&large, 5, &profile, &one);
        assert_int_equal(IFDHCreateChannelByName(LUN + 0x10000, name), IFD_SUCCESS);
        assert_int_equal(pasori_scene_power(LUN + 0x10000, IFD_POWER_UP), IFD_SUCCESS);
        assert_int_equal(pasori_scene_send(LUN + 0x10000, &one.exchanges[0], &is_right),
                         IFD_SUCCESS);
        assert_true(is_right);
        assert_int_equal(large.n_wrong, 0);
        assert_int_equal(large.emulator->ledger.n_breaches, 0);
        assert_int_equal(IFDHCloseChannel(LUN + 0x10000), IFD_SUCCESS);
        pasori_scene_unplug(&large, 5);
        pasori_scene_clear(&one);
    }
}

static void
an_answer_too_long_for_the_buffer_is_an_error(void **state)
{
    SCARD_IO_HEADER send = {.Protocol = 1}, receive = {0};
    UCHAR answer[8] = {0};
    DWORD len = 1;

    (void)state;
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    assert_int_equal(IFDHTransmitToICC(LUN, send, reading.exchanges[0].command,
                                       reading.exchanges[0].command_len, answer, &len,
                                       &receive),
                     IFD_ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(len, 0);
    assert_int_equal(answer[1], 0);
    assert_int_equal(pasori_scene_power(LUN, IFD_RESET), IFD_SUCCESS);
    read_all();
    len = sizeof(answer);
    assert_int_equal(IFDHTransmitToICC(LUN, send, answer, 0, answer, &len, &receive),
                     IFD_COMMUNICATION_ERROR);
}

/* ---- what it tells
 * ------------------------------------------------------------------------------------ */

static void
capabilities_are_those_of_a_reader_without_a_slot_sensor(void **state)
{
    UCHAR value[64];
    DWORD len = sizeof(value);

    (void)state;
    assert_int_equal(IFDHGetCapabilities(LUN, TAG_IFD_SIMULTANEOUS_ACCESS, &len, value),
                     IFD_SUCCESS);
    assert_true(value[0] > 1);
    len = sizeof(value);
    assert_int_equal(IFDHGetCapabilities(LUN, TAG_IFD_THREAD_SAFE, &len, value), IFD_SUCCESS);
    assert_int_equal(value[0], 1);
    len = 1;
    assert_int_equal(IFDHGetCapabilities(LUN, TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, &len, value),
                     IFD_ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(IFDHGetCapabilities(LUN, 0x7777, &len, value), IFD_ERROR_TAG);
    len = sizeof(value);
    assert_int_equal(IFDHGetCapabilities(LUN, TAG_IFD_ATR, &len, value), IFD_SUCCESS);
    assert_int_equal(len, 0);
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    len = sizeof(value);
    assert_int_equal(IFDHGetCapabilities(LUN, SCARD_ATTR_ATR_STRING, &len, value), IFD_SUCCESS);
    assert_int_equal(len, 13);
    assert_int_equal(IFDHSetProtocolParameters(LUN, SCARD_PROTOCOL_T1, 0, 0, 0, 0),
                     IFD_SUCCESS);
    assert_int_equal(IFDHSetProtocolParameters(LUN, SCARD_PROTOCOL_T0, 0, 0, 0, 0),
                     IFD_PROTOCOL_NOT_SUPPORTED);
    assert_int_equal(IFDHSetCapabilities(LUN, TAG_IFD_ATR, 0, value), IFD_ERROR_TAG);
}

static uint64_t
number_of(const UCHAR *answer, size_t n)
{
    uint64_t number = 0;

    for (size_t i = 0; i < 8; i++) {
        number = number << 8 | answer[1 + 8 * n + i];
    }
    return number;
}

static void
features_lead_to_properties_and_statistics(void **state)
{
    static const UCHAR features[] = {0x12, 4, 0x42, 0x33, 0x00, 0x12,
                                     0xE5, 4, 0x42, 0,    0x0E, 0xC9};
    static const UCHAR properties[] = {0x08, 4,    '1',  '.',  '1', '1',  0x09, 1,
                                       0,    0x0A, 4,    0,    0,   1,    0,    0x0B,
                                       2,    0x4C, 0x05, 0x0C, 2,   0xC3, 0x06};
    UCHAR value[MADO_READER_STATISTICS_LEN];
    uint64_t in_buckets = 0;
    DWORD len = 0;

    (void)state;
    assert_int_equal(
        IFDHControl(LUN, CM_IOCTL_GET_FEATURE_REQUEST, NULL, 0, value, sizeof(value), &len),
        IFD_SUCCESS);
    assert_int_equal(len, sizeof(features));
    assert_memory_equal(value, features, len);
    assert_int_equal(
        IFDHControl(LUN, MADO_FEATURES_CODE_PROPERTIES, NULL, 0, value, sizeof(value), &len),
        IFD_SUCCESS);
    assert_int_equal(len, sizeof(properties));
    assert_memory_equal(value, properties, len);
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    read_all();
    assert_int_equal(
        IFDHControl(LUN, MADO_READER_STATISTICS_CODE, NULL, 0, value, sizeof(value), &len),
        IFD_SUCCESS);
    assert_int_equal(value[0], MADO_READER_STATISTICS_VERSION);
    assert_int_equal(number_of(value, MADO_READER_FIRMWARE), 0x0111);
    assert_int_equal(number_of(value, MADO_READER_APDUS), reading.n_exchanges);
    assert_int_equal(number_of(value, MADO_READER_BLOCKS), scene.emulator->ledger.n_blocks);
    assert_int_equal(number_of(value, MADO_READER_EXTENSIONS),
                     scene.emulator->ledger.n_extensions);
    for (size_t i = 0; i < MADO_READER_N_BUCKETS; i++) {
        in_buckets += number_of(value, MADO_READER_HISTOGRAM + i);
    }
    assert_int_equal(in_buckets, reading.n_exchanges);
    assert_int_equal(
        IFDHControl(LUN, MADO_READER_STATISTICS_CODE, NULL, 0, value, sizeof(value) - 1, &len),
        IFD_ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(len, 0);
    assert_int_equal(IFDHControl(LUN, 0x42000001, NULL, 0, value, sizeof(value), &len),
                     IFD_ERROR_NOT_SUPPORTED);
}

static void
a_block_costs_three_transfers(void **state)
{
    const PasoriLedger *ledger = &scene.emulator->ledger;
    uint32_t n_blocks, n_transfers;

    (void)state;
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    n_blocks = ledger->n_blocks;
    n_transfers = ledger->n_transfers_out + ledger->n_transfers_in - ledger->n_empty_out;
    read_all();
    n_blocks = ledger->n_blocks - n_blocks;
    n_transfers =
        ledger->n_transfers_out + ledger->n_transfers_in - ledger->n_empty_out - n_transfers;
    assert_int_equal(n_transfers, 3 * n_blocks);
    assert_int_equal(ledger->n_empty_out,
                     1); /* behind the one command that fills its packets */
}

static void
an_answer_without_its_empty_packet_is_taken_as_it_is(void **state)
{
    UCHAR value[MADO_READER_STATISTICS_LEN];
    DWORD len = 0;

    (void)state;
    pasori_scene_fault(&scene, PASORI_FAULT_USB_OPEN, 1, 0, 0);
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    read_all();
    assert_int_equal(
        IFDHControl(LUN, MADO_READER_STATISTICS_CODE, NULL, 0, value, sizeof(value), &len),
        IFD_SUCCESS);
    assert_int_equal(number_of(value, MADO_READER_UNENDED), scene.emulator->ledger.n_faults);
    assert_true(scene.emulator->ledger.n_faults > 0);
    assert_int_equal(number_of(value, MADO_READER_RETRIES), 0);
}

static void
only_our_readers_are_taken(void **state)
{
    static char names[][64] = {"usb:054c/0dc8:libudev:0:/dev/bus/usb/001/004",
                               "usb:054c/06c3:libudev:0:/dev/bus/usb/001/009",
                               "usb:054c/06c3:libudev:0:/dev/bus/usb/002/004",
                               "something else"};
    static char again[] = PASORI_SCENE_NAME;
    UCHAR value[4];
    DWORD len = sizeof(value);

    (void)state;
    for (size_t i = 0; i < MADO_N_ELEMENTS(names); i++) {
        assert_int_equal(IFDHCreateChannelByName(LUN + 1, names[i]), IFD_NO_SUCH_DEVICE);
    }
    assert_int_equal(IFDHCreateChannel(LUN + 1, 0), IFD_NO_SUCH_DEVICE);
    assert_int_equal(IFDHCreateChannelByName(LUN, again), IFD_COMMUNICATION_ERROR);
    assert_int_equal(IFDHICCPresence(LUN + 1), IFD_NO_SUCH_DEVICE);
    assert_int_equal(pasori_scene_power(LUN + 1, IFD_POWER_UP), IFD_NO_SUCH_DEVICE);
    assert_int_equal(IFDHControl(LUN + 1, 0, NULL, 0, value, 4, &len), IFD_NO_SUCH_DEVICE);
    assert_int_equal(IFDHGetCapabilities(LUN + 1, TAG_IFD_ATR, &len, value),
                     IFD_NO_SUCH_DEVICE);
    assert_int_equal(IFDHCloseChannel(LUN + 1), IFD_COMMUNICATION_ERROR);
}

/* ---- threads
 * ------------------------------------------------------------------------------------------ */

typedef struct {
    RESPONSECODE (*poll)(DWORD, int);
    RESPONSECODE (*stop)(DWORD);
} Polling;

static Polling
find_polling(void)
{
    Polling polling = {0};
    DWORD len = sizeof(polling.poll);

    assert_int_equal(IFDHGetCapabilities(LUN, TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, &len,
                                         (PUCHAR)&polling.poll),
                     IFD_SUCCESS);
    len = sizeof(polling.stop);
    assert_int_equal(
        IFDHGetCapabilities(LUN, TAG_IFD_STOP_POLLING_THREAD, &len, (PUCHAR)&polling.stop),
        IFD_SUCCESS);
    return polling;
}

/* As pcscd's event thread does it: what it saw, then a wait, then what it sees. */
typedef struct {
    RESPONSECODE before;
    RESPONSECODE poll;
    RESPONSECODE after;
    RESPONSECODE later;
} Watched;

static void *
watch_once(void *user)
{
    Watched *watched = user;
    Polling polling = find_polling();

    watched->poll = polling.poll(LUN, 600000);
    watched->after = IFDHICCPresence(LUN);
    watched->later = IFDHICCPresence(LUN);
    return NULL;
}

static void
the_wait_ends_when_a_card_comes_or_goes(void **state)
{
    Watched watched = {0};
    pthread_t thread;

    (void)state;
    assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
    assert_int_equal(pthread_create(&thread, NULL, watch_once, &watched), 0);
    atomic_store(&scene.is_absent, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(watched.poll, IFD_SUCCESS);
    assert_int_equal(watched.after, IFD_ICC_NOT_PRESENT);
    assert_int_equal(pthread_create(&thread, NULL, watch_once, &watched), 0);
    atomic_store(&scene.is_absent, false);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(watched.after, IFD_ICC_PRESENT);
}

/* The card has forgotten its PINs: who relied on them must be told. */
static void
a_broken_session_is_told_as_a_removal_once(void **state)
{
    Watched watched = {0};
    bool is_right = false;
    pthread_t thread;

    (void)state;
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
    pasori_scene_fault(&scene, PASORI_FAULT_MUTE, scene.emulator->ledger.n_blocks + 1, 1, 0);
    assert_int_equal(pthread_create(&thread, NULL, watch_once, &watched), 0);
    while (pasori_scene_send(LUN, &reading.exchanges[0], &is_right) == IFD_SUCCESS) {
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(watched.poll, IFD_SUCCESS);
    assert_int_equal(watched.after, IFD_ICC_NOT_PRESENT);
    assert_int_equal(watched.later, IFD_ICC_PRESENT);
}

static void
pcscd_can_end_the_wait(void **state)
{
    Watched watched = {0};
    Polling polling = find_polling();
    pthread_t thread;

    (void)state;
    assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
    assert_int_equal(pthread_create(&thread, NULL, watch_once, &watched), 0);
    assert_int_equal(polling.stop(LUN), IFD_SUCCESS);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(watched.poll, IFD_SUCCESS);
    assert_int_equal(watched.after, IFD_ICC_PRESENT);
    assert_int_equal(polling.poll(LUN, 0), IFD_SUCCESS);
    assert_int_equal(polling.poll(LUN + 1, 0), IFD_NO_SUCH_DEVICE);
    assert_int_equal(polling.stop(LUN + 1), IFD_NO_SUCH_DEVICE);
}

static void *
send_one(void *user)
{
    RESPONSECODE *code = user;
    bool is_right;

    *code = pasori_scene_send(LUN, &reading.exchanges[0], &is_right);
    return NULL;
}

static void
closing_the_channel_ends_a_transfer_that_is_stuck(void **state)
{
    Watched watched = {0};
    RESPONSECODE code = IFD_SUCCESS;
    pthread_t sender, watcher;

    (void)state;
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
    pasori_scene_shut(&scene);
    assert_int_equal(pthread_create(&sender, NULL, send_one, &code), 0);
    pasori_scene_await_stuck(&scene);
    assert_int_equal(pthread_create(&watcher, NULL, watch_once, &watched), 0);
    assert_int_equal(IFDHCloseChannel(LUN), IFD_SUCCESS);
    assert_int_equal(pthread_join(sender, NULL), 0);
    assert_int_equal(pthread_join(watcher, NULL), 0);
    assert_int_equal(code, IFD_NO_SUCH_DEVICE);
    assert_int_equal(watched.poll, IFD_NO_SUCH_DEVICE);
    assert_int_equal(IFDHICCPresence(LUN), IFD_NO_SUCH_DEVICE);
    assert_int_equal(IFDHCloseChannel(LUN), IFD_COMMUNICATION_ERROR);
}

#define N_READERS 4

static void *
read_again_and_again(void *user)
{
    const DWORD lun = *(const DWORD *)user;
    bool is_right = false;

    for (int round = 0; round < 5; round++) {
        assert_int_equal(pasori_scene_power(lun, IFD_RESET), IFD_SUCCESS);
        for (size_t i = 0; i < reading.n_exchanges; i++) {
            assert_int_equal(pasori_scene_send(lun, &reading.exchanges[i], &is_right),
                             IFD_SUCCESS);
            assert_true(is_right);
        }
    }
    return NULL;
}

static void *
ask_presence_until_stopped(void *user)
{
    atomic_bool *is_over = user;

    while (!atomic_load(is_over)) {
        for (DWORD n = 0; n < N_READERS; n++) {
            assert_int_equal(IFDHICCPresence(LUN + (n << 16)), IFD_ICC_PRESENT);
        }
    }
    return NULL;
}

static void
several_readers_work_at_the_same_time(void **state)
{
    static PasoriScene scenes[N_READERS];
    static char name[] = "usb:054c/06c3:libudev:0:/dev/bus/usb/001/00x";
    static DWORD luns[N_READERS];
    atomic_bool is_over = false;
    pthread_t threads[N_READERS], asker;

    (void)state;
    (void)IFDHCloseChannel(LUN);
    for (uint8_t n = 0; n < N_READERS; n++) {
        pasori_scene_plug(&scenes[n], (uint8_t)(5 + n), NULL, &reading);
        name[sizeof(name) - 2] = (char)('5' + n);
        luns[n] = LUN + ((DWORD)n << 16);
        assert_int_equal(IFDHCreateChannelByName(luns[n], name), IFD_SUCCESS);
        assert_int_equal(pthread_create(&threads[n], NULL, read_again_and_again, &luns[n]), 0);
    }
    assert_int_equal(pthread_create(&asker, NULL, ask_presence_until_stopped, &is_over), 0);
    for (uint8_t n = 0; n < N_READERS; n++) {
        assert_int_equal(pthread_join(threads[n], NULL), 0);
    }
    atomic_store(&is_over, true);
    assert_int_equal(pthread_join(asker, NULL), 0);
    for (uint8_t n = 0; n < N_READERS; n++) {
        assert_int_equal(IFDHCloseChannel(luns[n]), IFD_SUCCESS);
        assert_int_equal(scenes[n].n_wrong, 0);
        assert_int_equal(scenes[n].emulator->ledger.n_breaches, 0);
        pasori_scene_unplug(&scenes[n], (uint8_t)(5 + n));
    }
}

static void
an_unplugged_reader_is_no_device(void **state)
{
    static char name[] = PASORI_SCENE_NAME;
    char text[64];
    bool is_right = false;
    Watched watched = {0};

    (void)state;
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    pasori_emulator_control(scene.emulator, "unplug", text, sizeof(text));
    assert_int_equal(pasori_scene_send(LUN, &reading.exchanges[0], &is_right),
                     IFD_NO_SUCH_DEVICE);
    assert_int_equal(IFDHICCPresence(LUN), IFD_NO_SUCH_DEVICE);
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_NO_SUCH_DEVICE);
    (void)watch_once(&watched);
    assert_int_equal(watched.poll, IFD_NO_SUCH_DEVICE);
    assert_int_equal(IFDHCloseChannel(LUN), IFD_SUCCESS);
    pasori_emulator_control(scene.emulator, "plug", text, sizeof(text));
    assert_int_equal(IFDHCreateChannelByName(LUN, name), IFD_SUCCESS);
    assert_int_equal(pasori_scene_power(LUN, IFD_POWER_UP), IFD_SUCCESS);
    read_all();
}

int
main(void)
{
#define PLUGGED(test) cmocka_unit_test_setup_teardown(test, plug, unplug)
    const struct CMUnitTest tests[] = {
        PLUGGED(a_card_is_read_from_end_to_end),
        PLUGGED(a_card_comes_and_goes),
        PLUGGED(presence_may_be_asked_at_any_time),
        PLUGGED(a_reset_takes_the_cards_memory),
        PLUGGED(the_rate_falls_back_until_the_card_understands),
        PLUGGED(the_largest_command_and_answer_pass),
        PLUGGED(an_answer_too_long_for_the_buffer_is_an_error),
        PLUGGED(capabilities_are_those_of_a_reader_without_a_slot_sensor),
        PLUGGED(features_lead_to_properties_and_statistics),
        PLUGGED(a_block_costs_three_transfers),
        PLUGGED(an_answer_without_its_empty_packet_is_taken_as_it_is),
        PLUGGED(only_our_readers_are_taken),
        PLUGGED(the_wait_ends_when_a_card_comes_or_goes),
        PLUGGED(a_broken_session_is_told_as_a_removal_once),
        PLUGGED(pcscd_can_end_the_wait),
        PLUGGED(closing_the_channel_ends_a_transfer_that_is_stuck),
        PLUGGED(several_readers_work_at_the_same_time),
        PLUGGED(an_unplugged_reader_is_no_device),
    };

    return cmocka_run_group_tests(tests, read_card, clear_card);
}
