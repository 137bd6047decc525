/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Days as people write them: every form, the borders of the eras, and what is refused. */
#include "config.h"

#include "client/day-text.h"
#include "tests/support/test.h"

#include <string.h>

static void
assert_day(const char *text, const char *digits)
{
    MadoDate date = {0};
    char got[9];

    if (mado_day_text_parse(text, &date) != MADO_DAY_TEXT_OK)
        fail_msg("%s is refused", text);
    mado_day_text_format_digits(&date, got);
    if (strcmp(got, digits) != 0)
        fail_msg("%s is %s, not %s", text, got, digits);
}

static void
assert_refused(const char *text, MadoDayTextResult result)
{
    MadoDate date = {.year = 1};
    MadoDayTextResult got = mado_day_text_parse(text, &date);

    if (got != result)
        fail_msg("%s: %d, not %d", text, (int)got, (int)result);
    assert_int_equal(date.year, 1);
}

static void
one_day_has_many_spellings(void **state)
{
    static const char *const same[] = {
        "1985-07-14",
        "1985-7-14",
        "1985/7/14",
        "1985.7.14",
        "19850714",
        "1985年7月14日",
        "1985年 7月 14日",
        "１９８５年７月１４日",
        "昭和60年7月14日",
        "昭和６０年７月１４日",
        "昭60.7.14",
        "S60.7.14",
        "s60/07/14",
        "S600714",
        "3600714",
        "㍼60年7月14日",
        "昭和六十年七月十四日",
        "昭和六〇年七月一四日",
        "一九八五年七月十四日",
        "Ｓ６０．７．１４",
        " S 60 . 7 . 14 ",
        "昭和60-07-14",
    };

    for (gsize i = 0; i < MADO_N_ELEMENTS(same); i++)
        assert_day(same[i], "19850714");
}

static void
every_era_is_known(void **state)
{
    assert_day("令和8年11月23日", "20261123");
    assert_day("R8.11.23", "20261123");
    assert_day("令8.11.23", "20261123");
    assert_day("㋿8年11月23日", "20261123");
    assert_day("平成2年4月1日", "19900401");
    assert_day("H2.4.1", "19900401");
    assert_day("大正15年12月24日", "19261224");
    assert_day("T15.12.24", "19261224");
    assert_day("明治45年7月29日", "19120729");
    assert_day("M45.7.29", "19120729");
    assert_day("1450729", "19120729");
    assert_day("5081123", "20261123");
}

/* The last day of one, the first of the next: the first year may be written 元. */
static void
eras_change_by_the_day(void **state)
{
    assert_day("大正元年7月30日", "19120730");
    assert_day("昭和元年12月25日", "19261225");
    assert_day("昭和64年1月7日", "19890107");
    assert_day("平成元年1月8日", "19890108");
    assert_day("平成1年1月8日", "19890108");
    assert_day("H元.1.8", "19890108");
    assert_day("平成31年4月30日", "20190430");
    assert_day("令和元年5月1日", "20190501");
    assert_refused("明治45年7月30日", MADO_DAY_TEXT_OTHER_ERA);
    assert_refused("大正元年7月29日", MADO_DAY_TEXT_OTHER_ERA);
    assert_refused("大正15年12月25日", MADO_DAY_TEXT_OTHER_ERA);
    assert_refused("昭和64年1月8日", MADO_DAY_TEXT_OTHER_ERA);
    assert_refused("平成元年1月7日", MADO_DAY_TEXT_OTHER_ERA);
    assert_refused("平成31年5月1日", MADO_DAY_TEXT_OTHER_ERA);
    assert_refused("令和元年4月30日", MADO_DAY_TEXT_OTHER_ERA);
    assert_refused("3640108", MADO_DAY_TEXT_OTHER_ERA);
    assert_refused("昭和99年1月1日", MADO_DAY_TEXT_OTHER_ERA);
}

static void
a_day_that_never_was_is_refused(void **state)
{
    assert_refused("1985-02-29", MADO_DAY_TEXT_NO_DAY);
    assert_day("1984-02-29", "19840229");
    assert_refused("昭和60年2月29日", MADO_DAY_TEXT_NO_DAY);
    assert_refused("1985-13-01", MADO_DAY_TEXT_NO_DAY);
    assert_refused("1985-00-10", MADO_DAY_TEXT_NO_DAY);
    assert_refused("1985-10-32", MADO_DAY_TEXT_NO_DAY);
    assert_refused("S00.1.1", MADO_DAY_TEXT_NO_DAY);
}

static void
what_is_no_day_is_not_guessed_at(void **state)
{
    static const char *const bad[] = {
        "",           "1985",           "85-07-14",
        "600714",     "1985-07",        "1985-07-14 10:00",
        "X60.7.14",   "昭和7月14日",    "昭和60",
        "S60.7",      "9600714",        "0600714",
        "元年1月1日", "1985--7-14",     "S60.7.14x",
        "\xff\xfe",   "昭和百年1月1日", "198507140",
        "今日",       "-1985-7-14",
    };

    for (gsize i = 0; i < MADO_N_ELEMENTS(bad); i++)
        assert_refused(bad[i], MADO_DAY_TEXT_FORM);
}

static void
days_are_written_in_both_calendars(void **state)
{
    const MadoDate first = {1989, 1, 8};
    const MadoDate other = {1985, 7, 14};
    g_autofree char *first_text = mado_day_text_format_era(&first);
    g_autofree char *other_text = mado_day_text_format_era(&other);
    g_autofree char *western = mado_day_text_format_western(&other);

    assert_string_equal(first_text, "平成元年1月8日");
    assert_string_equal(other_text, "昭和60年7月14日");
    assert_string_equal(western, "1985-07-14");
}

/* A century and a half, day by day. */
static void
what_is_written_is_read_back(void **state)
{
    MadoDate date = {1873, 1, 1};

    while (date.year < 2031) {
        g_autofree char *text = mado_day_text_format_era(&date);
        MadoDate again = {0};

        if (mado_day_text_parse(text, &again) != MADO_DAY_TEXT_OK ||
            mado_date_compare(&date, &again) != 0)
            fail_msg("%s is not read back", text);
        do {
            if (date.day < 31) {
                date.day++;
            } else {
                date.day = 1;
                date.month = (guint8)(date.month % 12 + 1);
                date.year = (guint16)(date.year + (date.month == 1 ? 1 : 0));
            }
        } while (!mado_date_is_valid(&date));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_day_has_many_spellings),
        cmocka_unit_test(every_era_is_known),
        cmocka_unit_test(eras_change_by_the_day),
        cmocka_unit_test(a_day_that_never_was_is_refused),
        cmocka_unit_test(what_is_no_day_is_not_guessed_at),
        cmocka_unit_test(days_are_written_in_both_calendars),
        cmocka_unit_test(what_is_written_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
