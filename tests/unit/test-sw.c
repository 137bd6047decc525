/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sw.h"
#include "tests/support/test.h"

#include <string.h>

static void
words_mean_what_the_card_means(void **state)
{
    static const struct {
        uint16_t sw;
        MadoSwMeaning meaning;
    } rows[] = {
        {0x9000, MADO_SW_MEANING_OK},
        {0x6100, MADO_SW_MEANING_MORE},
        {0x61FF, MADO_SW_MEANING_MORE},
        {0x6C00, MADO_SW_MEANING_WRONG_LE},
        {0x6C9F, MADO_SW_MEANING_WRONG_LE},
        {0x6281, MADO_SW_MEANING_WARNING},
        {0x6283, MADO_SW_MEANING_WARNING},
        {0x6381, MADO_SW_MEANING_WARNING},
        {0x6300, MADO_SW_MEANING_PIN_WRONG},
        {0x63C1, MADO_SW_MEANING_PIN_WRONG},
        {0x63CF, MADO_SW_MEANING_PIN_WRONG},
        {0x63C0, MADO_SW_MEANING_PIN_BLOCKED},
        {0x6983, MADO_SW_MEANING_PIN_BLOCKED},
        {0x6984, MADO_SW_MEANING_PIN_BLOCKED},
        {0x6400, MADO_SW_MEANING_CARD_FAULT},
        {0x6581, MADO_SW_MEANING_CARD_FAULT},
        {0x6F00, MADO_SW_MEANING_CARD_FAULT},
        {0x6700, MADO_SW_MEANING_LENGTH},
        {0x66F1, MADO_SW_MEANING_SECURE_MESSAGING},
        {0x6882, MADO_SW_MEANING_SECURE_MESSAGING},
        {0x6987, MADO_SW_MEANING_SECURE_MESSAGING},
        {0x6988, MADO_SW_MEANING_SECURE_MESSAGING},
        {0x69FC, MADO_SW_MEANING_SECURE_MESSAGING},
        {0x6981, MADO_SW_MEANING_NOT_ALLOWED},
        {0x6982, MADO_SW_MEANING_NOT_ALLOWED},
        {0x6985, MADO_SW_MEANING_CONDITIONS},
        {0x6986, MADO_SW_MEANING_NO_CURRENT_FILE},
        {0x6A80, MADO_SW_MEANING_BAD_DATA},
        {0x6A82, MADO_SW_MEANING_NOT_FOUND},
        {0x6A83, MADO_SW_MEANING_NOT_FOUND},
        {0x6A88, MADO_SW_MEANING_NOT_FOUND},
        {0x6A84, MADO_SW_MEANING_NO_SPACE},
        {0x6A86, MADO_SW_MEANING_BAD_PARAMETERS},
        {0x6A87, MADO_SW_MEANING_BAD_PARAMETERS},
        {0x6B00, MADO_SW_MEANING_END_OF_FILE},
        {0x6881, MADO_SW_MEANING_NOT_SUPPORTED},
        {0x6A81, MADO_SW_MEANING_NOT_SUPPORTED},
        {0x6D00, MADO_SW_MEANING_NOT_SUPPORTED},
        {0x6E00, MADO_SW_MEANING_NOT_SUPPORTED},
        {0x0000, MADO_SW_MEANING_PROTOCOL},
        {0x9001, MADO_SW_MEANING_PROTOCOL},
        {0x6D01, MADO_SW_MEANING_PROTOCOL},
        {0x63D0, MADO_SW_MEANING_PROTOCOL},
        {0xFFFF, MADO_SW_MEANING_PROTOCOL},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++)
        assert_int_equal(mado_sw_meaning(rows[i].sw), rows[i].meaning);
}

static void
every_number_has_a_meaning_and_a_text(void **state)
{
    bool seen[MADO_SW_N_MEANINGS] = {false};

    for (unsigned sw = 0; sw <= 0xFFFF; sw++) {
        MadoSwMeaning meaning = mado_sw_meaning((uint16_t)sw);
        const char *text = mado_sw_text((uint16_t)sw);

        assert_in_range(meaning, 0, MADO_SW_N_MEANINGS - 1);
        seen[meaning] = true;
        assert_non_null(text);
        assert_int_equal(meaning == MADO_SW_MEANING_PROTOCOL,
                         strcmp(text, "unknown status word") == 0);
    }
    for (size_t i = 0; i < MADO_N_ELEMENTS(seen); i++)
        assert_true(seen[i]);
}

static void
tries_are_told_only_by_words_that_hold_them(void **state)
{
    for (unsigned sw = 0; sw <= 0xFFFF; sw++) {
        unsigned n_tries = 77;
        bool told = mado_sw_tries_left((uint16_t)sw, &n_tries);

        if (sw >= 0x63C0 && sw <= 0x63CF) {
            assert_true(told);
            assert_int_equal(n_tries, sw - 0x63C0);
        } else if (sw == 0x6983 || sw == 0x6984) {
            assert_true(told);
            assert_int_equal(n_tries, 0);
        } else {
            assert_false(told);
            assert_int_equal(n_tries, 77);
        }
    }
}

static void
lengths_are_told_only_by_words_that_hold_them(void **state)
{
    for (unsigned sw = 0; sw <= 0xFFFF; sw++) {
        size_t len = 777;
        bool told = mado_sw_told_len((uint16_t)sw, &len);

        if (sw >> 8 == 0x61 || sw >> 8 == 0x6C) {
            assert_true(told);
            assert_int_equal(len, (sw & 0xFF) == 0 ? 256 : sw & 0xFF);
        } else {
            assert_false(told);
            assert_int_equal(len, 777);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_mean_what_the_card_means),
        cmocka_unit_test(every_number_has_a_meaning_and_a_text),
        cmocka_unit_test(tries_are_told_only_by_words_that_hold_them),
        cmocka_unit_test(lengths_are_told_only_by_words_that_hold_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
