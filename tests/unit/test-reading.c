/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Readings as search keys: what is one key, what is not. */
#include "config.h"

#include "common/reading.h"
#include "tests/support/test.h"

#include <string.h>

static void
assert_key(const char *text, const char *key)
{
    g_autofree char *folded = mado_reading_fold(text);

    if (strcmp(folded, key) != 0)
        fail_msg("%s becomes %s, not %s", text, folded, key);
}

static void
spellings_of_one_reading_are_one_key(void **state)
{
    static const char *const same[][2] = {
        {"ヤマダ", "ヤマタ"},
        {"やまだ", "ヤマタ"},
        {"ﾔﾏﾀﾞ", "ヤマタ"},
        {"ヤマタ゛", "ヤマタ"},
        {"ヤマザキ", "ヤマサキ"},
        {"ヤマサキ", "ヤマサキ"},
        {"オオノ", "オオノ"},
        {"オーノ", "オオノ"},
        {"オウノ", "オオノ"},
        {"おおの", "オオノ"},
        {"ケイコ", "ケエコ"},
        {"ケーコ", "ケエコ"},
        {"シュウジ", "シユウシ"},
        {"シュージ", "シユウシ"},
        {"しゅうぢ", "シユウシ"},
        {"ミヅキ", "ミスキ"},
        {"ミズキ", "ミスキ"},
        {"ヰノウヱ", "イノオエ"},
        {"イノウエ", "イノオエ"},
        {"カッラギ", "カツラキ"},
        {"カヅラキ", "カスラキ"},
        {"ヴァン", "ウアン"},
        {"Nguyễn", "NGUYEN"},
        {"ＮＧＵＹＥＮ", "NGUYEN"},
        {"nguyen van", "NGUYENVAN"},
        {"Đặng", "DANG"},
        {"オ・コナー", "オコナア"},
        {"O'Connor", "OCONNOR"},
        {"ヤマダ　ハナコ", "ヤマタハナコ"},
        {"山﨑", "山﨑"},
        {"ー", ""},
        {"　", ""},
        {"", ""},
    };

    for (gsize i = 0; i < MADO_N_ELEMENTS(same); i++)
        assert_key(same[i][0], same[i][1]);
}

static void
other_readings_stay_others(void **state)
{
    g_autofree char *one = mado_reading_fold("サトウ");
    g_autofree char *other = mado_reading_fold("サイトウ");
    g_autofree char *kato = mado_reading_fold("カトウ");

    assert_string_not_equal(one, other);
    assert_string_not_equal(one, kato);
}

static void
a_key_folds_to_itself(void **state)
{
    static const char *const texts[] = {"オオウノ", "シュージ", "ヂヅ", "Đặng ﾔﾏﾀﾞ", "コウウ"};

    for (gsize i = 0; i < MADO_N_ELEMENTS(texts); i++) {
        g_autofree char *key = mado_reading_fold(texts[i]);

        assert_key(key, key);
    }
}

static void
the_key_of_a_beginning_begins_the_key(void **state)
{
    const char *reading = "シュウジロー　オーノ　Nguyễn　ケイ";
    g_autofree char *whole = mado_reading_fold(reading);

    for (const char *at = reading; *at != '\0'; at += g_utf8_skip[(guchar)*at]) {
        g_autofree char *beginning = g_strndup(reading, (gsize)(at - reading));
        g_autofree char *key = mado_reading_fold(beginning);

        assert_true(g_str_has_prefix(whole, key));
    }
}

static void
a_search_finds_family_and_given_name(void **state)
{
    static const char *const found[] = {
        "ヤマ", "ヤマダ", "やまだはなこ", "ヤマダ ハナ", "ハナコ", "ハナ", ""};
    static const char *const not_found[] = {"マダ", "ナコ", "ハナコヤマダ", "ヤマダハナコサン"};

    for (gsize i = 0; i < MADO_N_ELEMENTS(found); i++) {
        g_autofree char *key = mado_reading_fold(found[i]);

        if (!mado_reading_matches("ヤマダ　ハナコ", key))
            fail_msg("%s is not found", found[i]);
    }
    for (gsize i = 0; i < MADO_N_ELEMENTS(not_found); i++) {
        g_autofree char *key = mado_reading_fold(not_found[i]);

        if (mado_reading_matches("ヤマダ　ハナコ", key))
            fail_msg("%s is found", not_found[i]);
    }
}

/* The last sound of a family name does not lengthen into the given name when it is searched for
 * alone. */
static void
a_given_name_begins_anew(void **state)
{
    g_autofree char *key = mado_reading_fold("ウエコ");

    assert_true(mado_reading_matches("オノ　ウエコ", key));
}

static void
starts_are_few_and_distinct(void **state)
{
    g_autoptr(GPtrArray) many = mado_reading_starts("ア イ ウ エ オ カ キ ク ケ");
    g_autoptr(GPtrArray) none = mado_reading_starts("　");
    g_autoptr(GPtrArray) same = mado_reading_starts("ヤマ　・");

    assert_int_equal(many->len, MADO_READING_STARTS_MAX);
    assert_int_equal(none->len, 1);
    assert_int_equal(same->len, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings_of_one_reading_are_one_key),
        cmocka_unit_test(other_readings_stay_others),
        cmocka_unit_test(a_key_folds_to_itself),
        cmocka_unit_test(the_key_of_a_beginning_begins_the_key),
        cmocka_unit_test(a_search_finds_family_and_given_name),
        cmocka_unit_test(a_given_name_begins_anew),
        cmocka_unit_test(starts_are_few_and_distinct),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
