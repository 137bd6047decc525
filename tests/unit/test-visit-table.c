/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every state with every event, and the drawing in doc/visit-table.md. */
#include "config.h"

#include "daemon/visit-table.h"
#include "tests/support/test.h"

#include <glib.h>

#include <string.h>

/* Before the first message nothing is in the journal; after the end nothing is open. */
static bool
is_open(MadoVisitState state)
{
    return state >= MADO_VISIT_DECIDE && state < MADO_VISIT_DONE;
}

static void
an_event_from_outside_is_never_refused(void **unused)
{
    for (int s = 0; s < MADO_VISIT_N_STATES; s++)
        for (int e = MADO_VISIT_ON_CARD_GONE; e < MADO_VISIT_N_EVENTS; e++)
            assert_int_not_equal(
                mado_visit_table_peek((MadoVisitState)s, (MadoVisitEvent)e, NULL),
                MADO_VISIT_DO_REFUSE);
}

static void
an_open_visit_goes_on_hold_whatever_goes_away(void **unused)
{
    for (int s = 0; s < MADO_VISIT_N_STATES; s++) {
        for (int e = MADO_VISIT_ON_CARD_GONE; e < MADO_VISIT_N_EVENTS; e++) {
            MadoVisitState next = MADO_VISIT_N_STATES;
            MadoVisitAction action =
                mado_visit_table_peek((MadoVisitState)s, (MadoVisitEvent)e, &next);

            assert_int_equal(is_open((MadoVisitState)s), action == MADO_VISIT_DO_HOLD);
            if (action == MADO_VISIT_DO_HOLD)
                assert_int_equal(next, MADO_VISIT_HOLD);
        }
    }
}

static void
hand_over_follows_the_centres_word_alone(void **unused)
{
    for (int s = 0; s < MADO_VISIT_N_STATES; s++)
        for (int e = 0; e < MADO_VISIT_N_EVENTS; e++)
            if (mado_visit_table_peek((MadoVisitState)s, (MadoVisitEvent)e, NULL) ==
                MADO_VISIT_DO_COMMITTED) {
                assert_int_equal(s, MADO_VISIT_RELAY);
                assert_int_equal(e, MADO_VISIT_ON_REPLY_COMMITTED);
            }
}

static void
replies_count_only_while_one_is_awaited(void **unused)
{
    for (int s = 0; s < MADO_VISIT_N_STATES; s++)
        for (int e = MADO_VISIT_ON_REPLY_DECIDE; e <= MADO_VISIT_ON_UNREACHED; e++)
            assert_int_equal(mado_visit_table_peek((MadoVisitState)s, (MadoVisitEvent)e,
                                                   NULL) != MADO_VISIT_DO_REFUSE,
                             s == MADO_VISIT_RELAY);
}

static void
a_refusal_leaves_the_state_alone(void **unused)
{
    for (int s = 0; s < MADO_VISIT_N_STATES; s++) {
        for (int e = 0; e < MADO_VISIT_N_EVENTS; e++) {
            MadoVisitState state = (MadoVisitState)s;

            if (mado_visit_table_step(&state, (MadoVisitEvent)e) == MADO_VISIT_DO_REFUSE)
                assert_int_equal(state, s);
        }
    }
}

static void
numbers_beyond_the_table_are_refused(void **unused)
{
    MadoVisitState state = MADO_VISIT_IDLE;

    assert_int_equal(mado_visit_table_step(&state, MADO_VISIT_N_EVENTS), MADO_VISIT_DO_REFUSE);
    assert_int_equal(mado_visit_table_peek(MADO_VISIT_N_STATES, MADO_VISIT_ON_BEGIN, NULL),
                     MADO_VISIT_DO_REFUSE);
}

static void
every_state_is_reached(void **unused)
{
    bool reached[MADO_VISIT_N_STATES] = {true};

    for (int round = 0; round < MADO_VISIT_N_STATES; round++)
        for (int s = 0; s < MADO_VISIT_N_STATES; s++)
            for (int e = 0; reached[s] && e < MADO_VISIT_N_EVENTS; e++) {
                MadoVisitState next = (MadoVisitState)s;

                mado_visit_table_peek((MadoVisitState)s, (MadoVisitEvent)e, &next);
                reached[next] = true;
            }
    for (int s = 0; s < MADO_VISIT_N_STATES; s++)
        assert_true(reached[s]);
}

static char *
draw(void)
{
    GString *text = g_string_new("");

    for (int s = 0; s < MADO_VISIT_N_STATES; s++) {
        g_string_append_printf(text, "%s\n", mado_visit_table_state_name((MadoVisitState)s));
        for (int e = 0; e < MADO_VISIT_N_EVENTS; e++) {
            MadoVisitState next = (MadoVisitState)s;
            MadoVisitAction action =
                mado_visit_table_peek((MadoVisitState)s, (MadoVisitEvent)e, &next);

            if (action != MADO_VISIT_DO_REFUSE && action != MADO_VISIT_DO_IGNORE)
                g_string_append_printf(text, "    %-18s %-10s -> %s\n",
                                       mado_visit_table_event_name((MadoVisitEvent)e),
                                       mado_visit_table_action_name(action),
                                       mado_visit_table_state_name(next));
        }
    }
    return g_string_free(text, FALSE);
}

static void
the_drawing_is_the_table(void **unused)
{
    g_autofree char *drawn = draw();
    g_autofree char *path =
        g_build_filename(g_getenv("MADO_TOP_SRCDIR"), "doc", "visit-table.md", NULL);
    g_autofree char *page = NULL;
    char *block;

    assert_true(g_file_get_contents(path, &page, NULL, NULL));
    block = strstr(page, "```\n");
    assert_non_null(block);
    block += 4;
    *strstr(block, "```") = '\0';
    if (strcmp(block, drawn) != 0)
        print_message("doc/visit-table.md should hold:\n%s", drawn);
    assert_string_equal(block, drawn);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_from_outside_is_never_refused),
        cmocka_unit_test(an_open_visit_goes_on_hold_whatever_goes_away),
        cmocka_unit_test(hand_over_follows_the_centres_word_alone),
        cmocka_unit_test(replies_count_only_while_one_is_awaited),
        cmocka_unit_test(a_refusal_leaves_the_state_alone),
        cmocka_unit_test(numbers_beyond_the_table_are_refused),
        cmocka_unit_test(every_state_is_reached),
        cmocka_unit_test(the_drawing_is_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
