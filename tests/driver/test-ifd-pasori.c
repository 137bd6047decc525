/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The RC-S380's IFD handler over the emulated reader: what pcscd asks of it. */
#include "config.h"

#include "drivers/pasori/features.h"
#include "madoguchi/reader-statistics.h"
#include "tests/driver/pasori-scene.h"
#include "tests/support/test.h"

#include <stdio.h>
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

int
main(void)
{
#define PLUGGED(test) cmocka_unit_test_setup_teardown(test, plug, unplug)
    const struct CMUnitTest tests[] = {
        PLUGGED(a_card_is_read_from_end_to_end),
    };

    return cmocka_run_group_tests(tests, read_card, clear_card);
}
