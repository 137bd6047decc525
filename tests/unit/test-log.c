/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A writer is installed once per process, so every case runs in a child with its own stderr. */
#include "config.h"

#include "common/clock.h"
#include "common/log.h"
#include "tests/support/test.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* (transfer full): what `writer` leaves on stderr. */
static char *
capture(const char *level, void (*writer)(void))
{
    GString *text = g_string_new(NULL);
    char buffer[512];
    gssize n_read;
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        mado_log_init("test-log", level);
        writer();
        _exit(0);
    }
    (void)close(ends[1]);
    while ((n_read = read(ends[0], buffer, sizeof buffer)) > 0)
        g_string_append_len(text, buffer, n_read);
    (void)close(ends[0]);
    (void)waitpid(child, NULL, 0);
    return g_string_free(text, FALSE);
}

static void
write_some(void)
{
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_APDU, "Reader 00", "SELECT: %04X in %d ms", 0x9000U, 3);
    mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_STARTED, NULL, "version %s", "1");
    mado_log(G_LOG_LEVEL_DEBUG, MADO_LOG_CLAIM, "s1", "details");
    mado_log(G_LOG_LEVEL_WARNING, MADO_LOG_REFUSED, "s1", "no");
}

static void
assert_line(const char *line, const char *pattern)
{
    g_autofree char *whole = g_strconcat(
        "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z ", pattern, "$", NULL);

    if (!g_regex_match_simple(whole, line, 0, 0))
        fail_msg("'%s' is not '%s'", line, pattern);
}

static void
a_line_is_time_level_topic_object_and_text(void **state)
{
    g_autofree char *text = capture("info", write_some);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    assert_int_equal(g_strv_length(lines), 4);
    assert_line(lines[0], "info apdu Reader 00: SELECT: 9000 in 3 ms");
    assert_line(lines[1], "message started: version 1");
    assert_line(lines[2], "warning refused s1: no");
    assert_string_equal(lines[3], "");
}

static void
levels_below_the_wanted_one_are_not_written(void **state)
{
    g_autofree char *warnings = capture("warning", write_some);
    g_autofree char *all = capture("debug", write_some);
    g_auto(GStrv) few = g_strsplit(warnings, "\n", -1);
    g_auto(GStrv) many = g_strsplit(all, "\n", -1);

    assert_int_equal(g_strv_length(few), 2);
    assert_line(few[0], "warning refused s1: no");
    assert_int_equal(g_strv_length(many), 5);
    assert_line(many[2], "debug claim s1: details");
}

static void
write_forged(void)
{
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_READER, "evil\nname\x1b[2J", "%s",
             "text\r\n2026-01-01T00:00:00.000000Z info apdu: \xff\xfe\xc2\x9b");
}

static void
nobody_elses_words_make_a_line_or_drive_a_terminal(void **state)
{
    g_autofree char *text = capture("info", write_forged);

    assert_non_null(strstr(text, "reader evil?name?[2J: text??2026"));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_null(strchr(text, '\x1b'));
    assert_true(g_utf8_validate(text, -1, NULL));
    assert_null(strstr(text, "\xc2\x9b"));
}

static void
write_glib(void)
{
    g_log("Some-Library", G_LOG_LEVEL_MESSAGE, "words");
}

static void
lines_of_libraries_have_the_same_form(void **state)
{
    g_autofree char *text = capture("info", write_glib);

    assert_non_null(strstr(text, "Z message Some-Library: words\n"));
}

static void
every_event_has_a_message_id_of_its_own(void **state)
{
    static const char *const ids[] = {
#define EVENT_ID(name, id) id,
        MADO_LOG_EVENTS(EVENT_ID)
#undef EVENT_ID
    };

    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
        assert_int_equal(strspn(ids[i], "0123456789abcdef"), 32);
        assert_int_equal(strlen(ids[i]), 32);
        for (gsize j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

static void
the_levels_of_the_configuration_are_known(void **state)
{
    assert_true(mado_log_level_is_known("debug"));
    assert_true(mado_log_level_is_known("info"));
    assert_true(mado_log_level_is_known("message"));
    assert_true(mado_log_level_is_known("warning"));
    assert_false(mado_log_level_is_known("error"));
    assert_false(mado_log_level_is_known("critical"));
    assert_false(mado_log_level_is_known("loud"));
}

/* ---- the clock, which needs no file of its own ---- */

static gint64
fixed_ms(gpointer data)
{
    return *(const gint64 *)data;
}

static void
a_clock_asks_its_functions(void **state)
{
    gint64 now_ms = 1234;
    const MadoClock clock = {fixed_ms, fixed_ms, &now_ms};

    assert_int_equal(mado_clock_wall_ms(&clock), 1234);
    now_ms++;
    assert_int_equal(mado_clock_monotonic_ms(&clock), 1235);
}

static void
the_systems_clock_tells_the_time_and_does_not_run_back(void **state)
{
    const MadoClock *clock = mado_clock_system();
    const gint64 first_ms = mado_clock_monotonic_ms(clock);

    assert_true(mado_clock_wall_ms(clock) >= g_get_real_time() / 1000 - 60000);
    assert_true(first_ms > 0);
    assert_true(mado_clock_monotonic_ms(clock) >= first_ms);
}

static void
the_boot_id_is_the_kernels(void **state)
{
    guint8 id[16];
    guint8 again[16];
    g_autofree char *text = NULL;
    g_autofree char *expected = NULL;
    g_auto(GStrv) parts = NULL;
    g_autoptr(GString) hex = g_string_new(NULL);

    assert_true(g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, NULL));
    parts = g_strsplit(g_strstrip(text), "-", -1);
    expected = g_strjoinv("", parts);
    mado_clock_boot_id(id);
    mado_clock_boot_id(again);
    assert_memory_equal(id, again, 16);
    for (gsize i = 0; i < 16; i++)
        g_string_append_printf(hex, "%02x", id[i]);
    assert_string_equal(hex->str, expected);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_time_level_topic_object_and_text),
        cmocka_unit_test(levels_below_the_wanted_one_are_not_written),
        cmocka_unit_test(nobody_elses_words_make_a_line_or_drive_a_terminal),
        cmocka_unit_test(lines_of_libraries_have_the_same_form),
        cmocka_unit_test(every_event_has_a_message_id_of_its_own),
        cmocka_unit_test(the_levels_of_the_configuration_are_known),
        cmocka_unit_test(a_clock_asks_its_functions),
        cmocka_unit_test(the_systems_clock_tells_the_time_and_does_not_run_back),
        cmocka_unit_test(the_boot_id_is_the_kernels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
