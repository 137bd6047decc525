/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The training card gives the same bytes through the emulated reader as at its own door. */
#include "config.h"

#include "common/hex.h"
#include "tests/support/pasori/script-host.h"
#include "tests/support/pasori/shell-process.h"
#include "tests/support/pasori/training-chip.h"
#include "tests/support/test-card.h"
#include "tests/support/test.h"

#include <string.h>

#define MAX_ANSWER 65538U

#define BYTES_16  "000102030405060708090A0B0C0D0E0F"
#define BYTES_64  BYTES_16 BYTES_16 BYTES_16 BYTES_16
#define BYTES_256 BYTES_64 BYTES_64 BYTES_64 BYTES_64

static const char *const commands[] = {
    "00A4040C07A0000001510000",       /* the first after power-up is 6F00 */
    "00A4040C0AD392F000260100000001", /* JPKI */
    "00A4020C020018",                 /* its authentication PIN */
    "0020008004"
    "31323334",
    "00A4020C02000A", /* a certificate */
    "00B0000000",
    "00200080000100" BYTES_256, /* extended: longer than any frame */
    "00A4020C020017",           /* the signing key */
    "802A008013"
    "3051300D0609608648016503040203050004AA"
    "00",
    "00FF0000",
};

static void
the_card_answers_alike_at_every_frame_size(void **state)
{
    static uint8_t direct[MAX_ANSWER];
    static uint8_t aired[MAX_ANSWER];
    uint32_t most_waits = 0;

    (void)state;
    for (uint8_t fsdi = 0; fsdi <= 8; fsdi++) {
        static TestCard one;
        static TestCard two;
        PasoriChip chip;
        PasoriEmulator *emulator;
        PasoriHost host = {0};

        test_card_open(&one, MADO_LIFE_ACTIVE);
        test_card_open(&two, MADO_LIFE_ACTIVE);
        chip = pasori_training_chip_of_card(two.card);
        emulator = pasori_emulator_new(NULL, &chip);
        assert_non_null(emulator);
        host.usb = pasori_shell_process_open(emulator);
        assert_non_null(host.usb);
        assert_true(pasori_script_host_prepare(&host));
        assert_true(pasori_script_host_activate(&host, fsdi));
        mado_card_power_down(one.card);
        assert_int_equal(mado_card_power_up(one.card), MADO_CARD_OK);
        for (size_t i = 0; i < MADO_N_ELEMENTS(commands); i++) {
            uint8_t command[512];
            size_t command_len = 0;
            size_t direct_len = 0;
            size_t aired_len = 0;

            assert_int_equal(mado_hex_parse(commands[i], strlen(commands[i]), command,
                                            sizeof(command), &command_len),
                             0);
            assert_int_equal(mado_card_exchange(one.card, command, command_len, direct,
                                                sizeof(direct), &direct_len),
                             MADO_CARD_OK);
            assert_true(pasori_script_host_exchange(&host, command, command_len, aired,
                                                    sizeof(aired), &aired_len));
            assert_int_equal(aired_len, direct_len);
            assert_memory_equal(aired, direct, direct_len);
        }
        assert_int_equal(emulator->ledger.n_breaches, 0);
        assert_int_equal(emulator->ledger.n_apdus, MADO_N_ELEMENTS(commands));
        most_waits = emulator->ledger.n_extensions > most_waits ? emulator->ledger.n_extensions
                                                                : most_waits;
        host.usb->ops->close(host.usb);
        pasori_emulator_free(emulator);
        test_card_close(&one);
        test_card_close(&two);
    }
    assert_true(most_waits > 0); /* the signature takes longer than FWT */
}

/* A driver makes the ATR from ATQB (PC/SC part 3, 3.1.3.2.3.2), and it must be the card's. */
static void
atqb_is_what_the_atr_is_made_of(void **state)
{
    PasoriPiccProfile profile = pasori_emulator_profile();
    const uint8_t *atr;
    size_t len = 0;

    (void)state;
    mado_card_atr(MADO_CARD_CONTACTLESS, &atr, &len);
    assert_int_equal(len, 13);
    assert_memory_equal(atr + 4, profile.app, 4);
    assert_memory_equal(atr + 8, profile.info, 3);
    assert_int_equal(atr[11], profile.mbli << 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(atqb_is_what_the_atr_is_made_of),
        cmocka_unit_test(the_card_answers_alike_at_every_frame_size),
    };

    return cmocka_run_group_tests_name("pasori-training", tests, NULL, NULL);
}
