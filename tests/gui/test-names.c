/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names as they are written: their characters, the fonts that show them, and what a certificate
 * cannot hold. Needs no display; a font that is not installed skips what needs it. */
#include "config.h"

#include "gui/shared/name-fonts.h"
#include "gui/shared/substitutes.h"
#include "tests/support/test.h"

#include <string.h>

#define KATSURAGI  "葛\U000E0100城" /* Adobe-Japan1: the form of the city's name */
#define KATSUSHIKA "葛\U000E0102飾" /* Moji_Joho */

/* ---- characters ---- */

static void
a_selector_belongs_to_its_character(void **state)
{
    g_autoptr(GArray) parts = mado_name_text_split(KATSURAGI "　𠮷子");
    const MadoNamePart *first = &g_array_index(parts, MadoNamePart, 0);
    const MadoNamePart *yoshi = &g_array_index(parts, MadoNamePart, 3);
    g_autofree char *words = mado_name_text_describe(first);

    assert_int_equal(parts->len, 5);
    assert_int_equal(first->base, 0x845B);
    assert_int_equal(first->selector, 0xE0100);
    assert_int_equal(first->len, 7);
    assert_string_equal(words, "U+845B U+E0100");
    assert_int_equal(yoshi->base, 0x20BB7);
    assert_int_equal(yoshi->selector, 0);
}

static void
the_parts_are_the_whole_name(void **state)
{
    static const char *const names[] = {
        KATSURAGI,      "",           "髙﨑　德",   "\U000E0100邉", "邉\U000E0110\U000E0111",
        "NGUYEN VAN A", "塚\uFE00本", "\U000F0000",
    };

    for (gsize i = 0; i < MADO_N_ELEMENTS(names); i++) {
        g_autoptr(GArray) parts = mado_name_text_split(names[i]);
        guint at = 0;

        for (guint k = 0; k < parts->len; k++) {
            assert_int_equal(g_array_index(parts, MadoNamePart, k).at, at);
            at += g_array_index(parts, MadoNamePart, k).len;
        }
        assert_int_equal(at, strlen(names[i]));
    }
}

static void
forty_characters_are_forty(void **state)
{
    g_autoptr(GString) name = g_string_new(NULL);

    for (guint i = 0; i < 20; i++)
        g_string_append(name, KATSURAGI);
    assert_int_equal(mado_name_text_count(name->str), 40);
}

/* ---- certificates ---- */

static void
assert_certificate(const char *name, const char *wanted, guint n_substitutes)
{
    g_autofree char *plain = mado_substitutes_apply(name);
    g_autoptr(GArray) found = mado_substitutes_find(name);

    if (strcmp(plain, wanted) != 0)
        fail_msg("%s becomes %s, not %s", name, plain, wanted);
    assert_int_equal(found->len, n_substitutes);
}

static void
a_certificate_has_the_usual_characters(void **state)
{
    assert_certificate("窓口　花子", "窓口　花子", 0);
    assert_certificate("邉　齋", "邉　齋", 0);
    assert_certificate("髙橋　一郎", "高橋　一郎", 1);
    assert_certificate("山﨑　𠮷子", "山崎　吉子", 2);
    assert_certificate("德川", "徳川", 1);
    assert_certificate("\uFA10本", "塚本", 1); /* by canonical decomposition */
    assert_certificate("\uFA19田", "神田", 1);
    assert_certificate("NGUYEN VAN A", "NGUYEN VAN A", 0);
}

static void
a_form_that_is_lost_is_told(void **state)
{
    g_autoptr(GArray) found = mado_substitutes_find(KATSURAGI);
    const MadoSubstitute *only = &g_array_index(found, MadoSubstitute, 0);

    assert_certificate(KATSURAGI, "葛城", 1);
    assert_true(only->is_form_only);
    assert_int_equal(only->proposed, 0x845B);
}

static void
what_has_no_proposal_is_left_to_the_clerk(void **state)
{
    g_autoptr(GArray) found = mado_substitutes_find("\U00031350田\U000F0000");

    assert_certificate("\U00031350田\U000F0000", "〓田〓", 2);
    assert_int_equal(g_array_index(found, MadoSubstitute, 0).proposed, 0);
}

/* Whatever is proposed for any character fits; whatever fits is not replaced. */
static void
every_proposal_fits(void **state)
{
    for (gunichar letter = 0x3400; letter < 0x2FA20; letter++) {
        char text[7] = "";
        g_autoptr(GArray) found = NULL;

        if (letter == 0xA000)
            letter = 0xF900;
        if (letter == 0xFB00)
            letter = 0x20000;
        text[g_unichar_to_utf8(letter, text)] = '\0';
        found = mado_substitutes_find(text);
        assert_int_equal(found->len == 0, mado_substitutes_is_allowed(letter));
        if (found->len > 0 && g_array_index(found, MadoSubstitute, 0).proposed != 0)
            assert_true(
                mado_substitutes_is_allowed(g_array_index(found, MadoSubstitute, 0).proposed));
    }
}

/* ---- fonts ---- */

static gboolean
has_font(const MadoNameFonts *fonts, const char *text, const char *family)
{
    g_autoptr(GArray) parts = mado_name_text_split(text);
    const char *found = NULL;

    return mado_name_fonts_probe(fonts, &g_array_index(parts, MadoNamePart, 0), &found) ==
               MADO_NAME_EXACT &&
           strcmp(found, family) == 0;
}

/* Each of the two collections is in another font: a name gets the one that has its sequence. */
static void
each_form_is_drawn_by_the_font_that_has_it(void **state)
{
    g_autoptr(MadoNameFonts) fonts = mado_name_fonts_new(NULL);

    if (!has_font(fonts, "葛", "IPAmjMincho") ||
        !has_font(fonts, "葛\U000E0100", "Noto Serif CJK JP"))
        skip();
    assert_true(has_font(fonts, KATSUSHIKA, "IPAmjMincho"));
    assert_true(has_font(fonts, "邉\U000E0110", "IPAmjMincho"));
    assert_true(has_font(fonts, "𠮷", "IPAmjMincho"));
    assert_int_equal(mado_name_fonts_judge(fonts, KATSURAGI "　" KATSUSHIKA), MADO_NAME_EXACT);
}

static void
what_no_font_has_is_said(void **state)
{
    g_autoptr(MadoNameFonts) fonts = mado_name_fonts_new("no such family");

    if (mado_name_fonts_judge(fonts, "葛") != MADO_NAME_EXACT)
        skip(); /* no Japanese font at all */
    assert_int_equal(mado_name_fonts_judge(fonts, "葛\U000E01EF"), MADO_NAME_APPROXIMATE);
    assert_int_equal(mado_name_fonts_judge(fonts, "\U000F0000"), MADO_NAME_MISSING);
    assert_int_equal(mado_name_fonts_judge(fonts, "葛　城"), MADO_NAME_EXACT);
}

static gboolean
count_underlines(PangoAttribute *attribute, gpointer user_data)
{
    if (attribute->klass->type == PANGO_ATTR_UNDERLINE)
        (*(guint *)user_data)++;
    return FALSE;
}

static void
a_character_that_is_not_exact_is_marked(void **state)
{
    g_autoptr(MadoNameFonts) fonts = mado_name_fonts_new(NULL);
    g_autoptr(PangoAttrList) marked = NULL;
    g_autoptr(PangoAttrList) plain = NULL;
    guint n_marked = 0;
    guint n_plain = 0;

    if (mado_name_fonts_judge(fonts, "葛") != MADO_NAME_EXACT)
        skip();
    marked = mado_name_fonts_attributes(fonts, "葛\U000E01EF　城");
    plain = mado_name_fonts_attributes(fonts, "葛　城");
    (void)pango_attr_list_filter(marked, count_underlines, &n_marked);
    (void)pango_attr_list_filter(plain, count_underlines, &n_plain);
    assert_int_equal(n_marked, 1);
    assert_int_equal(n_plain, 0);
}

/* The sanitizer asks; fontconfig keeps its caches to the end. */
const char *
__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
    return "leak:libfontconfig.so\n";
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_selector_belongs_to_its_character),
        cmocka_unit_test(the_parts_are_the_whole_name),
        cmocka_unit_test(forty_characters_are_forty),
        cmocka_unit_test(a_certificate_has_the_usual_characters),
        cmocka_unit_test(a_form_that_is_lost_is_told),
        cmocka_unit_test(what_has_no_proposal_is_left_to_the_clerk),
        cmocka_unit_test(every_proposal_fits),
        cmocka_unit_test(each_form_is_drawn_by_the_font_that_has_it),
        cmocka_unit_test(what_no_font_has_is_said),
        cmocka_unit_test(a_character_that_is_not_exact_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
