/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/settings.h"
#include "tests/support/test-error.h"
#include "tests/support/test-keys.h"
#include "tests/support/test.h"

#include <string.h>

static const MadoSettingRow rows[] = {
    {"desk", "realm", MADO_SETTING_CHOICE, TRUE, NULL, "training|production", "the realm"},
    {"desk", "terminal", MADO_SETTING_STRING, TRUE, NULL, NULL, "the terminal's id"},
    {"desk", "journal", MADO_SETTING_PATH, FALSE, "journal/journal.db", NULL, "the journal"},
    {"limits", "unpower-after-ms", MADO_SETTING_UINT, FALSE, "60000", "1000..3600000", "rest"},
    {"limits", "note", MADO_SETTING_STRING, FALSE, NULL, NULL, "words"},
    {"log", "quiet", MADO_SETTING_BOOL, FALSE, "false", NULL, "say less"},
    {NULL, NULL, MADO_SETTING_STRING, FALSE, NULL, NULL, NULL},
};

#define LEAST "[desk]\nrealm=training\nterminal=D001\n"

static MadoSettings *
parse(const char *text, GError **error)
{
    return mado_settings_parse("/srv/desk/madoguchid.conf", text, strlen(text), rows, error);
}

static void
assert_refused(const char *text, const char *words)
{
    g_autoptr(GError) error = NULL;

    assert_null(parse(text, &error));
    assert_mado_error_says(error, MADO_ERROR_CONFIG, words);
    assert_non_null(strstr(error->message, "/srv/desk/madoguchid.conf"));
}

static void
absent_keys_have_their_fallbacks(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoSettings) settings = parse(LEAST, &error);

    assert_no_mado_error(error);
    assert_string_equal(mado_settings_string(settings, "desk", "realm"), "training");
    assert_string_equal(mado_settings_string(settings, "desk", "journal"),
                        "/srv/desk/journal/journal.db");
    assert_int_equal(mado_settings_uint(settings, "limits", "unpower-after-ms"), 60000);
    assert_false(mado_settings_bool(settings, "log", "quiet"));
    assert_null(mado_settings_string(settings, "limits", "note"));
}

static void
given_keys_are_taken(void **state)
{
    g_autoptr(MadoSettings) settings =
        parse("# a remark\n" LEAST "journal=/var/lib/madoguchi/j.db\n"
              "[limits]\nunpower-after-ms = 1000\n"
              "note = 窓口 \n[log]\nquiet=true\n",
              NULL);

    assert_non_null(settings);
    assert_string_equal(mado_settings_string(settings, "desk", "journal"),
                        "/var/lib/madoguchi/j.db");
    assert_int_equal(mado_settings_uint(settings, "limits", "unpower-after-ms"), 1000);
    assert_string_equal(mado_settings_string(settings, "limits", "note"), "窓口");
    assert_true(mado_settings_bool(settings, "log", "quiet"));
}

static void
what_is_not_in_the_table_is_an_error_that_says_what_is(void **state)
{
    assert_refused(LEAST "[other]\n", "[other]: unknown group");
    assert_refused(LEAST "[other]\nrealm=training\n", "[other]: unknown group");
    assert_refused(LEAST "colour=red\n", "[desk] colour: unknown key");
    assert_refused(LEAST "colour=red\n", "realm, terminal, journal");
    assert_refused(LEAST "Realm=training\n", "[desk] Realm: unknown key");
    assert_refused(LEAST "terminal[ja]=D001\n", "unknown key");
}

static void
a_missing_required_key_is_an_error_that_says_what_it_is_for(void **state)
{
    assert_refused("", "[desk] realm: is missing");
    assert_refused("[desk]\nrealm=training\n", "[desk] terminal: is missing");
    assert_refused("[desk]\nrealm=training\n", "the terminal's id");
}

static void
a_value_outside_its_form_is_an_error(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"[desk]\nrealm=Training\nterminal=D001\n", "'Training' is not one of training|prod"},
        {"[desk]\nrealm=\nterminal=D001\n", "[desk] realm: is empty"},
        {LEAST "[limits]\nunpower-after-ms=999\n", "from 1000 to 3600000"},
        {LEAST "[limits]\nunpower-after-ms=3600001\n", "from 1000 to 3600000"},
        {LEAST "[limits]\nunpower-after-ms=-1\n", "'-1' is not a whole number"},
        {LEAST "[limits]\nunpower-after-ms=0x10\n", "'0x10' is not a whole number"},
        {LEAST "[limits]\nunpower-after-ms=99999999999999999999\n", "is not a whole number"},
        {LEAST "[log]\nquiet=yes\n", "'yes' is not true or false"},
        {"no group\n", "madoguchid.conf"},
        {LEAST "[desk\n", "madoguchid.conf"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_refused(cases[i].text, cases[i].words);
}

static void
a_file_is_read_and_a_missing_one_is_an_error(void **state)
{
    g_autofree char *folder = mado_test_keys_make_folder();
    g_autofree char *path = g_build_filename(folder, "a.conf", NULL);
    g_autofree char *journal = g_build_filename(folder, "journal", "journal.db", NULL);
    g_autoptr(MadoSettings) settings = NULL;
    g_autoptr(GError) error = NULL;

    assert_null(mado_settings_load(path, rows, &error));
    assert_mado_error_says(error, MADO_ERROR_CONFIG, "a.conf");
    assert_true(g_file_set_contents(path, LEAST, -1, NULL));
    settings = mado_settings_load(path, rows, NULL);
    assert_non_null(settings);
    assert_string_equal(mado_settings_string(settings, "desk", "journal"), journal);
    mado_test_keys_remove_folder(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_keys_have_their_fallbacks),
        cmocka_unit_test(given_keys_are_taken),
        cmocka_unit_test(what_is_not_in_the_table_is_an_error_that_says_what_is),
        cmocka_unit_test(a_missing_required_key_is_an_error_that_says_what_it_is_for),
        cmocka_unit_test(a_value_outside_its_form_is_an_error),
        cmocka_unit_test(a_file_is_read_and_a_missing_one_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
