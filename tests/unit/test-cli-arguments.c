/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/arguments.h"
#include "cli/cmd-completion.h"
#include "cli/commands.h"
#include "cli/decide.h"
#include "client/language.h"
#include "common/error.h"
#include "tests/support/test-error.h"
#include "tests/support/test.h"

#include <string.h>

/* @line as a shell would split it, without the program's name. */
static MadoArguments *
parse(const char *line, GError **error)
{
    g_autofree char *whole = g_strconcat("madoguchictl ", line, NULL);
    g_auto(GStrv) argv = NULL;
    int argc = 0;

    assert_true(g_shell_parse_argv(whole, &argc, &argv, NULL));
    return mado_arguments_parse(argc, argv, error);
}

static void
options_stand_before_and_after_the_command(void **state)
{
    g_autoptr(MadoArguments) arguments =
        parse("--json --reader Training read number --out=x face", NULL);

    assert_non_null(arguments);
    assert_string_equal(mado_arguments_command(arguments)->name, "read");
    assert_true(mado_arguments_has(arguments, MADO_OPTION_JSON));
    assert_string_equal(mado_arguments_value(arguments, MADO_OPTION_READER), "Training");
    assert_string_equal(mado_arguments_value(arguments, MADO_OPTION_OUT), "x");
    assert_int_equal(mado_arguments_n_words(arguments), 2);
    assert_string_equal(mado_arguments_word(arguments, 0), "number");
    assert_string_equal(mado_arguments_word(arguments, 1), "face");
    assert_null(mado_arguments_word(arguments, 2));
}

static void
no_command_is_no_error(void **state)
{
    g_autoptr(MadoArguments) arguments = parse("--version", NULL);

    assert_non_null(arguments);
    assert_null(mado_arguments_command(arguments));
}

static void
a_wrong_command_line_is_refused(void **state)
{
    static const char *const bad[] = {
        "sing",
        "--sing",
        "readers --sing",
        "--reader",
        "visits more",
        "issue",
        "issue R1 R2",
        "readers --face same",
        "issue R1 --pins-fd three",
        "issue R1 --pins-fd -1",
        "read --credential magic",
        "readers --lang xx",
    };

    for (gsize i = 0; i < MADO_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(parse(bad[i], &error));
        assert_true(g_error_matches(error, MADO_ARGUMENTS_ERROR, 0));
    }
}

static void
assert_named(const char *line, const char *words)
{
    g_autoptr(GError) error = NULL;

    assert_null(parse(line, &error));
    assert_non_null(strstr(error->message, words));
}

static void
what_is_wrong_is_named_as_it_was_typed(void **state)
{
    assert_named("--lang de readers", "--lang de (en ja)");
    assert_named("readers --pins-fd 3", "--pins-fd");
    assert_named("inspect --bogus", "--bogus");
}

static void
a_decision_that_would_be_refused_stops_before_the_visit(void **state)
{
    static const struct {
        const char *line;
        gboolean is_good;
    } rows[] = {
        {"issue R --documents A1 --face same", TRUE},
        {"issue R --documents B1+B2 --face 'doubt: glasses'", TRUE},
        {"issue R --documents Z9 --face same", FALSE},
        {"issue R --documents B1 --face same", FALSE},
        {"issue R --documents A1 --face maybe", FALSE},
        {"issue R --documents A1 --face 'refused: '", FALSE},
        {"prepare R --inspected", TRUE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(MadoArguments) arguments = parse(rows[i].line, NULL);

        assert_non_null(arguments);
        assert_int_equal(
            mado_decide_check(arguments, mado_arguments_command(arguments)->name, &error),
            rows[i].is_good);
        if (!rows[i].is_good)
            assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
    }
}

static void
help_needs_no_words(void **state)
{
    g_autoptr(MadoArguments) arguments = parse("issue --help", NULL);

    assert_non_null(arguments);
    assert_true(mado_arguments_has(arguments, MADO_OPTION_HELP));
}

static void
what_training_is_told_is_passed_on_unread(void **state)
{
    g_autoptr(MadoArguments) arguments = parse("--json training insert --slot 0", NULL);
    const char *const *rest = mado_arguments_rest(arguments);

    assert_non_null(arguments);
    assert_string_equal(rest[0], "insert");
    assert_string_equal(rest[1], "--slot");
    assert_string_equal(rest[2], "0");
    assert_null(rest[3]);
}

static void
words_after_two_dashes_are_words(void **state)
{
    g_autoptr(MadoArguments) arguments = parse("issue -- --json", NULL);

    assert_non_null(arguments);
    assert_string_equal(mado_arguments_word(arguments, 0), "--json");
    assert_false(mado_arguments_has(arguments, MADO_OPTION_JSON));
}

static void
descriptors_are_numbers(void **state)
{
    g_autoptr(MadoArguments) arguments = parse("issue R1 --pins-fd 7", NULL);

    assert_int_equal(mado_arguments_fd(arguments, MADO_OPTION_PINS_FD), 7);
    assert_int_equal(mado_arguments_fd(arguments, MADO_OPTION_PASSPHRASE_FD), -1);
}

static void
the_language_is_known_before_the_line_is_parsed(void **state)
{
    g_auto(GStrv) apart = g_strsplit("x issue --lang ja", " ", -1);
    g_auto(GStrv) joined = g_strsplit("x --lang=en sing", " ", -1);
    g_auto(GStrv) cut = g_strsplit("x --lang", " ", -1);

    assert_string_equal(mado_language_named(4, apart), "ja");
    assert_string_equal(mado_language_named(3, joined), "en");
    assert_null(mado_language_named(2, cut));
}

static void
every_row_of_the_tables_is_whole(void **state)
{
    const MadoOptionRow *options = mado_commands_options();
    gsize n_commands = 0;
    const MadoCommand *commands = mado_commands_all(&n_commands);

    for (guint i = 0; i < MADO_N_OPTIONS; i++)
        assert_true(options[i].name != NULL && options[i].help != NULL);
    for (gsize i = 0; i < n_commands; i++) {
        assert_true(commands[i].help != NULL && commands[i].synopsis != NULL);
        assert_true(commands[i].run != NULL);
        assert_true(commands[i].n_words_min <= commands[i].n_words_max);
        assert_ptr_equal(mado_commands_find(commands[i].name), &commands[i]);
    }
}

static void
assert_mentions(const char *text, const char *format, const char *name)
{
    g_autofree char *wanted = g_strdup_printf("%s%s", format, name);

    if (strstr(text, wanted) == NULL)
        fail_msg("'%s' is not mentioned", wanted);
}

static void
the_completion_knows_every_command_and_option(void **state)
{
    g_autoptr(JsonObject) result = json_object_new();
    const MadoOptionRow *options = mado_commands_options();
    gsize n_commands = 0;
    const MadoCommand *commands = mado_commands_all(&n_commands);
    const char *text;

    assert_true(mado_cmd_completion_run(NULL, result, NULL));
    text = json_object_get_string_member(result, "bash");
    for (guint i = 0; i < MADO_N_OPTIONS; i++)
        assert_mentions(text, "--", options[i].name);
    for (gsize i = 0; i < n_commands; i++)
        assert_mentions(text, "        ", commands[i].name);
}

/* The manual writes options as \-\-name, with each further dash escaped too. */
static void
the_manual_knows_every_command_and_option(void **state)
{
    g_autofree char *path =
        g_build_filename(g_getenv("MADO_TOP_SRCDIR"), "doc", "madoguchictl.1", NULL);
    g_autofree char *text = NULL;
    const MadoOptionRow *options = mado_commands_options();
    gsize n_commands = 0;
    const MadoCommand *commands = mado_commands_all(&n_commands);

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    for (guint i = 0; i < MADO_N_OPTIONS; i++) {
        g_auto(GStrv) parts = g_strsplit(options[i].name, "-", -1);
        g_autofree char *escaped = g_strjoinv("\\-", parts);

        assert_mentions(text, "\\-\\-", escaped);
    }
    for (gsize i = 0; i < n_commands; i++)
        assert_mentions(text, "madoguchictl ", commands[i].name);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_before_and_after_the_command),
        cmocka_unit_test(no_command_is_no_error),
        cmocka_unit_test(a_wrong_command_line_is_refused),
        cmocka_unit_test(what_is_wrong_is_named_as_it_was_typed),
        cmocka_unit_test(a_decision_that_would_be_refused_stops_before_the_visit),
        cmocka_unit_test(help_needs_no_words),
        cmocka_unit_test(what_training_is_told_is_passed_on_unread),
        cmocka_unit_test(words_after_two_dashes_are_words),
        cmocka_unit_test(descriptors_are_numbers),
        cmocka_unit_test(the_language_is_known_before_the_line_is_parsed),
        cmocka_unit_test(every_row_of_the_tables_is_whole),
        cmocka_unit_test(the_completion_knows_every_command_and_option),
        cmocka_unit_test(the_manual_knows_every_command_and_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
