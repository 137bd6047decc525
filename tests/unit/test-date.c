/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/date.h"
#include "tests/support/test.h"

#include <string.h>

static void
only_days_that_exist_are_read(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"19800217", true},  {"20000229", true},  {"20240229", true},  {"18730101", true},
        {"99991231", true},  {"19000229", false}, {"20230229", false}, {"21000229", false},
        {"18721231", false}, {"20230431", false}, {"20231301", false}, {"20230001", false},
        {"20230100", false}, {"20230132", false}, {"2023010", false},  {"202301011", false},
        {"2023010a", false}, {"2023 101", false}, {"00000000", false}, {"", false},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        MadoDate date = {7777, 7, 7};

        assert_int_equal(mado_date_parse(rows[i].text, strlen(rows[i].text), &date),
                         rows[i].valid);
        if (rows[i].valid)
            assert_true(mado_date_is_valid(&date));
        else
            assert_int_equal(date.year, 7777);
    }
}

static void
eras_change_by_day(void **state)
{
    static const struct {
        const char *text;
        MadoDateEra era;
        unsigned year;
        const char *digits;
    } rows[] = {
        {"18730101", MADO_DATE_MEIJI, 6, "060101"},
        {"19120729", MADO_DATE_MEIJI, 45, "450729"},
        {"19120730", MADO_DATE_TAISHO, 1, "010730"},
        {"19261224", MADO_DATE_TAISHO, 15, "151224"},
        {"19261225", MADO_DATE_SHOWA, 1, "011225"},
        {"19800217", MADO_DATE_SHOWA, 55, "550217"},
        {"19890107", MADO_DATE_SHOWA, 64, "640107"},
        {"19890108", MADO_DATE_HEISEI, 1, "010108"},
        {"20091029", MADO_DATE_HEISEI, 21, "211029"},
        {"20190430", MADO_DATE_HEISEI, 31, "310430"},
        {"20190501", MADO_DATE_REIWA, 1, "010501"},
        {"20251231", MADO_DATE_REIWA, 7, "071231"},
        {"21171231", MADO_DATE_REIWA, 99, "991231"},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        MadoDate date;
        MadoDateEra era;
        unsigned year = 0;
        char text[MADO_DATE_ERA_SIZE];

        assert_true(mado_date_parse(rows[i].text, 8, &date));
        assert_true(mado_date_era(&date, &era, &year));
        assert_int_equal(era, rows[i].era);
        assert_int_equal(year, rows[i].year);
        assert_true(mado_date_format_era(&date, text));
        assert_string_equal(text, rows[i].digits);
    }
}

static void
days_without_an_era_text_touch_nothing(void **state)
{
    static const MadoDate dates[] = {{2118, 1, 1}, {1872, 12, 31}, {2023, 2, 29}};

    for (size_t i = 0; i < MADO_N_ELEMENTS(dates); i++) {
        char text[MADO_DATE_ERA_SIZE] = "same";

        assert_false(mado_date_format_era(&dates[i], text));
        assert_string_equal(text, "same");
    }
}

static void
days_are_in_order(void **state)
{
    static const MadoDate dates[] = {
        {1989, 1, 7}, {1989, 1, 8}, {1989, 2, 1}, {1990, 1, 1}, {2019, 5, 1}};

    for (size_t i = 0; i < MADO_N_ELEMENTS(dates); i++) {
        for (size_t j = 0; j < MADO_N_ELEMENTS(dates); j++) {
            int order = mado_date_compare(&dates[i], &dates[j]);

            assert_int_equal(order < 0, i < j);
            assert_int_equal(order == 0, i == j);
        }
    }
}

static void
a_leap_day_is_kept_on_the_28th(void **state)
{
    static const struct {
        MadoDate birth;
        unsigned year;
        bool valid;
        MadoDate birthday;
    } rows[] = {
        {{2000, 2, 29}, 2004, true, {2004, 2, 29}}, {{2000, 2, 29}, 2005, true, {2005, 2, 28}},
        {{1980, 2, 17}, 2035, true, {2035, 2, 17}}, {{1980, 2, 17}, 10000, false, {0, 0, 0}},
        {{1980, 2, 17}, 1872, false, {0, 0, 0}},    {{1981, 2, 29}, 2035, false, {0, 0, 0}},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        MadoDate date = {0, 0, 0};

        assert_int_equal(mado_date_birthday(&rows[i].birth, rows[i].year, &date),
                         rows[i].valid);
        assert_int_equal(mado_date_compare(&date, &rows[i].birthday), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_days_that_exist_are_read),
        cmocka_unit_test(eras_change_by_day),
        cmocka_unit_test(days_without_an_era_text_touch_nothing),
        cmocka_unit_test(days_are_in_order),
        cmocka_unit_test(a_leap_day_is_kept_on_the_28th),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
