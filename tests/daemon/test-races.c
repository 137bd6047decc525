/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may happen at the same time: authority, clients, readers, cards and the daemon's end. */
#include "config.h"

#include "tests/support/fake-desk.h"
#include "tests/support/test-error.h"

#include <madoguchi/names.h>

#define READER      "/readers/r1"
#define READER_PATH MADO_PATH_MANAGER READER
#define INS_RECORD  0xB2

static int
set_up(void **state)
{
    FakeDesk *desk = fake_desk_new(MADO_REALM_CODE_TRAINING);

    fake_desk_add_reader(desk, 0);
    fake_desk_insert_card(desk, 0);
    *state = desk;
    return 0;
}

static int
tear_down(void **state)
{
    fake_desk_free(*state);
    return 0;
}

static FakeDeskCall *
ask_claim(FakeDesk *desk, guint client, const char *reader)
{
    return fake_desk_call(desk, client, "", MADO_IFACE_MANAGER, "Claim",
                          g_variant_new("(o)", reader));
}

static FakeDeskCall *
call_session(FakeDesk *desk, guint client, const char *session, const char *method)
{
    return fake_desk_call(desk, client, session, MADO_IFACE_SESSION, method, NULL);
}

/* Waits for the call and expects this error; 0: success. */
static void
expect(FakeDesk *desk, FakeDeskCall *call, MadoErrorCode code)
{
    fake_desk_wait(desk, call);
    if (code == 0)
        assert_no_mado_error(call->error);
    else
        assert_mado_error(call->error, code);
}

/* Everything this client sent before has been taken up by the daemon. */
static void
wait_taken(FakeDesk *desk, guint client)
{
    g_autoptr(FakeDeskCall) call =
        fake_desk_call(desk, client, "", MADO_IFACE_MANAGER, "UnregisterAgent", NULL);

    expect(desk, call, MADO_ERROR_NOT_FOUND);
}

static void
expect_claim(FakeDesk *desk, guint client, MadoErrorCode code)
{
    g_autoptr(FakeDeskCall) call = ask_claim(desk, client, READER_PATH);

    expect(desk, call, code);
}

/* ---- the authority ---- */

static void
a_claim_without_authority_is_refused(void **state)
{
    fake_desk_remove_authority(*state);
    expect_claim(*state, 0, MADO_ERROR_NOT_AUTHORIZED);
}

static void
a_denied_claim_leaves_the_reader_free(void **state)
{
    g_autofree char *session = NULL;

    fake_desk_set_rule(*state, FAKE_DESK_DENY);
    expect_claim(*state, 0, MADO_ERROR_NOT_AUTHORIZED);
    fake_desk_set_rule(*state, FAKE_DESK_ALLOW);
    session = fake_desk_claim(*state, 1, READER);
}

static void
a_client_that_vanishes_while_the_authority_thinks_gets_nothing(void **state)
{
    g_autoptr(FakeDeskCall) call = NULL;
    g_autofree char *session = NULL;

    fake_desk_set_rule(*state, FAKE_DESK_HANG);
    call = ask_claim(*state, 0, READER_PATH);
    fake_desk_wait_asked(*state, 1);
    fake_desk_close_client(*state, 0);
    fake_desk_wait(*state, call);
    fake_desk_answer_authority(*state, TRUE);
    fake_desk_set_rule(*state, FAKE_DESK_ALLOW);
    session = fake_desk_claim(*state, 1, READER);
    assert_string_equal(session, "/sessions/s1");
}

static gboolean
is_withdrawn(gpointer desk)
{
    return fake_desk_n_withdrawn(desk) == 1;
}

static void
a_question_of_a_vanished_client_is_withdrawn(void **state)
{
    g_autoptr(FakeDeskCall) call = NULL;

    fake_desk_set_rule(*state, FAKE_DESK_HANG);
    call = ask_claim(*state, 0, READER_PATH);
    fake_desk_wait_asked(*state, 1);
    fake_desk_close_client(*state, 0);
    fake_desk_wait_until(*state, is_withdrawn, *state);
    fake_desk_wait(*state, call);
}

static void
a_reader_that_went_while_the_authority_thought_is_not_found(void **state)
{
    g_autoptr(FakeDeskCall) call = NULL;

    fake_desk_set_rule(*state, FAKE_DESK_HANG);
    call = ask_claim(*state, 0, READER_PATH);
    fake_desk_wait_asked(*state, 1);
    fake_desk_remove_reader(*state, 0);
    fake_desk_answer_authority(*state, TRUE);
    expect(*state, call, MADO_ERROR_NOT_FOUND);
}

static void
of_two_claims_that_waited_one_wins(void **state)
{
    g_autoptr(FakeDeskCall) first = NULL;
    g_autoptr(FakeDeskCall) second = NULL;

    fake_desk_set_rule(*state, FAKE_DESK_HANG);
    first = ask_claim(*state, 0, READER_PATH);
    fake_desk_wait_asked(*state, 1);
    second = ask_claim(*state, 1, READER_PATH);
    fake_desk_wait_asked(*state, 2);
    fake_desk_answer_authority(*state, TRUE);
    expect(*state, first, 0);
    expect(*state, second, MADO_ERROR_BUSY);
}

/* ---- clients ---- */

static void
another_client_may_not_call_a_session(void **state)
{
    static const char *const methods[] = {"Inspect", "Continue", "ChoosePins", "Cancel",
                                          "Release"};
    g_autofree char *session = fake_desk_claim(*state, 0, READER);
    guint n_opened = fake_desk_n_opened(*state);

    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
        g_autoptr(FakeDeskCall) call = call_session(*state, 1, session, methods[i]);

        expect(*state, call, MADO_ERROR_NOT_CLAIMED);
    }
    assert_int_equal(fake_desk_n_opened(*state), n_opened);
}

static void
a_claimed_reader_is_busy_for_another_client(void **state)
{
    g_autofree char *session G_GNUC_UNUSED = fake_desk_claim(*state, 0, READER);

    expect_claim(*state, 1, MADO_ERROR_BUSY);
}

static void
a_second_call_in_flight_is_busy(void **state)
{
    g_autofree char *session = fake_desk_claim(*state, 0, READER);
    g_autoptr(FakeDeskCall) first = NULL;
    g_autoptr(FakeDeskCall) second = NULL;

    fake_desk_block_at(*state, INS_RECORD);
    first = call_session(*state, 0, session, "Inspect");
    fake_desk_wait_blocked(*state);
    second = call_session(*state, 0, session, "Inspect");
    expect(*state, second, MADO_ERROR_BUSY);
    fake_desk_unblock(*state);
    expect(*state, first, 0);
}

static void
a_client_that_vanishes_in_a_call_leaves_the_reader_free_and_the_card_unpowered(void **state)
{
    g_autofree char *session = fake_desk_claim(*state, 0, READER);
    g_autofree char *next = NULL;
    g_autoptr(FakeDeskCall) call = NULL;

    fake_desk_block_at(*state, INS_RECORD);
    call = call_session(*state, 0, session, "Inspect");
    fake_desk_wait_blocked(*state);
    fake_desk_close_client(*state, 0);
    fake_desk_wait(*state, call);
    fake_desk_unblock(*state);
    fake_desk_wait_no_object(*state, session);
    fake_desk_wait_free_reader(*state, READER);
    assert_false(fake_desk_is_open(*state));
    next = fake_desk_claim(*state, 1, READER);
}

static void
an_idle_client_that_vanishes_leaves_the_reader_free(void **state)
{
    g_autofree char *session = fake_desk_claim(*state, 0, READER);

    fake_desk_close_client(*state, 0);
    fake_desk_wait_no_object(*state, session);
    fake_desk_wait_free_reader(*state, READER);
}

static void
a_release_during_a_call_ends_both(void **state)
{
    g_autofree char *session = fake_desk_claim(*state, 0, READER);
    g_autoptr(FakeDeskCall) call = NULL;
    g_autoptr(FakeDeskCall) release = NULL;

    fake_desk_block_at(*state, INS_RECORD);
    call = call_session(*state, 0, session, "Inspect");
    fake_desk_wait_blocked(*state);
    release = call_session(*state, 0, session, "Release");
    wait_taken(*state, 0);
    fake_desk_unblock(*state);
    expect(*state, call, MADO_ERROR_CANCELLED);
    expect(*state, release, 0);
    fake_desk_wait_no_object(*state, session);
    fake_desk_wait_free_reader(*state, READER);
}

static void
two_releases_are_both_answered(void **state)
{
    g_autofree char *session = fake_desk_claim(*state, 0, READER);
    g_autoptr(FakeDeskCall) first = call_session(*state, 0, session, "Release");
    g_autoptr(FakeDeskCall) second = call_session(*state, 0, session, "Release");

    expect(*state, first, 0);
    fake_desk_wait(*state, second);
    /* Sent before the first was answered it waits with it; after, there is no such object. */
    if (second->error != NULL)
        assert_true(g_error_matches(second->error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD) ||
                    g_error_matches(second->error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT));
}

static void
two_cancels_in_a_call_are_both_answered_and_the_session_goes_on(void **state)
{
    g_autofree char *session = fake_desk_claim(*state, 0, READER);
    g_autoptr(FakeDeskCall) call = NULL;
    g_autoptr(FakeDeskCall) first = NULL;
    g_autoptr(FakeDeskCall) second = NULL;
    g_autoptr(FakeDeskCall) again = NULL;

    fake_desk_block_at(*state, INS_RECORD);
    call = call_session(*state, 0, session, "Inspect");
    fake_desk_wait_blocked(*state);
    first = call_session(*state, 0, session, "Cancel");
    second = call_session(*state, 0, session, "Cancel");
    wait_taken(*state, 0);
    fake_desk_unblock(*state);
    expect(*state, call, MADO_ERROR_CANCELLED);
    expect(*state, first, 0);
    expect(*state, second, 0);
    assert_false(fake_desk_is_open(*state));
    again = call_session(*state, 0, session, "Inspect");
    expect(*state, again, 0);
}

static void
a_cancel_with_nothing_to_cancel_succeeds(void **state)
{
    g_autofree char *session = fake_desk_claim(*state, 0, READER);
    g_autoptr(FakeDeskCall) call = call_session(*state, 0, session, "Cancel");

    expect(*state, call, 0);
}

static void
calls_beyond_the_limit_are_refused(void **state)
{
    FakeDeskCall *calls[MADO_LIMIT_CALLS_IN_FLIGHT_PER_CLIENT + 1];

    fake_desk_set_rule(*state, FAKE_DESK_HANG);
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++)
        calls[i] = ask_claim(*state, 0, READER_PATH);
    expect(*state, calls[MADO_LIMIT_CALLS_IN_FLIGHT_PER_CLIENT], MADO_ERROR_LIMIT);
    fake_desk_wait_asked(*state, MADO_LIMIT_CALLS_IN_FLIGHT_PER_CLIENT);
    fake_desk_answer_authority(*state, FALSE);
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
        fake_desk_wait(*state, calls[i]);
        fake_desk_call_free(calls[i]);
    }
    /* Answered calls count no more. */
    fake_desk_set_rule(*state, FAKE_DESK_ALLOW);
    expect_claim(*state, 0, 0);
}

static void
sessions_beyond_the_limit_are_refused(void **state)
{
    g_autoptr(FakeDeskCall) call = NULL;

    for (guint i = 0; i < MADO_LIMIT_SESSIONS_PER_CLIENT; i++) {
        g_autofree char *path = g_strdup_printf("/readers/r%u", i + 1);
        g_autofree char *session = NULL;

        fake_desk_add_reader(*state, i + 1); /* r1 is there; these are r2 to r5 */
        session = fake_desk_claim(*state, 0, path);
    }
    call = ask_claim(*state, 0, MADO_PATH_MANAGER "/readers/r5");
    expect(*state, call, MADO_ERROR_LIMIT);
}

static void
an_argument_beyond_the_limit_is_refused(void **state)
{
    g_autofree char *long_key = g_strnfill(MADO_LIMIT_ARGUMENT_LEN + 1, 'a');
    g_autofree char *session = fake_desk_claim(*state, 0, READER);
    g_autoptr(FakeDeskCall) call = fake_desk_call(*state, 0, session, MADO_IFACE_SESSION,
                                                  "ChangePin", g_variant_new("(s)", long_key));

    expect(*state, call, MADO_ERROR_LIMIT);
}

/* ---- readers and cards ---- */

static void
a_reader_removed_under_an_idle_session_ends_it(void **state)
{
    g_autofree char *session = fake_desk_claim(*state, 0, READER);

    fake_desk_remove_reader(*state, 0);
    fake_desk_wait_no_object(*state, session);
}

static void
a_reader_removed_in_a_call_ends_call_and_session(void **state)
{
    g_autofree char *session = fake_desk_claim(*state, 0, READER);
    g_autoptr(FakeDeskCall) call = NULL;

    fake_desk_block_at(*state, INS_RECORD);
    call = call_session(*state, 0, session, "Inspect");
    fake_desk_wait_blocked(*state);
    fake_desk_remove_reader(*state, 0);
    fake_desk_unblock(*state);
    fake_desk_wait(*state, call);
    assert_non_null(call->error);
    fake_desk_wait_no_object(*state, session);
}

static void
a_reader_that_comes_back_is_another_object(void **state)
{
    g_autofree char *session = NULL;

    fake_desk_remove_reader(*state, 0);
    fake_desk_add_reader(*state, 0);
    assert_false(fake_desk_has_object(*state, READER));
    session = fake_desk_claim(*state, 0, "/readers/r2");
}

static void
a_card_removed_in_a_call_ends_the_call_alone(void **state)
{
    g_autofree char *session = fake_desk_claim(*state, 0, READER);
    g_autoptr(FakeDeskCall) call = NULL;
    g_autoptr(FakeDeskCall) absent = NULL;
    g_autoptr(FakeDeskCall) again = NULL;

    fake_desk_block_at(*state, INS_RECORD);
    call = call_session(*state, 0, session, "Inspect");
    fake_desk_wait_blocked(*state);
    fake_desk_remove_card(*state, 0);
    fake_desk_unblock(*state);
    expect(*state, call, MADO_ERROR_CARD_REMOVED);
    absent = call_session(*state, 0, session, "Inspect");
    expect(*state, absent, MADO_ERROR_CARD_ABSENT);
    fake_desk_insert_card(*state, 0);
    again = call_session(*state, 0, session, "Inspect");
    expect(*state, again, 0);
}

static void
without_the_service_there_is_nothing_to_claim(void **state)
{
    g_autofree char *session = fake_desk_claim(*state, 0, READER);
    g_autofree char *again = NULL;

    fake_desk_set_service(*state, FALSE);
    fake_desk_wait_no_object(*state, session);
    expect_claim(*state, 1, MADO_ERROR_SERVICE_GONE);
    fake_desk_set_service(*state, TRUE);
    again = fake_desk_claim(*state, 1, "/readers/r2");
}

static void
a_production_desk_refuses_a_training_reader(void **state)
{
    FakeDesk *desk = fake_desk_new(MADO_REALM_CODE_PRODUCTION);
    g_autoptr(FakeDeskCall) call = NULL;

    fake_desk_add_reader(desk, FAKE_DESK_TRAINING_READER);
    call = ask_claim(desk, 0, READER_PATH);
    expect(desk, call, MADO_ERROR_REALM);
    fake_desk_free(desk);
}

/* ---- the daemon ---- */

static void
a_stop_in_a_call_answers_it_and_unpowers_the_card(void **state)
{
    g_autofree char *session = fake_desk_claim(*state, 0, READER);
    g_autoptr(FakeDeskCall) call = NULL;

    fake_desk_block_at(*state, INS_RECORD);
    call = call_session(*state, 0, session, "Inspect");
    fake_desk_wait_blocked(*state);
    fake_desk_unblock(*state);
    fake_desk_stop(*state);
    fake_desk_wait(*state, call);
    assert_false(fake_desk_is_open(*state));
}

static void
a_stop_while_the_authority_thinks_refuses(void **state)
{
    g_autoptr(FakeDeskCall) call = NULL;

    fake_desk_set_rule(*state, FAKE_DESK_HANG);
    call = ask_claim(*state, 0, READER_PATH);
    fake_desk_wait_asked(*state, 1);
    fake_desk_stop(*state);
    fake_desk_wait(*state, call);
    assert_non_null(call->error);
}

#define RACE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        RACE(a_claim_without_authority_is_refused),
        RACE(a_denied_claim_leaves_the_reader_free),
        RACE(a_client_that_vanishes_while_the_authority_thinks_gets_nothing),
        RACE(a_question_of_a_vanished_client_is_withdrawn),
        RACE(a_reader_that_went_while_the_authority_thought_is_not_found),
        RACE(of_two_claims_that_waited_one_wins),
        RACE(another_client_may_not_call_a_session),
        RACE(a_claimed_reader_is_busy_for_another_client),
        RACE(a_second_call_in_flight_is_busy),
        RACE(a_client_that_vanishes_in_a_call_leaves_the_reader_free_and_the_card_unpowered),
        RACE(an_idle_client_that_vanishes_leaves_the_reader_free),
        RACE(a_release_during_a_call_ends_both),
        RACE(two_releases_are_both_answered),
        RACE(two_cancels_in_a_call_are_both_answered_and_the_session_goes_on),
        RACE(a_cancel_with_nothing_to_cancel_succeeds),
        RACE(calls_beyond_the_limit_are_refused),
        RACE(sessions_beyond_the_limit_are_refused),
        RACE(an_argument_beyond_the_limit_is_refused),
        RACE(a_reader_removed_under_an_idle_session_ends_it),
        RACE(a_reader_removed_in_a_call_ends_call_and_session),
        RACE(a_reader_that_comes_back_is_another_object),
        RACE(a_card_removed_in_a_call_ends_the_call_alone),
        RACE(without_the_service_there_is_nothing_to_claim),
        cmocka_unit_test(a_production_desk_refuses_a_training_reader),
        RACE(a_stop_in_a_call_answers_it_and_unpowers_the_card),
        RACE(a_stop_while_the_authority_thinks_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
