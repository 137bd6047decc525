/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each procedure lets the centre ask of the desk. */
#include "config.h"

#include "common/error.h"
#include "daemon/procedure/plan.h"
#include "tests/support/test.h"

static MadoBodyReply *
make_script(MadoScriptPhase phase)
{
    MadoBodyReply *reply = mado_body_reply_new(MADO_NEXT_SCRIPT);

    reply->phase = phase;
    reply->has_script = TRUE;
    return reply;
}

static gboolean
is_taken(const MadoPlan *plan, MadoPlanRow row, gboolean begun, const MadoBodyReply *reply)
{
    g_autoptr(GError) error = NULL;
    gboolean taken = mado_plan_check(plan, row, begun, reply, &error);

    assert_int_equal(taken, error == NULL);
    if (!taken)
        assert_int_equal(error->code, MADO_ERROR_CENTRE_ANSWER);
    return taken;
}

static void
procedures_are_found_by_number_and_name(void **unused)
{
    assert_ptr_equal(mado_plan_find(MADO_PROCEDURE_ISSUE), mado_plan_find_name("issue"));
    assert_ptr_equal(mado_plan_find(MADO_PROCEDURE_PREPARE), mado_plan_find_name("prepare"));
    assert_null(mado_plan_find(MADO_PROCEDURE_RENEW));
    assert_null(mado_plan_find_name("renew"));
    assert_null(mado_plan_find_name(""));
}

static void
a_script_never_follows_a_lookup(void **unused)
{
    for (int phase = MADO_SCRIPT_RECORD; phase <= MADO_SCRIPT_UNDO; phase++) {
        g_autoptr(MadoBodyReply) reply = make_script((MadoScriptPhase)phase);

        assert_false(is_taken(mado_plan_find_name("issue"), MADO_PLAN_LOOKUP, FALSE, reply));
        assert_false(is_taken(mado_plan_find_name("prepare"), MADO_PLAN_LOOKUP, FALSE, reply));
    }
}

static void
an_issue_commits_only_what_was_staged(void **unused)
{
    g_autoptr(MadoBodyReply) commit = make_script(MADO_SCRIPT_COMMIT);
    const MadoPlan *issue = mado_plan_find_name("issue");

    assert_true(is_taken(issue, MADO_PLAN_STAGE, FALSE, commit));
    assert_false(is_taken(issue, MADO_PLAN_CSR, FALSE, commit));
    assert_false(is_taken(issue, MADO_PLAN_INITIALIZE, FALSE, commit));
    assert_true(is_taken(mado_plan_find_name("prepare"), MADO_PLAN_OPEN, FALSE, commit));
}

static void
a_preparation_sets_no_pin(void **unused)
{
    g_autoptr(MadoBodyReply) reply = make_script(MADO_SCRIPT_OPEN);
    g_autoptr(MadoSecret) pin = mado_secret_new_from((const guint8 *)"12345678", 8);

    assert_true(is_taken(mado_plan_find_name("prepare"), MADO_PLAN_RECORD, FALSE, reply));
    assert_true(mado_body_reply_add_pin(reply, MADO_PIN_TEXT, pin));
    reply->has_host_challenge = TRUE;
    assert_false(is_taken(mado_plan_find_name("prepare"), MADO_PLAN_RECORD, FALSE, reply));
    assert_true(is_taken(mado_plan_find_name("issue"), MADO_PLAN_RECORD, FALSE, reply));
    reply->has_host_challenge = FALSE;
    assert_false(is_taken(mado_plan_find_name("issue"), MADO_PLAN_RECORD, FALSE, reply));
}

static void
a_key_is_signed_for_only_with_its_pin(void **unused)
{
    g_autoptr(MadoBodyReply) reply = make_script(MADO_SCRIPT_OPEN);
    g_autoptr(MadoSecret) pin = mado_secret_new_from((const guint8 *)"12345678", 8);
    const MadoPlan *issue = mado_plan_find_name("issue");

    reply->has_host_challenge = TRUE;
    reply->sign_slots = MADO_SLOT_AUTH | MADO_SLOT_SIGN;
    mado_body_reply_add_pin(reply, MADO_PIN_AUTH, pin);
    assert_false(is_taken(issue, MADO_PLAN_RECORD, FALSE, reply));
    mado_body_reply_add_pin(reply, MADO_PIN_SIGN, pin);
    assert_true(is_taken(issue, MADO_PLAN_RECORD, FALSE, reply));
}

static void
a_session_begun_must_be_authenticated_and_no_other(void **unused)
{
    g_autoptr(MadoBodyReply) reply = make_script(MADO_SCRIPT_STAGE);
    const MadoPlan *issue = mado_plan_find_name("issue");

    assert_false(is_taken(issue, MADO_PLAN_OPEN, TRUE, reply));
    reply->authenticate = g_bytes_new_static("\x84\x82\x33\x00", 4);
    assert_true(is_taken(issue, MADO_PLAN_OPEN, TRUE, reply));
    assert_false(is_taken(issue, MADO_PLAN_OPEN, FALSE, reply));
}

static void
the_end_may_come_at_any_time(void **unused)
{
    for (int row = 0; row < MADO_PLAN_N_ROWS; row++) {
        g_autoptr(MadoBodyReply) reply = mado_body_reply_new(MADO_NEXT_HOLD);

        assert_true(is_taken(mado_plan_find_name("issue"), (MadoPlanRow)row, FALSE, reply));
    }
}

static void
unknown_decisions_are_not_asked_for(void **unused)
{
    g_autoptr(MadoBodyReply) reply = mado_body_reply_new(MADO_NEXT_DECIDE);

    reply->has_host_challenge = TRUE;
    reply->has_centre_nonce = TRUE;
    reply->key_version = MADO_KVN_TRAINING;
    reply->n_wanted = 1;
    reply->wanted[0] = MADO_DECISION_FACE;
    assert_true(is_taken(mado_plan_find_name("issue"), MADO_PLAN_LOOKUP, FALSE, reply));
    assert_false(is_taken(mado_plan_find_name("prepare"), MADO_PLAN_LOOKUP, FALSE, reply));
    reply->wanted[0] = MADO_DECISION_OPEN;
    assert_false(is_taken(mado_plan_find_name("issue"), MADO_PLAN_LOOKUP, FALSE, reply));
    reply->wanted[0] = MADO_DECISION_DOCUMENTS;
    reply->key_version = 0;
    assert_false(is_taken(mado_plan_find_name("issue"), MADO_PLAN_LOOKUP, FALSE, reply));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(procedures_are_found_by_number_and_name),
        cmocka_unit_test(a_script_never_follows_a_lookup),
        cmocka_unit_test(an_issue_commits_only_what_was_staged),
        cmocka_unit_test(a_preparation_sets_no_pin),
        cmocka_unit_test(a_key_is_signed_for_only_with_its_pin),
        cmocka_unit_test(a_session_begun_must_be_authenticated_and_no_other),
        cmocka_unit_test(the_end_may_come_at_any_time),
        cmocka_unit_test(unknown_decisions_are_not_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
