/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/table.h"
#include "client/documents.h"
#include "client/sentences.h"
#include "client/text.h"
#include "tests/support/test-error.h"
#include "tests/support/test.h"

#include <libintl.h>
#include <locale.h>
#include <string.h>

/* The translations of the build tree, in the one locale that is always there. A tree built
 * without them has nothing to test. */
static void
speak(const char *language)
{
    g_autofree char *built = g_build_filename(g_getenv("MADO_TOP_BUILDDIR"), "po", "ja",
                                              "LC_MESSAGES", "madoguchi.mo", NULL);
    g_autofree char *folder = g_build_filename(g_getenv("MADO_TOP_BUILDDIR"), "po", NULL);

    if (!g_file_test(built, G_FILE_TEST_EXISTS))
        skip();
    g_setenv("LANGUAGE", language, TRUE);
    setlocale(LC_ALL, "C.UTF-8");
    bindtextdomain(GETTEXT_PACKAGE, folder);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    textdomain(GETTEXT_PACKAGE);
}

static void
every_code_has_a_sentence_a_cause_and_a_cure(void **state)
{
    gsize n_codes = 0;
    const MadoErrorCode *codes = mado_error_all(&n_codes);

    assert_true(n_codes > 30);
    for (gsize i = 0; i < n_codes; i++) {
        const MadoSentence *row = mado_sentences_find(codes[i]);

        assert_int_equal(row->code, codes[i]);
        assert_true(row->what[0] != '\0' && row->cause[0] != '\0' && row->cure[0] != '\0');
        assert_true(row->exit >= MADO_EXIT_REFUSED && row->exit <= MADO_EXIT_DESK);
    }
}

static void
assert_is_translated(const char *text)
{
    const char *translated = gettext(text);

    if (strcmp(translated, text) == 0 || g_str_is_ascii(translated))
        fail_msg("no Japanese for '%s'", text);
}

static void
every_sentence_is_there_in_japanese(void **state)
{
    gsize n_codes = 0;
    const MadoErrorCode *codes = mado_error_all(&n_codes);

    speak("ja");
    for (gsize i = 0; i < n_codes; i++) {
        const MadoSentence *row = mado_sentences_find(codes[i]);

        assert_is_translated(row->what);
        assert_is_translated(row->cause);
        assert_is_translated(row->cure);
    }
}

static void
an_error_is_told_with_number_cause_cure_and_detail(void **state)
{
    g_autoptr(GError) error = g_error_new(MADO_ERROR, MADO_ERROR_CARD_ABSENT, "reader 'X'");
    g_autofree char *english = NULL;
    g_autofree char *japanese = NULL;

    speak("en");
    english = mado_sentences_format(error);
    assert_string_equal(english, "E300: No card in the reader.\n"
                                 "  Cause: No card was placed, or it lies outside the field.\n"
                                 "  Cure: Place the card and try again.\n"
                                 "  Detail: reader 'X'");
    speak("ja");
    japanese = mado_sentences_format(error);
    assert_true(g_str_has_prefix(japanese, "E300: カードが置かれていません。\n  原因： "));
}

static void
a_wrong_pin_says_how_many_tries_are_left(void **state)
{
    g_autoptr(GError) two = NULL;
    g_autoptr(GError) one = NULL;
    g_autofree char *text_two = NULL;
    g_autofree char *text_one = NULL;

    mado_error_set_pin_wrong(&two, 2);
    mado_error_set_pin_wrong(&one, 1);
    speak("en");
    text_two = mado_sentences_format(two);
    text_one = mado_sentences_format(one);
    assert_non_null(strstr(text_two, "2 tries left."));
    assert_non_null(strstr(text_one, "1 try left."));
    assert_int_equal(mado_sentences_exit(two), MADO_EXIT_PIN);
}

static void
what_put_a_visit_on_hold_is_told_in_the_users_language(void **state)
{
    g_autoptr(GError) generic = NULL;
    g_autoptr(GError) special = NULL;
    g_autofree char *text = NULL;
    g_autofree char *more = NULL;

    g_set_error(&generic, MADO_ERROR, MADO_ERROR_HELD, "CardRemoved: %s",
                mado_error_sentence(MADO_ERROR_CARD_REMOVED));
    g_set_error_literal(&special, MADO_ERROR, MADO_ERROR_HELD, "CardRefused: status word 6A80");
    speak("ja");
    text = mado_sentences_format(generic);
    more = mado_sentences_format(special);
    assert_non_null(strstr(text, "E301 カード"));
    assert_null(strstr(text, mado_error_sentence(MADO_ERROR_CARD_REMOVED)));
    assert_non_null(strstr(more, "E308 "));
    assert_non_null(strstr(more, "6A80"));
    assert_string_equal(mado_sentences_what("CardRemoved", "the card was removed"),
                        gettext(mado_sentences_find(MADO_ERROR_CARD_REMOVED)->what));
    assert_string_equal(mado_sentences_what("NoSuchNick", "told by a later daemon"),
                        "told by a later daemon");
}

static void
a_foreign_error_is_told_as_a_defect(void **state)
{
    g_autoptr(GError) error = g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "strange");

    assert_int_equal(mado_sentences_exit(error), MADO_EXIT_DESK);
    assert_int_equal(mado_sentences_find((MadoErrorCode)9999)->code, MADO_ERROR_INTERNAL);
}

static void
wide_characters_take_two_columns(void **state)
{
    assert_int_equal(mado_text_width("abc"), 3);
    assert_int_equal(mado_text_width("窓口"), 4);
    assert_int_equal(mado_text_width("ﾏﾄﾞ"), 3);          /* half-width kana */
    assert_int_equal(mado_text_width("か\u3099"), 2);     /* a mark that combines */
    assert_int_equal(mado_text_width("葛\U000E0100"), 2); /* a variation selector */
}

static void
columns_line_up_with_wide_characters(void **state)
{
    g_autoptr(MadoTable) table = mado_table_new(2);
    const char *one[] = {"氏名", "山田 花子"};
    const char *other[] = {"sex", "女"};
    g_autofree char *text = NULL;

    mado_table_add(table, one);
    mado_table_add(table, other);
    text = mado_table_format(table);
    assert_string_equal(text, "氏名  山田 花子\nsex   女\n");
}

static void
text_from_outside_cannot_steer_the_terminal(void **state)
{
    g_autofree char *escape = mado_text_clean("a\033[2Jb\nc");
    g_autofree char *turned = mado_text_clean("x\u202Ey");
    g_autofree char *broken = mado_text_clean_bytes((const guint8 *)"\xff\x00z", 3);

    assert_string_equal(escape, "a\uFFFD[2Jb\uFFFDc");
    assert_string_equal(turned, "x\uFFFDy");
    assert_null(strchr(broken, '\xff'));
    assert_true(g_utf8_validate(broken, -1, NULL));
    assert_true(g_str_has_suffix(broken, "z"));
}

static void
documents_are_sorted_codes(void **state)
{
    g_autofree char *one = mado_documents_check("A1", NULL);
    g_autofree char *two = mado_documents_check("b2, b1", NULL);

    assert_string_equal(one, "A1");
    assert_string_equal(two, "B1+B2");
}

static void
documents_that_do_not_suffice_are_refused(void **state)
{
    static const char *const bad[] = {"", "B1", "B1+B1", "A9", "A1+A1", "B1 B", "++"};

    for (gsize i = 0; i < MADO_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(mado_documents_check(bad[i], &error));
        assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_sentence_a_cause_and_a_cure),
        cmocka_unit_test(every_sentence_is_there_in_japanese),
        cmocka_unit_test(an_error_is_told_with_number_cause_cure_and_detail),
        cmocka_unit_test(a_wrong_pin_says_how_many_tries_are_left),
        cmocka_unit_test(what_put_a_visit_on_hold_is_told_in_the_users_language),
        cmocka_unit_test(a_foreign_error_is_told_as_a_defect),
        cmocka_unit_test(wide_characters_take_two_columns),
        cmocka_unit_test(columns_line_up_with_wide_characters),
        cmocka_unit_test(text_from_outside_cannot_steer_the_terminal),
        cmocka_unit_test(documents_are_sorted_codes),
        cmocka_unit_test(documents_that_do_not_suffice_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
