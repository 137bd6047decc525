/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the driver of the RC-S380 costs, over the emulated reader in the same process: its own
 * time for an APDU (the emulator's, and the card's, taken off), transfers for a block against
 * the least possible, and how long a whole reading takes on air at each bit rate.
 */
#include "config.h"

#include "tests/driver/pasori-scene.h"
#include "tests/support/test.h"

#include <string.h>
#include <time.h>

#define LUN      PASORI_SCENE_LUN
#define N_ROUNDS 200

static PasoriSceneReading reading;
static PasoriScene scene;

static uint64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void
plug(const PasoriPiccProfile *profile)
{
    static char name[] = PASORI_SCENE_NAME;

    pasori_scene_plug(&scene, 4, profile, &reading);
    assert_int_equal(IFDHCreateChannelByName(LUN, name), IFD_SUCCESS);
}

static void
unplug(void)
{
    assert_int_equal(IFDHCloseChannel(LUN), IFD_SUCCESS);
    pasori_scene_unplug(&scene, 4);
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
the_drivers_own_time(void **state)
{
    uint64_t total_ns = 0, inside_ns = 0, n_blocks = 0;

    (void)state;
    plug(NULL);
    for (int round = 0; round < N_ROUNDS; round++) {
        uint64_t start_ns, start_inside_ns;
        uint32_t start_blocks;

        assert_int_equal(pasori_scene_power(LUN, IFD_RESET), IFD_SUCCESS);
        start_blocks = scene.emulator->ledger.n_blocks;
        start_inside_ns = scene.inside_ns;
        start_ns = now_ns();
        read_all();
        total_ns += now_ns() - start_ns;
        inside_ns += scene.inside_ns - start_inside_ns;
        n_blocks += scene.emulator->ledger.n_blocks - start_blocks;
    }
    unplug();
    print_message("# %d readings of %zu APDUs: %.2f us an APDU, of which the emulated reader "
                  "and card %.2f us, the driver %.2f us (%.2f us a block)\n",
                  N_ROUNDS, reading.n_exchanges,
                  (double)total_ns / 1e3 / (double)(N_ROUNDS * reading.n_exchanges),
                  (double)inside_ns / 1e3 / (double)(N_ROUNDS * reading.n_exchanges),
                  (double)(total_ns - inside_ns) / 1e3 /
                      (double)(N_ROUNDS * reading.n_exchanges),
                  (double)(total_ns - inside_ns) / 1e3 / (double)n_blocks);
}

static void
transfers_for_a_block(void **state)
{
    const PasoriLedger *ledger;
    uint32_t n_blocks, n_transfers, n_empty;

    (void)state;
    plug(NULL);
    ledger = &scene.emulator->ledger;
    assert_int_equal(pasori_scene_power(LUN, IFD_RESET), IFD_SUCCESS);
    n_blocks = ledger->n_blocks;
    n_transfers = ledger->n_transfers_out + ledger->n_transfers_in;
    n_empty = ledger->n_empty_out;
    read_all();
    n_blocks = ledger->n_blocks - n_blocks;
    n_transfers = ledger->n_transfers_out + ledger->n_transfers_in - n_transfers;
    n_empty = ledger->n_empty_out - n_empty;
    print_message(
        "# %u blocks in %u bulk transfers: %.3f a block; the least possible is 3, and "
        "%u are the empty packets behind frames that fill their last\n",
        n_blocks, n_transfers, (double)n_transfers / n_blocks, n_empty);
    assert_int_equal(n_transfers, 3 * n_blocks + n_empty);
    unplug();
}

static void
time_on_air_by_bit_rate(void **state)
{
    static const struct {
        uint8_t rates;
        unsigned kbits;
    } rows[] = {{0x80, 106}, {0x91, 212}, {0xB3, 424}};

    (void)state;
    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        PasoriPiccProfile profile = pasori_emulator_profile();
        uint64_t start_us, start_card_us;

        profile.info[0] = rows[i].rates;
        plug(&profile);
        assert_int_equal(pasori_scene_power(LUN, IFD_RESET), IFD_SUCCESS);
        start_us = scene.emulator->ledger.now_us;
        start_card_us = scene.emulator->ledger.card_us;
        read_all();
        print_message("# at %u kbit/s a reading takes %.0f ms of simulated time without the "
                      "card's own work\n",
                      rows[i].kbits,
                      (double)(scene.emulator->ledger.now_us - start_us -
                               (scene.emulator->ledger.card_us - start_card_us)) /
                          1e3);
        unplug();
    }
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_drivers_own_time),
        cmocka_unit_test(transfers_for_a_block),
        cmocka_unit_test(time_on_air_by_bit_rate),
    };

    return cmocka_run_group_tests(tests, read_card, clear_card);
}
