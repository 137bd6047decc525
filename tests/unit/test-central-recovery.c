/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Visits that stop: at every message, on either side, with the resident and without. */
#include "config.h"

#include "central/visit.h"
#include "common/error.h"
#include "tests/support/central-desk.h"
#include "tests/support/test.h"

#include <string.h>

#define BOTH_SLOTS (MADO_SLOT_AUTH | MADO_SLOT_SIGN)

/* ---- faults ---- */

/* Runs an issue until @n_replies replies came, then, if @work, does what the last one asks. */
static void
stop_after(CentralDesk *desk, guint n_replies, gboolean work)
{
    central_desk_new_prepared_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    for (guint i = 1; i < n_replies; i++) {
        assert_true(central_desk_work(desk));
        assert_true(central_desk_send_step(desk));
    }
    if (work)
        central_desk_work(desk);
}

/* The desk dies anywhere, before and after the card did its part. */
static void
a_visit_that_stopped_anywhere_is_finished_with_the_resident(void **state)
{
    CentralDesk *desk = *state;

    for (guint n_replies = 1; n_replies <= 5; n_replies++) {
        for (int work = 0; work < 2; work++) {
            stop_after(desk, n_replies, work != 0);
            central_desk_next_attempt(desk);
            assert_true(
                central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, TRUE));
            central_desk_run(desk);
            central_desk_assert_issued(desk, 2);
        }
    }
}

/* Without the resident a visit is undone, unless the keys are signed for already. */
static void
a_visit_that_stopped_without_the_resident_is_undone_or_finished(void **state)
{
    CentralDesk *desk = *state;

    for (guint n_replies = 1; n_replies <= 5; n_replies++) {
        for (int work = 0; work < 2; work++) {
            gboolean may_finish = n_replies >= 3;

            stop_after(desk, n_replies, work != 0);
            central_desk_next_attempt(desk);
            assert_true(
                central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, FALSE));
            central_desk_run(desk);
            if (may_finish)
                central_desk_assert_issued(desk, 2);
            else
                central_desk_assert_undone(desk);
        }
    }
}

static void
a_restart_of_the_centre_anywhere_is_survived(void **state)
{
    CentralDesk *desk = *state;

    for (guint n_replies = 1; n_replies <= 4; n_replies++) {
        stop_after(desk, n_replies, TRUE);
        central_desk_restart_centre(desk);
        assert_true(central_desk_send_step(desk));
        central_desk_run(desk);
        central_desk_assert_issued(desk, 2);
    }
}

/* An undone visit leaves the request as it was: the next one is a new transaction. */
static void
after_an_undo_the_card_is_issued_by_a_new_visit(void **state)
{
    CentralDesk *desk = *state;

    stop_after(desk, 2, TRUE);
    central_desk_next_attempt(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, FALSE));
    central_desk_run(desk);
    central_desk_assert_undone(desk);
    central_desk_new_visit(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    central_desk_run(desk);
    central_desk_assert_issued(desk, 2);
}

/* The same at PREPARE, which needs nobody. */
static void
a_prepare_that_stopped_anywhere_is_finished(void **state)
{
    CentralDesk *desk = *state;

    for (guint n_replies = 1; n_replies <= 4; n_replies++) {
        central_desk_new_card(desk, BOTH_SLOTS);
        assert_true(
            central_desk_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN, FALSE));
        for (guint i = 1; i < n_replies; i++) {
            assert_true(central_desk_work(desk));
            assert_true(central_desk_send_step(desk));
        }
        central_desk_next_attempt(desk);
        assert_true(
            central_desk_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_RESUME, FALSE));
        central_desk_run(desk);
        assert_int_equal(desk->reply->next, MADO_NEXT_COMMITTED);
        assert_int_equal(central_desk_request_state(desk), MADO_REQUEST_SET_UP);
    }
}

static void
another_desk_finds_the_open_visit_by_the_card(void **state)
{
    CentralDesk *desk = *state;
    guint8 transaction[MADO_TRANSACTION_LEN];

    stop_after(desk, 3, TRUE);
    memcpy(transaction, desk->header.transaction, sizeof transaction);
    test_card_power_cycle(&desk->card);
    central_desk_new_visit(desk);
    g_strlcpy(desk->request_id, "-", sizeof desk->request_id);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, TRUE));
    assert_memory_equal(desk->header.transaction, transaction, sizeof transaction);
    assert_int_equal(desk->reply->procedure_open, MADO_PROCEDURE_ISSUE);
    central_desk_run(desk);
    assert_int_equal(desk->reply->next, MADO_NEXT_COMMITTED);
}

/* Whoever held a visit once kept the bytes: the next adoption takes a decision of its own. */
static void
an_opening_decision_is_taken_once_and_only_when_fresh(void **state)
{
    CentralDesk *desk = *state;
    g_autoptr(MadoBodyLookup) used = NULL;
    g_autoptr(MadoBodyLookup) stale = NULL;

    stop_after(desk, 2, TRUE);
    central_desk_next_attempt(desk);
    used = central_desk_make_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME);
    assert_true(central_desk_send_lookup(desk, used));
    central_desk_next_attempt(desk);
    assert_false(central_desk_send_lookup(desk, used));
    assert_string_equal(desk->problem, "operator");
    desk->decision_age_ms = 10 * 60 * 1000;
    stale = central_desk_make_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME);
    desk->decision_age_ms = 0;
    assert_false(central_desk_send_lookup(desk, stale));
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, TRUE));
    central_desk_run(desk);
    central_desk_assert_issued(desk, 2);
}

static MadoTransactionRecord *
fail_to_look(MadoStore *store, const char *request_id, GError **error)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_JOURNAL, "cannot be read");
    return NULL;
}

/* "Is another visit open?" without an answer is not "no". */
static void
a_store_that_cannot_be_read_opens_no_visit(void **state)
{
    CentralDesk *desk = *state;
    const MadoStoreOps *ops = desk->store->ops;
    MadoStoreOps failing = *ops;

    central_desk_new_prepared_card(desk, MADO_SLOT_AUTH);
    failing.get_open_by_request = fail_to_look;
    desk->store->ops = &failing;
    assert_false(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    desk->store->ops = ops;
    assert_string_equal(desk->problem, "busy");
}

/* The card went further than a database that was set back: what can be finished is. */
static void
a_committed_card_is_finished_after_the_database_was_set_back(void **state)
{
    CentralDesk *desk = *state;

    central_desk_new_card(desk, BOTH_SLOTS);
    central_desk_save_centre(desk);
    central_desk_prepare(desk);
    central_desk_set_centre_back(desk);
    central_desk_next_attempt(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_RESUME, FALSE));
    central_desk_run(desk);
    assert_int_equal(desk->reply->next, MADO_NEXT_COMMITTED);
    assert_int_equal(central_desk_request_state(desk), MADO_REQUEST_SET_UP);
}

/* Certificates that nobody knows any more cannot go live: held by name, however often. */
static void
an_issued_card_of_a_lost_database_is_held(void **state)
{
    CentralDesk *desk = *state;

    central_desk_new_prepared_card(desk, BOTH_SLOTS);
    central_desk_save_centre(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    central_desk_run(desk);
    central_desk_assert_issued(desk, 2);
    central_desk_set_centre_back(desk);
    for (int resident = 0; resident < 2; resident++) {
        central_desk_next_attempt(desk);
        assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME,
                                        resident != 0));
        central_desk_run(desk);
        assert_int_equal(desk->reply->next, MADO_NEXT_HOLD);
        assert_int_equal(central_desk_transaction_state(desk), MADO_TRANSACTION_UNKNOWN);
    }
}

/* The database was set back, and the clerk asks for the visit to be undone. */
static void
an_unknown_visit_is_undone_when_asked_for(void **state)
{
    CentralDesk *desk = *state;
    g_autoptr(MadoBodyLookup) lookup = NULL;

    central_desk_new_prepared_card(desk, BOTH_SLOTS);
    central_desk_save_centre(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    central_desk_work(desk);
    assert_true(central_desk_send_step(desk));
    central_desk_work(desk);
    central_desk_set_centre_back(desk);
    central_desk_next_attempt(desk);
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME);
    mado_body_parts_clear_decisions(&lookup->decision, 1);
    lookup->decision = central_desk_decide(desk, MADO_DECISION_RESUME, "undo");
    lookup->resident = TRUE;
    assert_true(central_desk_send_lookup(desk, lookup));
    central_desk_run(desk);
    central_desk_assert_undone(desk);
}

/* Altered answers prove nothing: the card is asked again, then given up. */
static void
altered_answers_change_nothing(void **state)
{
    CentralDesk *desk = *state;

    central_desk_new_prepared_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    while (central_desk_work(desk)) {
        if (desk->step->n_answers > 0) {
            static const guint8 refused[] = {0x69, 0x85};

            g_bytes_unref(desk->step->answers[0]);
            desk->step->answers[0] = g_bytes_new(refused, sizeof refused);
        }
        assert_true(central_desk_send_step(desk));
    }
    assert_int_equal(desk->reply->next, MADO_NEXT_HOLD);
    assert_int_equal(central_desk_transaction_state(desk), MADO_TRANSACTION_PREPARED);
    central_desk_next_attempt(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, TRUE));
    central_desk_run(desk);
    central_desk_assert_issued(desk, 2);
}

static void
damage_is_held_until_somebody_resumes(void **state)
{
    CentralDesk *desk = *state;

    stop_after(desk, 2, FALSE);
    desk->step = mado_body_step_new();
    g_strlcpy(desk->step->damage, "card removed", sizeof desk->step->damage);
    assert_true(central_desk_send_step(desk));
    assert_int_equal(desk->reply->next, MADO_NEXT_HOLD);
    central_desk_next_attempt(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, TRUE));
    central_desk_run(desk);
    central_desk_assert_issued(desk, 2);
}

static void
a_supervisor_closes_the_visit_of_a_lost_card(void **state)
{
    CentralDesk *desk = *state;
    MadoStore *store = desk->store;

    stop_after(desk, 3, TRUE);
    assert_int_equal(central_desk_count(desk, MADO_CERTIFICATE_HELD), 2);
    assert_true(store->ops->begin(store, NULL));
    assert_true(mado_visit_close(store, desk->header.transaction, "lost", 1, NULL));
    assert_true(store->ops->commit(store, NULL));
    assert_int_equal(central_desk_count(desk, MADO_CERTIFICATE_REVOKED), 2);
    assert_int_equal(central_desk_request_state(desk), MADO_REQUEST_READY);
    central_desk_next_attempt(desk);
    assert_false(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, TRUE));
    assert_string_equal(desk->problem, "fenced");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_visit_that_stopped_anywhere_is_finished_with_the_resident),
        cmocka_unit_test(a_visit_that_stopped_without_the_resident_is_undone_or_finished),
        cmocka_unit_test(a_restart_of_the_centre_anywhere_is_survived),
        cmocka_unit_test(after_an_undo_the_card_is_issued_by_a_new_visit),
        cmocka_unit_test(a_prepare_that_stopped_anywhere_is_finished),
        cmocka_unit_test(another_desk_finds_the_open_visit_by_the_card),
        cmocka_unit_test(an_opening_decision_is_taken_once_and_only_when_fresh),
        cmocka_unit_test(a_store_that_cannot_be_read_opens_no_visit),
        cmocka_unit_test(a_committed_card_is_finished_after_the_database_was_set_back),
        cmocka_unit_test(an_issued_card_of_a_lost_database_is_held),
        cmocka_unit_test(an_unknown_visit_is_undone_when_asked_for),
        cmocka_unit_test(altered_answers_change_nothing),
        cmocka_unit_test(damage_is_held_until_somebody_resumes),
        cmocka_unit_test(a_supervisor_closes_the_visit_of_a_lost_card),
    };

    return cmocka_run_group_tests(tests, central_desk_set_up, central_desk_tear_down);
}
