/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/digits.h"
#include "tests/support/test.h"

#include <string.h>

static void
numbers_are_told_by_their_check_digit(void **state)
{
    /* Documented test numbers only: any valid number may be somebody's. */
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"123456789018", true},
        {"983205673214", true},
        {"537686677188", true},
        {"000000000000", true},
        {"123456789010", false},
        {"123456789081", false},
        {"12345678901", false},
        {"1234567890189", false},
        {"12345678901A", false},
        {" 23456789018", false},
        {"", false},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++)
        assert_int_equal(mado_digits_number_is_valid(rows[i].text, strlen(rows[i].text)),
                         rows[i].valid);
}

static void
every_single_wrong_digit_of_a_number_is_noticed(void **state)
{
    /* Of this number: the rule folds remainders 0 and 1 into one digit and misses some slips.
     */
    unsigned n_missed = 0;

    for (size_t at = 0; at < MADO_DIGITS_NUMBER_LEN; at++) {
        for (char digit = '0'; digit <= '9'; digit++) {
            char text[] = "123456789018";

            if (text[at] == digit)
                continue;
            text[at] = digit;
            n_missed += mado_digits_number_is_valid(text, MADO_DIGITS_NUMBER_LEN);
        }
    }
    assert_int_equal(n_missed, 0);
}

static void
a_check_digit_needs_eleven_digits(void **state)
{
    static const char *const texts[] = {"", "1234567890", "123456789012", "1234567890x"};
    char digit = 'x';

    for (size_t i = 0; i < MADO_N_ELEMENTS(texts); i++)
        assert_false(mado_digits_check_digit(texts[i], strlen(texts[i]), &digit));
    assert_int_equal(digit, 'x');
    assert_true(mado_digits_check_digit("12345678901", 11, &digit));
    assert_int_equal(digit, '8');
}

static void
number_b_is_made_of_what_is_printed(void **state)
{
    static const struct {
        MadoDate birth;
        unsigned year;
        const char *code;
        const char *number;
    } rows[] = {
        {{1980, 2, 17}, 2035, "2285", "55021720352285"}, /* opened a test card */
        {{2009, 10, 29}, 2025, "0000", "21102920250000"},
        {{1989, 1, 7}, 2030, "1234", "64010720301234"},
        {{1989, 1, 8}, 2030, "1234", "01010820301234"},
        {{1981, 2, 29}, 2030, "1234", NULL},
        {{1980, 2, 17}, 999, "1234", NULL},
        {{1980, 2, 17}, 10000, "1234", NULL},
        {{1980, 2, 17}, 2030, "123", NULL},
        {{1980, 2, 17}, 2030, "12345", NULL},
        {{1980, 2, 17}, 2030, "12a4", NULL},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        char text[MADO_DIGITS_NUMBER_B_SIZE] = "same";

        assert_int_equal(mado_digits_number_b(&rows[i].birth, rows[i].year, rows[i].code,
                                              strlen(rows[i].code), text),
                         rows[i].number != NULL);
        assert_string_equal(text, rows[i].number != NULL ? rows[i].number : "same");
    }
}

static void
corporate_numbers_have_their_check_digit_first(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"4011001098993", true},  {"7123456789012", true},   {"7000012050002", true},
        {"5011001098993", false}, {"0011001098993", false},  {"401100109899", false},
        {"401100109899x", false}, {"40110010989930", false},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++)
        assert_int_equal(mado_digits_corporate_is_valid(rows[i].text, strlen(rows[i].text)),
                         rows[i].valid);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_told_by_their_check_digit),
        cmocka_unit_test(every_single_wrong_digit_of_a_number_is_noticed),
        cmocka_unit_test(a_check_digit_needs_eleven_digits),
        cmocka_unit_test(number_b_is_made_of_what_is_printed),
        cmocka_unit_test(corporate_numbers_have_their_check_digit_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
