/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Repeats of a message that is still being worked on. */
#include "config.h"

#include "central/running.h"
#include "tests/support/test.h"

static gboolean
enter(MadoRunning *running, const char *terminal, const char *key, const char *text)
{
    g_autoptr(GBytes) body = g_bytes_new_static(text, strlen(text));
    g_autoptr(GError) error = NULL;
    gboolean ok = mado_running_enter(running, terminal, key, body, &error);

    assert_int_equal(ok, error == NULL);
    return ok;
}

static MadoProblem
refusal(MadoRunning *running, const char *key, const char *text)
{
    g_autoptr(GBytes) body = g_bytes_new_static(text, strlen(text));
    g_autoptr(GError) error = NULL;

    assert_false(mado_running_enter(running, "D001", key, body, &error));
    return mado_problem_from_error(error);
}

static void
a_repeat_is_told_that_it_runs_until_it_is_over(void **state)
{
    g_autoptr(MadoRunning) running = mado_running_new();

    assert_true(enter(running, "D001", "aa", "body"));
    assert_int_equal(refusal(running, "aa", "body"), MADO_PROBLEM_RUNNING);
    assert_int_equal(refusal(running, "aa", "other"), MADO_PROBLEM_KEY_REUSED);
    assert_true(enter(running, "D001", "ab", "body"));
    assert_true(enter(running, "D002", "aa", "body"));
    mado_running_leave(running, "D001", "aa");
    assert_true(enter(running, "D001", "aa", "other"));
    assert_int_equal(refusal(running, "ab", "body"), MADO_PROBLEM_RUNNING);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repeat_is_told_that_it_runs_until_it_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
