/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole visits, call by call as a session makes them: what the client is told, what the journal
 * holds, how often card and resident were asked.
 */
#include "config.h"

#include "daemon/visit-state.h"
#include "tests/support/test-error.h"
#include "tests/support/visit-world.h"

#include <string.h>

/* ---- the straight way ---- */

static void
an_issue_goes_through_in_five_exchanges(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    assert_int_equal(world->step.kind, MADO_STEP_DECIDE);
    visit_world_run_to_end(world);
    visit_world_assert_issued(world);
    assert_int_equal(world->n_exchanges, MADO_LIMIT_EXCHANGES_PER_ISSUE);
    assert_int_equal(world->centre->n_confirmed, 2);
    assert_int_equal(world->resident.n_asked, 4);
    assert_int_equal(world->card.n_verifies, 2);
    assert_int_equal(world->card.n_signatures, 2);
    assert_string_equal(world->card.pin_values[1], "MADO2026X");
    assert_string_equal(world->card.pin_values[3], "9047");
    assert_string_equal(world->card.pin_values[4], "9047");
    assert_int_equal(visit_world_find_row(world).state, 0);
}

static void
a_preparation_asks_nobody_for_a_pin(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    world->centre->procedure = MADO_PROCEDURE_PREPARE;
    assert_true(visit_world_begin(world, "prepare", &error));
    visit_world_run_to_end(world);
    assert_string_equal(visit_world_detail(world, "outcome"), "committed");
    assert_int_equal(world->n_exchanges, 4);
    assert_int_equal(world->resident.n_asked, 0);
}

static void
count_receipts(GVariant *result, const GError *error, gpointer user_data)
{
    g_autoptr(GVariant) list = g_variant_get_child_value(result, 0);
    GString *kinds = user_data;

    for (gsize i = 0; i < g_variant_n_children(list); i++) {
        g_autoptr(GVariant) row = g_variant_get_child_value(list, i);
        const char *kind = "";

        g_variant_lookup(row, "kind", "&s", &kind);
        g_string_append_printf(kinds, "%s ", kind);
    }
    g_string_append(kinds, "end");
}

static char *
receipt_kinds(VisitWorld *world)
{
    GString *kinds = g_string_new("");

    mado_journal_list_receipts(world->journal, 0, 100, count_receipts, kinds);
    while (!g_str_has_suffix(kinds->str, "end"))
        g_main_context_iteration(NULL, TRUE);
    return g_string_free(kinds, FALSE);
}

static void
every_step_that_ended_has_its_receipt(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *kinds = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_to_end(world);
    kinds = receipt_kinds(world);
    for (int kind = MADO_RECEIPT_VISIT_OPENED; kind <= MADO_RECEIPT_COMMITTED; kind++)
        assert_non_null(strstr(kinds, mado_receipt_kind_name((MadoReceiptKind)kind)));
    assert_null(strstr(kinds, mado_receipt_kind_name(MADO_RECEIPT_HELD)));
}

/* ---- decisions ---- */

/* The clerk took long to sign: the card was unpowered meanwhile and is still the same. */
static void
an_opening_decision_after_the_card_lost_power_is_taken(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    mado_card_power_off(world->work.card);
    visit_world_run_to_end(world);
    visit_world_assert_issued(world);
    assert_int_equal(world->n_exchanges, 5);
}

/* Another card lies there: nothing was sent, all can begin anew. */
static void
an_opening_decision_for_a_card_that_was_swapped_begins_anew(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    mado_card_power_off(world->work.card);
    visit_card_init(&world->card, 0xB2, world->keys[0], world->keys[1]);
    assert_false(visit_world_decide(world, &error));
    assert_mado_error(error, MADO_ERROR_CARD_CHANGED);
    g_clear_error(&error);
    assert_int_equal(world->n_exchanges, 0);
    visit_world_end_session(world);
    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_to_end(world);
    visit_world_assert_issued(world);
}

static void
a_decision_of_another_visit_is_refused(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;
    MadoDecision decision;

    assert_true(visit_world_begin(world, "issue", &error));
    decision = visit_world_make_decision(world);
    decision.transaction[0] ^= 1;
    assert_false(visit_world_decide_with(world, &decision, &error));
    assert_mado_error(error, MADO_ERROR_OPERATOR);
    g_clear_error(&error);
    decision = visit_world_make_decision(world);
    decision.kind = MADO_DECISION_FACE;
    assert_false(visit_world_decide_with(world, &decision, &error));
    assert_mado_error(error, MADO_ERROR_OPERATOR);
    g_clear_error(&error);
    decision = visit_world_make_decision(world);
    g_strlcpy(decision.terminal, "D002", sizeof decision.terminal);
    assert_false(visit_world_decide_with(world, &decision, &error));
    g_clear_error(&error);
    visit_world_run_to_end(world);
    visit_world_assert_issued(world);
}

static void
calls_out_of_their_step_change_nothing(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GBytes) none = g_bytes_new_static("", 0);

    for (guint stop = 0; stop < 3; stop++) {
        g_autoptr(GError) error = NULL;

        if (stop == 1)
            assert_true(visit_world_begin(world, "issue", &error));
        if (stop == 2)
            assert_true(visit_world_decide(world, &error));
        assert_false(mado_visit_continue(world->visit, &world->work, &world->step, &error));
        assert_mado_error(error, MADO_ERROR_BAD_STATE);
        g_clear_error(&error);
        assert_false(mado_visit_choose_pins(world->visit, &world->work, &world->step, &error));
        assert_mado_error(error, MADO_ERROR_BAD_STATE);
        g_clear_error(&error);
        assert_false(
            mado_visit_reply(world->visit, &world->work, "no key", none, &world->step, &error));
        assert_mado_error(error, MADO_ERROR_BAD_STATE);
    }
    visit_world_run_to_end(world);
    visit_world_assert_issued(world);
}

static void
a_card_of_a_newer_profile_is_refused_by_name(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    world->card.record.profile = MADO_PROFILE_VERSION + 1;
    assert_false(visit_world_begin(world, "issue", &error));
    assert_mado_error(error, MADO_ERROR_CARD_DATA);
    assert_non_null(strstr(error->message, "newer"));
    assert_int_equal(world->card.n_changes, 0);
    assert_int_equal(visit_world_find_row(world).state, 0);
}

/* Of a reason that does not fit, no half character goes over the bus or into the journal. */
static void
a_long_reason_is_cut_between_two_characters(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) reason = g_string_new(NULL);
    MadoJournalVisit row;

    for (guint i = 0; i < sizeof row.reason; i++)
        g_string_append(reason, "理"); /* three bytes each, so that the end falls into one */
    assert_int_not_equal((sizeof row.reason - 1) % strlen("理"), 0);
    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_until(world, MADO_STEP_RELAY, 1);
    assert_true(mado_visit_end_on_hold(world->visit, MADO_VISIT_ON_UNREACHED,
                                       MADO_ERROR_CENTRE_UNREACHABLE, reason->str,
                                       &world->step));
    row = visit_world_find_row(world);
    assert_true(g_utf8_validate(row.reason, -1, NULL));
    assert_int_equal(strlen(row.reason), (sizeof row.reason - 1) / 3 * 3);
    assert_string_equal(visit_world_detail(world, "reason"), row.reason);
}

/* ---- replies ---- */

static void
twist_realm(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    header->realm = MADO_REALM_CODE_PRODUCTION;
}

static void
twist_visit(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    header->visit[3] ^= 1;
}

static void
twist_hash(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    header->request_hash[3] ^= 1;
}

static void
twist_step(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    header->step_number++;
}

static void
twist_card(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    header->card_id[0] ^= 1;
}

static void
twist_terminal(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    g_strlcpy(header->terminal, "D002", sizeof header->terminal);
}

static void
twist_next(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    reply->next = MADO_NEXT_CSR;
}

static void
a_reply_that_is_not_to_this_message_is_refused_and_the_right_one_taken(void **state)
{
    static const struct {
        VisitCentreTwist twist;
        MadoErrorCode code;
    } rows[] = {
        {twist_realm, MADO_ERROR_REALM},        {twist_visit, MADO_ERROR_CENTRE_ANSWER},
        {twist_hash, MADO_ERROR_CENTRE_ANSWER}, {twist_step, MADO_ERROR_CENTRE_ANSWER},
        {twist_card, MADO_ERROR_CENTRE_ANSWER}, {twist_terminal, MADO_ERROR_CENTRE_ANSWER},
        {twist_next, MADO_ERROR_CENTRE_ANSWER},
    };
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_until(world, MADO_STEP_RELAY, 0);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        world->centre->twist = rows[i].twist;
        assert_false(visit_world_relay(world, &error));
        assert_mado_error(error, rows[i].code);
        g_clear_error(&error);
        assert_int_equal(world->step.kind, MADO_STEP_RELAY);
        world->centre->stage = VISIT_CENTRE_NEW;
    }
    world->centre->twist = NULL;
    visit_world_run_to_end(world);
    visit_world_assert_issued(world);
}

static void
a_doubled_reply_is_refused_by_name(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) sent = NULL;
    g_autoptr(GBytes) reply = NULL;
    g_autofree char *key = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_until(world, MADO_STEP_RELAY, 1);
    key = g_strdup(visit_world_detail(world, "key"));
    sent = visit_world_message(world);
    reply = visit_centre_answer(world->centre, sent);
    assert_true(mado_visit_reply(world->visit, &world->work, key, reply, &world->step, &error));
    assert_false(
        mado_visit_reply(world->visit, &world->work, key, reply, &world->step, &error));
    assert_mado_error(error, MADO_ERROR_BAD_STATE);
    g_clear_error(&error);
    visit_world_run_until(world, MADO_STEP_RELAY, 2);
    assert_false(
        mado_visit_reply(world->visit, &world->work, key, reply, &world->step, &error));
    assert_mado_error(error, MADO_ERROR_BAD_STATE);
    visit_world_run_to_end(world);
    visit_world_assert_issued(world);
}

static void
a_refusal_before_the_card_is_touched_ends_the_visit(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_until(world, MADO_STEP_RELAY, 0);
    assert_true(visit_world_give_up(world, 409, "urn:madoguchi:problem:request-state", &error));
    assert_int_equal(world->step.kind, MADO_STEP_DONE);
    assert_string_equal(visit_world_detail(world, "outcome"), "refused");
    assert_string_equal(visit_world_detail(world, "error"), "RequestState");
    visit_world_end_session(world);
    assert_true(visit_world_begin(world, "issue", &error));
}

static void
silence_puts_the_visit_on_hold_and_the_card_waits_for_resume(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *visit = NULL;
    MadoJournalVisit row;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_until(world, MADO_STEP_RELAY, 2);
    assert_true(visit_world_give_up(world, 0, "", &error));
    assert_int_equal(world->step.kind, MADO_STEP_HOLD);
    assert_string_equal(visit_world_detail(world, "error"), "CentreUnreachable");
    assert_int_equal(visit_world_find_row(world).state, MADO_JOURNAL_VISIT_HELD);
    visit_world_end_session(world);
    assert_false(visit_world_begin(world, "issue", &error));
    assert_mado_error(error, MADO_ERROR_HELD);
    row = visit_world_find_row(world);
    visit = mado_message_id_to_hex(row.visit);
    assert_string_equal(mado_error_held_visit(error), visit);
}

static void
a_clock_a_day_off_makes_no_certificates(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    world->centre->now_ms -= 3600 * 1000;
    assert_true(visit_world_begin(world, "issue", &error));
    assert_true(visit_world_decide(world, &error));
    {
        g_autoptr(GBytes) sent = visit_world_message(world);
        g_autofree char *key = g_strdup(visit_world_detail(world, "key"));
        g_autoptr(GBytes) reply = NULL;

        world->centre->now_ms += 30 * 3600 * 1000;
        reply = visit_centre_answer(world->centre, sent);
        world->centre->now_ms -= 30 * 3600 * 1000;
        assert_true(
            mado_visit_reply(world->visit, &world->work, key, reply, &world->step, &error));
    }
    assert_int_equal(world->step.kind, MADO_STEP_HOLD);
    assert_string_equal(visit_world_detail(world, "error"), "Clock");
    visit_world_end_session(world);
    /* The desk's clock now stands a day before what the centre told. */
    assert_false(visit_world_resume(world, "", TRUE, &error));
    assert_mado_error(error, MADO_ERROR_CLOCK);
}

/* ---- PINs ---- */

static void
a_bad_entry_is_asked_again_and_only_it(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_until(world, MADO_STEP_PINS, 0);
    g_strlcpy(world->resident.typed[1], "1234", 5);
    assert_false(visit_world_go_on(world, &error));
    assert_mado_error(error, MADO_ERROR_PIN_FORM);
    g_clear_error(&error);
    assert_int_equal(world->resident.n_asked, 2);
    g_strlcpy(world->resident.typed[1], "0412", 5); /* the birthday the centre told */
    assert_false(visit_world_go_on(world, &error));
    assert_mado_error(error, MADO_ERROR_PIN_FORM);
    g_clear_error(&error);
    world->resident.fails = MADO_ERROR_AGENT_GONE;
    assert_false(visit_world_go_on(world, &error));
    assert_mado_error(error, MADO_ERROR_AGENT_GONE);
    g_clear_error(&error);
    g_strlcpy(world->resident.typed[1], "8352", 5);
    visit_world_run_to_end(world);
    visit_world_assert_issued(world);
    assert_int_equal(world->resident.n_asked, 7);
    assert_int_equal(world->card.n_verifies, 2);
}

static void
an_odd_answer_to_a_change_is_settled_by_the_record(void **state)
{
    VisitWorld *world = *state;
    g_autoptr(GError) error = NULL;

    world->card.change_sw = 0x6F42;
    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_to_end(world);
    visit_world_assert_issued(world);
    assert_int_equal(world->card.n_verifies, 2);
}

/* ---- certificates ---- */

static void
refuses_certificate(VisitWorld *world)
{
    g_autoptr(GError) error = NULL;

    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_to_end(world);
    assert_int_equal(world->step.kind, MADO_STEP_DONE);
    assert_string_equal(visit_world_detail(world, "outcome"), "aborted");
    assert_string_equal(visit_world_detail(world, "error"), "Certificate");
    assert_int_equal(world->centre->n_confirmed, 0);
    assert_int_equal(world->centre->n_rejected, 2);
    assert_int_equal(world->card.record.phase, MADO_PHASE_IDLE);
    assert_int_equal(world->card.record.n_staged, 0);
    assert_int_equal(visit_world_find_row(world).state, 0);
}

/* Nothing is left of it: the card can be issued by a new visit. */
static void
begin_anew(VisitWorld *world)
{
    g_autoptr(GError) error = NULL;

    world->centre->stage = VISIT_CENTRE_NEW;
    assert_true(visit_world_begin(world, "issue", &error));
    visit_world_run_to_end(world);
    visit_world_assert_issued(world);
}

static void
a_certificate_with_another_key_is_not_staged(void **state)
{
    VisitWorld *world = *state;

    world->centre->wrong_key = world->keys[0];
    refuses_certificate(world);
    world->centre->wrong_key = NULL;
    begin_anew(world);
}

static void
a_certificate_with_the_other_slots_policy_is_not_staged(void **state)
{
    VisitWorld *world = *state;

    const char *policy = world->centre->policy[1];

    world->centre->policy[1] = world->centre->policy[0];
    refuses_certificate(world);
    world->centre->policy[1] = policy;
    begin_anew(world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name)                                                                             \
    cmocka_unit_test_setup_teardown(name, visit_world_set_up, visit_world_tear_down)
        TEST(an_issue_goes_through_in_five_exchanges),
        TEST(a_preparation_asks_nobody_for_a_pin),
        TEST(every_step_that_ended_has_its_receipt),
        TEST(an_opening_decision_after_the_card_lost_power_is_taken),
        TEST(an_opening_decision_for_a_card_that_was_swapped_begins_anew),
        TEST(a_decision_of_another_visit_is_refused),
        TEST(a_card_of_a_newer_profile_is_refused_by_name),
        TEST(a_long_reason_is_cut_between_two_characters),
        TEST(calls_out_of_their_step_change_nothing),
        TEST(a_reply_that_is_not_to_this_message_is_refused_and_the_right_one_taken),
        TEST(a_doubled_reply_is_refused_by_name),
        TEST(a_refusal_before_the_card_is_touched_ends_the_visit),
        TEST(silence_puts_the_visit_on_hold_and_the_card_waits_for_resume),
        TEST(a_clock_a_day_off_makes_no_certificates),
        TEST(a_bad_entry_is_asked_again_and_only_it),
        TEST(an_odd_answer_to_a_change_is_settled_by_the_record),
        TEST(a_certificate_with_another_key_is_not_staged),
        TEST(a_certificate_with_the_other_slots_policy_is_not_staged),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
