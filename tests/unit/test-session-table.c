/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every state with every event, and the drawing in doc/session-table.md. */
#include "config.h"

#include "daemon/session-table.h"
#include "tests/support/test.h"

#include <glib.h>

#include <string.h>

static MadoSessionAction
step(int state, int event, MadoSessionState *ret_next)
{
    *ret_next = (MadoSessionState)state;
    return mado_session_table_step(ret_next, (MadoSessionEvent)event);
}

static void
a_refusal_leaves_the_state_alone(void **unused)
{
    for (int s = 0; s < MADO_SESSION_N_STATES; s++) {
        for (int e = 0; e < MADO_SESSION_N_EVENTS; e++) {
            MadoSessionState next;

            if (step(s, e, &next) == MADO_SESSION_DO_REFUSE)
                assert_int_equal(next, s);
        }
    }
}

static void
a_call_is_taken_only_when_nothing_runs(void **unused)
{
    for (int s = 0; s < MADO_SESSION_N_STATES; s++) {
        MadoSessionState next;

        assert_int_equal(step(s, MADO_SESSION_ON_CALL, &next) == MADO_SESSION_DO_START,
                         s == MADO_SESSION_IDLE);
    }
}

static void
an_open_claim_takes_every_event_from_outside(void **unused)
{
    for (int s = 0; s < MADO_SESSION_CLOSED; s++) {
        for (int e = MADO_SESSION_ON_CANCEL; e <= MADO_SESSION_ON_SHUTDOWN; e++) {
            MadoSessionState next;

            assert_int_not_equal(step(s, e, &next), MADO_SESSION_DO_REFUSE);
        }
    }
}

static void
a_job_is_over_exactly_where_one_runs(void **unused)
{
    for (int s = 0; s < MADO_SESSION_N_STATES; s++) {
        gboolean runs = s != MADO_SESSION_IDLE && s != MADO_SESSION_CLOSED;
        MadoSessionState next;

        assert_int_equal(step(s, MADO_SESSION_ON_DONE, &next) != MADO_SESSION_DO_REFUSE, runs);
        assert_int_equal(step(s, MADO_SESSION_ON_STUCK, &next) == MADO_SESSION_DO_ABANDON,
                         runs);
    }
}

/* Nothing leads back from the end, and from everywhere the end is reached. */
static void
whatever_ends_a_claim_closes_it(void **unused)
{
    static const int ends[] = {MADO_SESSION_ON_RELEASE, MADO_SESSION_ON_OWNER_GONE,
                               MADO_SESSION_ON_READER_GONE, MADO_SESSION_ON_SHUTDOWN};

    for (int s = 0; s < MADO_SESSION_CLOSED; s++) {
        for (size_t i = 0; i < MADO_N_ELEMENTS(ends); i++) {
            MadoSessionState state = (MadoSessionState)s;

            (void)mado_session_table_step(&state, (MadoSessionEvent)ends[i]);
            for (int n = 0; n < 3 && state != MADO_SESSION_CLOSED; n++)
                (void)mado_session_table_step(&state, MADO_SESSION_ON_DONE);
            assert_int_equal(state, MADO_SESSION_CLOSED);
        }
    }
}

static void
numbers_outside_the_table_are_refused(void **unused)
{
    MadoSessionState next;

    assert_int_equal(step(MADO_SESSION_N_STATES, 0, &next), MADO_SESSION_DO_REFUSE);
    assert_int_equal(step(0, MADO_SESSION_N_EVENTS, &next), MADO_SESSION_DO_REFUSE);
    assert_int_equal(step(-1, -1, &next), MADO_SESSION_DO_REFUSE);
}

static void
draw_state(GString *text, int state)
{
    g_string_append_printf(text, "%s\n",
                           mado_session_table_state_name((MadoSessionState)state));
    for (int e = 0; e < MADO_SESSION_N_EVENTS; e++) {
        MadoSessionState next;
        MadoSessionAction action = step(state, e, &next);

        if (action != MADO_SESSION_DO_REFUSE)
            g_string_append_printf(text, "    %-12s %-14s -> %s\n",
                                   mado_session_table_event_name((MadoSessionEvent)e),
                                   mado_session_table_action_name(action),
                                   mado_session_table_state_name(next));
    }
}

static void
the_drawing_is_the_table(void **unused)
{
    g_autofree char *path =
        g_build_filename(g_getenv("MADO_TOP_SRCDIR"), "doc", "session-table.md", NULL);
    g_autoptr(GString) drawing = g_string_new("```\n");
    g_autofree char *page = NULL;

    for (int s = 0; s < MADO_SESSION_N_STATES; s++)
        draw_state(drawing, s);
    g_string_append(drawing, "```\n");
    assert_true(g_file_get_contents(path, &page, NULL, NULL));
    if (strstr(page, drawing->str) == NULL) {
        g_printerr("%s", drawing->str);
        fail_msg("doc/session-table.md should hold what is printed above");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_leaves_the_state_alone),
        cmocka_unit_test(a_call_is_taken_only_when_nothing_runs),
        cmocka_unit_test(an_open_claim_takes_every_event_from_outside),
        cmocka_unit_test(a_job_is_over_exactly_where_one_runs),
        cmocka_unit_test(whatever_ends_a_claim_closes_it),
        cmocka_unit_test(numbers_outside_the_table_are_refused),
        cmocka_unit_test(the_drawing_is_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
