/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every fault the emulated reader knows, at every block of a full reading of a card. Either the
 * reading goes on as if nothing had happened, as ISO/IEC 14443-4 has it, or the APDU ends in an
 * error that pcscd understands, in time, and after a reset the whole card can be read again.
 * The card itself tells if it was ever given anything but the reading's next command.
 */
#include "config.h"

#include "drivers/pasori/picc.h"
#include "tests/driver/pasori-scene.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LUN PASORI_SCENE_LUN

/* Beyond the driver's own limit for an APDU: the last wait, S(DESELECT), a look for the card,
 * and a reader that is reset on the way. */
#define BOUND_MS (MADO_PICC_MAX_WAIT_MS + 15000)

typedef enum {
    RECOVERS, /* always */
    FAILS,    /* always, unless it struck nothing */
    MAY_FAIL, /* recovered or failed, by where it strikes */
    MISLEADS, /* as MAY_FAIL, and the card may be given a block twice: see below */
} Outcome;

typedef struct {
    PasoriFaultKind kind;
    uint32_t times;
    uint32_t value;
    Outcome outcome;
} Fault;

static const Fault faults[] = {
    {PASORI_FAULT_LOST_TO_CARD, 1, 0, RECOVERS},
    {PASORI_FAULT_LOST_TO_CARD, 2, 0, RECOVERS},
    {PASORI_FAULT_LOST_TO_CARD, 0, 0, FAILS},
    {PASORI_FAULT_LOST_FROM_CARD, 1, 0, RECOVERS},
    {PASORI_FAULT_LOST_FROM_CARD, 2, 0, RECOVERS},
    {PASORI_FAULT_LOST_FROM_CARD, 0, 0, FAILS},
    {PASORI_FAULT_CRC_TO_CARD, 1, 0, RECOVERS},
    {PASORI_FAULT_CRC_TO_CARD, 2, 0, RECOVERS},
    {PASORI_FAULT_CRC_TO_CARD, 0, 0, FAILS},
    {PASORI_FAULT_CRC_FROM_CARD, 1, 0, RECOVERS},
    {PASORI_FAULT_CRC_FROM_CARD, 2, 0, RECOVERS},
    {PASORI_FAULT_CRC_FROM_CARD, 0, 0, FAILS},
    {PASORI_FAULT_STATUS, 1, 0x01, RECOVERS},
    {PASORI_FAULT_STATUS, 1, 0x02, RECOVERS},
    {PASORI_FAULT_STATUS, 1, 0x08, RECOVERS},
    {PASORI_FAULT_STATUS, 1, 0x10, RECOVERS},
    {PASORI_FAULT_STATUS, 0, 0x400, FAILS},
    {PASORI_FAULT_WRONG_NUMBER, 1, 0, RECOVERS},
    /* A card that twice names the wrong number has said, by rule 12, that it lacks a block. */
    {PASORI_FAULT_WRONG_NUMBER, 2, 0, MISLEADS},
    {PASORI_FAULT_WRONG_NUMBER, 0, 0, MISLEADS},
    {PASORI_FAULT_GARBLED, 1, 0, RECOVERS},
    {PASORI_FAULT_GARBLED, 0, 0, FAILS},
    {PASORI_FAULT_SHORT, 1, 0, RECOVERS},
    {PASORI_FAULT_STALE, 1, 0, RECOVERS},
    {PASORI_FAULT_STALE, 0, 0, MAY_FAIL},
    {PASORI_FAULT_WTX, 1, 1, RECOVERS},
    {PASORI_FAULT_WTX, 1, 40, RECOVERS},
    {PASORI_FAULT_WTX, 1, 5000, MAY_FAIL},
    /* Asked again the card asks the same again, so a multiplier it may not use ends it. */
    {PASORI_FAULT_WTX_MULTIPLIER, 1, 0, MAY_FAIL},
    {PASORI_FAULT_WTX_MULTIPLIER, 1, 59, RECOVERS},
    {PASORI_FAULT_WTX_MULTIPLIER, 1, 60, MAY_FAIL},
    {PASORI_FAULT_PULLED, 1, 0, FAILS},
    {PASORI_FAULT_PULLED_AFTER, 1, 0, FAILS},
    {PASORI_FAULT_MUTE, 1, 0, MAY_FAIL},
    /* The session ends, and the next is slower, at which the card is read again. */
    {PASORI_FAULT_RATE, 0, 424, MAY_FAIL},
    {PASORI_FAULT_RATE, 0, 212, MAY_FAIL},
    {PASORI_FAULT_USB_NO_ACK, 1, 0, RECOVERS},
    {PASORI_FAULT_USB_STALE, 1, 0, RECOVERS},
    {PASORI_FAULT_USB_STALE_AFTER, 1, 0, RECOVERS},
    {PASORI_FAULT_USB_GARBLED, 1, 0, RECOVERS},
    {PASORI_FAULT_USB_GARBLED, 0, 0, FAILS},
    {PASORI_FAULT_USB_LENGTH, 1, 0, RECOVERS},
    {PASORI_FAULT_USB_SHORT, 1, 1, RECOVERS},
    {PASORI_FAULT_USB_SHORT, 1, 4, RECOVERS},
    {PASORI_FAULT_USB_ERROR, 1, 0, RECOVERS},
    {PASORI_FAULT_USB_OTHER, 1, 0, RECOVERS},
    {PASORI_FAULT_USB_OPEN, 1, 0, RECOVERS},
    {PASORI_FAULT_USB_STALL, 1, 0, RECOVERS},
    {PASORI_FAULT_USB_HANG, 1, 0, RECOVERS},
    {PASORI_FAULT_USB_DEAF, 1, 0, FAILS},
    {PASORI_FAULT_USB_DEAD, 1, 0, FAILS},
    {PASORI_FAULT_USB_UNPLUG, 1, 0, FAILS},
    {PASORI_FAULT_USB_UNPLUG_ACK, 1, 0, FAILS},
};

typedef struct {
    unsigned n_runs;
    unsigned n_untouched; /* the fault found nothing to strike */
    unsigned n_recovered;
    unsigned n_failed;
    unsigned n_gone; /* of these: with the reader */
    uint64_t worst_ms;
} Counts;

static PasoriSceneReading reading;
static PasoriScene scene;

static void
plug(void)
{
    static char name[] = PASORI_SCENE_NAME;

    pasori_scene_plug(&scene, 4, NULL, &reading);
    assert_int_equal(IFDHCreateChannelByName(LUN, name), IFD_SUCCESS);
}

static void
unplug(void)
{
    (void)IFDHCloseChannel(LUN);
    pasori_scene_unplug(&scene, 4);
}

static bool
is_clean(RESPONSECODE code)
{
    return code == IFD_ICC_NOT_PRESENT || code == IFD_RESPONSE_TIMEOUT ||
           code == IFD_COMMUNICATION_ERROR || code == IFD_NO_SUCH_DEVICE ||
           code == IFD_ERROR_POWER_ACTION;
}

/* Powers up and reads; the first error, or IFD_SUCCESS. A wrong byte fails the test. */
static RESPONSECODE
read_all(uint64_t *ret_worst_ms)
{
    RESPONSECODE code = pasori_scene_power(LUN, IFD_RESET);
    bool is_right = false;

    for (size_t i = 0; i < reading.n_exchanges && code == IFD_SUCCESS; i++) {
        const uint64_t start_us = scene.emulator->ledger.now_us;
        uint64_t ms;

        code = pasori_scene_send(LUN, &reading.exchanges[i], &is_right);
        ms = (scene.emulator->ledger.now_us - start_us) / 1000;
        *ret_worst_ms = ms > *ret_worst_ms ? ms : *ret_worst_ms;
        assert_true(code != IFD_SUCCESS || is_right);
        assert_true(ms <= BOUND_MS);
    }
    return code;
}

static unsigned
count_blocks(void)
{
    uint64_t worst_ms = 0;
    unsigned n_blocks;

    plug();
    assert_int_equal(read_all(&worst_ms), IFD_SUCCESS);
    n_blocks = scene.emulator->ledger.n_blocks;
    unplug();
    return n_blocks;
}

static bool
says_whether_a_card_is_in(void)
{
    RESPONSECODE code = IFDHICCPresence(LUN);

    return code == IFD_ICC_PRESENT || code == IFD_ICC_NOT_PRESENT;
}

/* After an error: the card or the reader is gone, or everything works again. */
static void
start_over(const Fault *fault, RESPONSECODE code, Counts *counts)
{
    static char name[] = PASORI_SCENE_NAME;
    uint64_t worst_ms = 0;

    assert_true(is_clean(code));
    counts->n_failed++;
    if (fault->kind != PASORI_FAULT_RATE) {
        scene.emulator->script.n_faults = 0;
    }
    if (code == IFD_NO_SUCH_DEVICE || !says_whether_a_card_is_in()) {
        counts->n_gone++;
        assert_int_equal(IFDHCloseChannel(LUN), IFD_SUCCESS);
        pasori_emulator_control(scene.emulator, "unplug", (char[64]){0}, 64);
        pasori_emulator_control(scene.emulator, "plug", (char[64]){0}, 64);
        assert_int_equal(IFDHCreateChannelByName(LUN, name), IFD_SUCCESS);
    }
    scene.is_absent = true;
    assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_NOT_PRESENT);
    scene.is_absent = false;
    assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
    scene.n_wrong = 0;
    assert_int_equal(read_all(&worst_ms), IFD_SUCCESS);
    assert_int_equal(scene.n_wrong, 0);
}

/*
 * What the driver does against the letter, or seems to. R(ACK) of the other number that was not
 * asked for by R(NAK) is no request to send a block again (rule 6), since no card that keeps
 * rule 12 sends it. Doing so would give a card that has the block the same bytes twice; R(NAK)
 * brings out the truth. An answer that was lost on the wire was heard on the air, which is all
 * that the watch over the rules sees. And an old request for more time looks like a new one.
 */
static bool
is_deliberate(const Fault *fault, const PasoriBreach *breach)
{
    if (fault->kind == PASORI_FAULT_WRONG_NUMBER || fault->kind == PASORI_FAULT_STALE) {
        return strncmp(breach->what, "rule 6", 6) == 0;
    }
    if (fault->kind == PASORI_FAULT_USB_STALE_AFTER &&
        strcmp(breach->what, "a command before the answer to the last one was taken") == 0) {
        return true;
    }
    return fault->kind >= PASORI_FAULT_USB_NO_ACK && strncmp(breach->clause, "14443", 5) == 0;
}

static void
check_breaches(const Fault *fault, uint32_t at)
{
    const PasoriLedger *ledger = &scene.emulator->ledger;

    for (uint32_t i = 0; i < ledger->n_breaches && i < PASORI_MAX_BREACHES; i++) {
        if (!is_deliberate(fault, &ledger->breaches[i])) {
            fail_msg("at block %u: %s: %s (block %u)", at, ledger->breaches[i].clause,
                     ledger->breaches[i].what, ledger->breaches[i].block);
        }
    }
}

static void
strike(const Fault *fault, uint32_t at, Counts *counts)
{
    RESPONSECODE code;

    plug();
    pasori_scene_fault(&scene, fault->kind, at, fault->times, fault->value);
    code = read_all(&counts->worst_ms);
    assert_true(scene.n_wrong == 0 || fault->outcome == MISLEADS);
    counts->n_runs++;
    if (scene.emulator->ledger.n_faults == 0) {
        assert_int_equal(code, IFD_SUCCESS);
        counts->n_untouched++;
    } else if (code == IFD_SUCCESS) {
        counts->n_recovered++;
        assert_true(fault->outcome != FAILS);
    } else {
        if (fault->outcome == RECOVERS) {
            print_error("at block %u: error %ld\n", at, (long)code);
        }
        assert_true(fault->outcome != RECOVERS);
        start_over(fault, code, counts);
    }
    check_breaches(fault, at);
    unplug();
}

static void
strikes_at_every_block(void **state)
{
    const Fault *fault = *state;
    const unsigned n_blocks = count_blocks();
    Counts counts = {0};

    for (uint32_t at = 1; at <= n_blocks; at++) {
        strike(fault, at, &counts);
    }
    print_message("# %s, times %u, value %u: %u runs, %u recovered, %u failed cleanly (%u with "
                  "the reader), %u without effect; longest APDU %llu ms\n",
                  pasori_script_name(fault->kind), fault->times, fault->value, counts.n_runs,
                  counts.n_recovered, counts.n_failed, counts.n_gone, counts.n_untouched,
                  (unsigned long long)counts.worst_ms);
    assert_int_equal(counts.n_runs, n_blocks);
    assert_true(counts.n_recovered + counts.n_failed > 0);
}

static int
read_card(void **state)
{
    (void)state;
    pasori_scene_read(&reading);
    return 0;
}

static int
clean_up(void **state)
{
    (void)state;
    if (scene.emulator != NULL) { /* the test failed on the way */
        unplug();
    }
    return 0;
}

static int
clear_card(void **state)
{
    (void)state;
    pasori_scene_clear(&reading);
    return 0;
}

int
main(void)
{
    static struct CMUnitTest tests[MADO_N_ELEMENTS(faults)];
    static Fault states[MADO_N_ELEMENTS(faults)];
    static char names[MADO_N_ELEMENTS(faults)][64];

    for (size_t i = 0; i < MADO_N_ELEMENTS(faults); i++) {
        states[i] = faults[i];
        snprintf(names[i], sizeof(names[i]), "%s times %u value %u",
                 pasori_script_name(faults[i].kind), faults[i].times, faults[i].value);
        tests[i] =
            (struct CMUnitTest){names[i], strikes_at_every_block, NULL, clean_up, &states[i]};
    }
    return cmocka_run_group_tests(tests, read_card, clear_card);
}
