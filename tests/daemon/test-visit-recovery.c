/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Visits that stop: the card torn out around every command that changes it, the holder gone,
 * the resident gone, another card. Whatever it was, there is one way on.
 */
#include "config.h"

#include "tests/support/test-error.h"
#include "tests/support/visit-world.h"

#include <string.h>

/* What the session does when the card is torn out, and the clerk when it lies there again. */
static void
recover(VisitWorld *world, gboolean resident)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *visit = NULL;
    MadoJournalVisit row = visit_world_find_row(world);
    guint32 fencing = row.fencing;

    assert_int_equal(row.state, MADO_JOURNAL_VISIT_HELD);
    visit_world_end_session(world);
    world->card.is_absent = FALSE;
    world->card.fault = VISIT_CARD_STAYS;
    visit = mado_message_id_to_hex(row.visit);
    assert_true(visit_world_resume(world, visit, resident, &error));
    visit_world_run_until(world, MADO_STEP_RELAY, 0);
    row = visit_world_find_row(world);
    assert_int_equal(row.attempt, 2);
    assert_true(row.fencing > fencing);
    visit_world_run_to_end(world);
}

static void
sweep(VisitWorld *world, VisitCardFault fault)
{
    guint n_changes;
    g_autoptr(GError) error = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_to_end(world);
    visit_world_assert_issued(world);
    n_changes = world->card.n_changes;
    for (guint at = 1; at <= n_changes; at++) {
        visit_card_init(&world->card, (guint8)at, world->keys[0], world->keys[1]);
        world->centre->stage = VISIT_CENTRE_NEW;
        g_clear_pointer(&world->centre->csrs[0], g_bytes_unref);
        g_clear_pointer(&world->centre->csrs[1], g_bytes_unref);
        world->card.fault = fault;
        world->card.fault_at = at;
        assert_true(visit_world_begin(world, "issue", &error));
        visit_world_run_to_end(world);
        assert_int_equal(world->step.kind, MADO_STEP_HOLD);
        assert_string_equal(visit_world_detail(world, "error"), "CardRemoved");
        recover(world, TRUE);
        visit_world_assert_issued(world);
        assert_true(world->card.n_verifies <= 4);
    }
}

static void
a_card_torn_out_before_any_command_is_issued_after_all(void **state)
{
    sweep(*state, VISIT_CARD_GONE_BEFORE);
}

static void
a_card_torn_out_after_any_command_is_issued_after_all(void **state)
{
    sweep(*state, VISIT_CARD_GONE_AFTER);
}

static void
without_the_resident_certificates_are_finished_from_the_kept_requests(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_until(world, MADO_STEP_WORK, 3);
    mado_visit_hold(world->visit, &world->work, MADO_ERROR_CANCELLED, &world->step);
    assert_int_equal(world->step.kind, MADO_STEP_HOLD);
    recover(world, FALSE);
    visit_world_assert_issued(world);
    assert_int_equal(world->resident.n_asked, 4);
    assert_int_equal(world->centre->n_confirmed, 2);
}

static void
mix_up_requests(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    GBytes *first = reply->csrs[0].der;

    if (reply->next != MADO_NEXT_CSR)
        return;
    reply->csrs[0].der = reply->csrs[1].der;
    reply->csrs[1].der = first;
}

static void
a_request_that_comes_back_for_another_key_is_not_used(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_until(world, MADO_STEP_WORK, 3);
    mado_visit_hold(world->visit, &world->work, MADO_ERROR_CANCELLED, &world->step);
    world->centre->twist = mix_up_requests;
    recover(world, FALSE);
    assert_int_equal(world->step.kind, MADO_STEP_HOLD);
    assert_string_equal(visit_world_detail(world, "error"), "CentreAnswer");
    assert_int_equal(world->card.record.life, MADO_LIFE_PREPARED);
}

static void
without_the_resident_and_without_requests_it_is_undone(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_until(world, MADO_STEP_PINS, 0);
    mado_visit_hold(world->visit, &world->work, MADO_ERROR_CANCELLED, &world->step);
    recover(world, FALSE);
    assert_int_equal(world->step.kind, MADO_STEP_DONE);
    assert_string_equal(visit_world_detail(world, "outcome"), "aborted");
    assert_int_equal(world->card.record.phase, MADO_PHASE_IDLE);
}

static void
another_card_at_resume_is_refused_by_name(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *visit = NULL;
    MadoJournalVisit row;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_until(world, MADO_STEP_PINS, 0);
    mado_visit_hold(world->visit, &world->work, MADO_ERROR_CARD_REMOVED, &world->step);
    row = visit_world_find_row(world);
    visit_world_end_session(world);
    visit = mado_message_id_to_hex(row.visit);
    visit_card_init(&world->card, 0xB2, world->keys[0], world->keys[1]);
    assert_false(visit_world_resume(world, visit, TRUE, &error));
    assert_mado_error(error, MADO_ERROR_CARD_CHANGED);
    g_clear_error(&error);
    assert_false(visit_world_resume(world, "00112233445566778899aabbccddeeff", TRUE, &error));
    assert_mado_error(error, MADO_ERROR_NOT_FOUND);
}

/* One call after another; before the @at-th the card is unpowered, as after a long wait.
 * *ret_n: how many calls there were. */
static void
run_with_a_wait_at(VisitWorld *world, guint at, guint *ret_n)
{
    g_autoptr(GError) error = NULL;
    guint n;

    assert_true(visit_world_begin(world, "issue", &error));
    for (n = 1; world->step.kind != MADO_STEP_DONE; n++) {
        if (n == at)
            mado_card_power_off(world->connection);
        assert_true(visit_world_go_on(world, &error));
        assert_int_not_equal(world->step.kind, MADO_STEP_HOLD);
    }
    visit_world_end_session(world);
    *ret_n = n;
}

static void
a_card_unpowered_between_any_two_calls_has_its_phase_started_again(void **state)
{
    VisitWorld *world = *state;
    guint n_calls;
    guint n;

    run_with_a_wait_at(world, 0, &n_calls);
    for (guint at = 1; at < n_calls; at++) {
        visit_card_init(&world->card, (guint8)at, world->keys[0], world->keys[1]);
        world->centre->stage = VISIT_CENTRE_NEW;
        run_with_a_wait_at(world, at, &n);
        visit_world_assert_issued(world);
        assert_true(n >= n_calls);
    }
}

static void
another_card_after_a_power_down_puts_the_visit_on_hold(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_until(world, MADO_STEP_WORK, 2);
    mado_card_power_off(world->connection);
    visit_card_init(&world->card, 0xB2, world->keys[0], world->keys[1]);
    assert_true(visit_world_go_on(world, &error));
    assert_int_equal(world->step.kind, MADO_STEP_HOLD);
    assert_string_equal(visit_world_detail(world, "error"), "CardChanged");
    assert_int_equal(world->card.n_changes, 0);
}

/* The client of a session whose worker is lost claims another reader: a new visit object there,
 * while the old one is still somewhere inside a call. */
static MadoVisit *
lose_worker(VisitWorld *world)
{
    MadoVisit *lost = world->visit;

    mado_visit_abandon(lost, world->step.visit);
    world->visit = mado_visit_new(&world->centre->desk, world->journal);
    return lost;
}

static void
a_visit_whose_worker_was_lost_is_taken_up_at_once_and_not_disturbed(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *visit = NULL;
    g_auto(MadoStep) late = {0};
    MadoVisit *lost;
    MadoJournalVisit row;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_until(world, MADO_STEP_WORK, 2);
    lost = lose_worker(world);
    row = visit_world_find_row(world);
    assert_int_equal(row.state, MADO_JOURNAL_VISIT_HELD);
    visit = mado_message_id_to_hex(row.visit);
    visit_world_end_session(world);
    assert_true(visit_world_resume(world, visit, TRUE, &error));
    visit_world_run_until(world, MADO_STEP_RELAY, 0);
    /* The old thread comes back at last, finds its card gone and wants to say so. */
    assert_true(mado_visit_continue(lost, &world->work, &late, &error));
    assert_int_equal(late.kind, MADO_STEP_HOLD);
    row = visit_world_find_row(world);
    assert_int_equal(row.state, MADO_JOURNAL_VISIT_OPEN);
    assert_int_equal(row.attempt, 2);
    mado_visit_free(lost);
    visit_world_run_to_end(world);
    visit_world_assert_issued(world);
}

static void
before_the_first_message_nothing_is_left_behind(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    mado_visit_hold(world->visit, &world->work, MADO_ERROR_CANCELLED, &world->step);
    assert_int_equal(world->step.kind, MADO_STEP_IDLE);
    assert_int_equal(visit_world_find_row(world).state, 0);
    world->card.is_absent = TRUE;
    visit_world_end_session(world);
    assert_false(visit_world_begin(world, "issue", &error));
    assert_mado_error(error, MADO_ERROR_CARD_ABSENT);
    g_clear_error(&error);
    world->card.is_absent = FALSE;
    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_to_end(world);
    visit_world_assert_issued(world);
}

static void
a_script_that_a_card_refuses_stops_there_and_is_told(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    world->card.refuse_ins = MADO_INS_RESET_RETRY;
    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_until(world, MADO_STEP_RELAY, 2);
    assert_int_equal(world->card.n_changes, 2);
    assert_int_equal(world->resident.n_asked, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name)                                                                             \
    cmocka_unit_test_setup_teardown(name, visit_world_set_up, visit_world_tear_down)
        TEST(a_card_torn_out_before_any_command_is_issued_after_all),
        TEST(a_card_torn_out_after_any_command_is_issued_after_all),
        TEST(without_the_resident_certificates_are_finished_from_the_kept_requests),
        TEST(a_request_that_comes_back_for_another_key_is_not_used),
        TEST(without_the_resident_and_without_requests_it_is_undone),
        TEST(another_card_at_resume_is_refused_by_name),
        TEST(a_card_unpowered_between_any_two_calls_has_its_phase_started_again),
        TEST(another_card_after_a_power_down_puts_the_visit_on_hold),
        TEST(a_visit_whose_worker_was_lost_is_taken_up_at_once_and_not_disturbed),
        TEST(before_the_first_message_nothing_is_left_behind),
        TEST(a_script_that_a_card_refuses_stops_there_and_is_told),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
