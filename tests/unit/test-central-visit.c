/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Visits at the centre, with a software card at the other end of the secure channel. */
#include "config.h"

#include "central/ca.h"
#include "central/visit.h"
#include "common/error.h"
#include "madoguchi/names.h"
#include "tests/support/central-desk.h"
#include "tests/support/test.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string.h>

#define BOTH_SLOTS (MADO_SLOT_AUTH | MADO_SLOT_SIGN)

static int
set_up(void **state)
{
    CentralDesk *desk = g_new0(CentralDesk, 1);

    central_desk_open(desk);
    *state = desk;
    return 0;
}

static int
tear_down(void **state)
{
    central_desk_close(*state);
    g_free(*state);
    return 0;
}

static void
prepare(CentralDesk *desk)
{
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN, FALSE));
    central_desk_run(desk);
    assert_string_equal(desk->problem, "");
    assert_int_equal(desk->reply->next, MADO_NEXT_COMMITTED);
}

/* A prepared card whose next visit is the delivery. */
static void
new_prepared_card(CentralDesk *desk, guint8 slots)
{
    central_desk_new_card(desk, slots);
    prepare(desk);
    central_desk_new_visit(desk);
}

static void
assert_issued(CentralDesk *desk, guint n_certificates)
{
    const MadoCardState *card = mado_card_peek_state(desk->card.card);

    assert_string_equal(desk->problem, "");
    assert_int_equal(desk->reply->next, MADO_NEXT_COMMITTED);
    assert_int_equal(central_desk_request_state(desk), MADO_REQUEST_DELIVERED);
    assert_int_equal(central_desk_transaction_state(desk), MADO_TRANSACTION_COMMITTED);
    assert_int_equal(central_desk_count(desk, MADO_CERTIFICATE_LIVE), n_certificates);
    assert_int_equal(card->life, MADO_LIFE_ACTIVE);
    assert_true(card->has_committed);
    assert_memory_equal(card->committed, desk->header.transaction, MADO_TRANSACTION_LEN);
}

static void
assert_undone(CentralDesk *desk)
{
    const MadoCardState *card = mado_card_peek_state(desk->card.card);

    assert_int_equal(desk->reply->next, MADO_NEXT_ABORTED);
    assert_int_equal(central_desk_request_state(desk), MADO_REQUEST_SET_UP);
    assert_int_equal(central_desk_count(desk, MADO_CERTIFICATE_HELD), 0);
    assert_int_equal(central_desk_count(desk, MADO_CERTIFICATE_LIVE), 0);
    assert_int_equal(card->life, MADO_LIFE_PREPARED);
    assert_int_equal(card->phase, MADO_PHASE_IDLE);
}

/* ---- the way it should go ---- */

static void
a_card_is_prepared_in_four_exchanges(void **state)
{
    CentralDesk *desk = *state;

    central_desk_new_card(desk, BOTH_SLOTS);
    prepare(desk);
    assert_int_equal(desk->n_exchanges, 4);
    assert_int_equal(central_desk_request_state(desk), MADO_REQUEST_SET_UP);
    assert_int_equal(mado_card_peek_state(desk->card.card)->life, MADO_LIFE_PREPARED);
}

static X509 *
load_certificate(CentralDesk *desk, MadoSlot slot)
{
    g_autoptr(MadoCertificateRecord) record =
        desk->store->ops->get_certificate(desk->store, desk->header.transaction, slot, NULL);
    const guint8 *at;

    assert_non_null(record);
    at = g_bytes_get_data(record->der, NULL);
    return d2i_X509(NULL, &at, (long)g_bytes_get_size(record->der));
}

static void
assert_policy(X509 *certificate, const char *oid)
{
    CERTIFICATEPOLICIES *policies =
        X509_get_ext_d2i(certificate, NID_certificate_policies, NULL, NULL);
    char text[128];

    assert_non_null(policies);
    OBJ_obj2txt(text, sizeof text, sk_POLICYINFO_value(policies, 0)->policyid, 1);
    assert_string_equal(text, oid);
    CERTIFICATEPOLICIES_free(policies);
}

static void
a_card_is_issued_in_five_exchanges_with_two_certificates(void **state)
{
    CentralDesk *desk = *state;
    GENERAL_NAMES *names;
    X509 *auth;
    X509 *sign;

    new_prepared_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    assert_int_equal(desk->reply->n_wanted, 2);
    assert_true(desk->reply->has_person);
    assert_string_equal(desk->reply->person.name, "試験　花子");
    central_desk_run(desk);
    assert_issued(desk, 2);
    assert_int_equal(desk->n_exchanges, MADO_LIMIT_EXCHANGES_PER_ISSUE);
    auth = load_certificate(desk, MADO_SLOT_AUTH);
    sign = load_certificate(desk, MADO_SLOT_SIGN);
    assert_int_equal(X509_verify(auth, X509_get0_pubkey(desk->keys->jpki_auth.cert)), 1);
    assert_int_equal(X509_verify(sign, X509_get0_pubkey(desk->keys->jpki_sign.cert)), 1);
    assert_policy(auth, MADO_POLICY_TRAINING_AUTH);
    assert_policy(sign, MADO_POLICY_TRAINING_SIGN);
    assert_null(X509_get_ext_d2i(auth, NID_subject_alt_name, NULL, NULL));
    names = X509_get_ext_d2i(sign, NID_subject_alt_name, NULL, NULL);
    assert_int_equal(sk_GENERAL_NAME_num(names), 6);
    GENERAL_NAMES_free(names);
    X509_free(auth);
    X509_free(sign);
}

static void
a_set_may_be_one_certificate_without_a_signature_pin(void **state)
{
    CentralDesk *desk = *state;

    new_prepared_card(desk, MADO_SLOT_AUTH);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    central_desk_run(desk);
    assert_issued(desk, 1);
}

/* The register knows no face key of a card that made its own: it learns it once, at PREPARE. */
static void
a_face_key_is_learnt_when_the_card_is_prepared(void **state)
{
    CentralDesk *desk = *state;
    MadoStore *store = desk->store;
    g_autoptr(MadoCardRecord) card = NULL;
    MadoBodyLookup *lookup;

    central_desk_new_card(desk, BOTH_SLOTS);
    card = store->ops->get_card(store, desk->card_id, NULL);
    memset(card->face_key, 0, sizeof card->face_key);
    assert_true(store->ops->put_card(store, card, NULL));
    assert_false(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    assert_string_equal(desk->problem, "request-state");
    prepare(desk);
    central_desk_new_visit(desk);
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN);
    lookup->face_key[31] ^= 1;
    assert_false(central_desk_send_lookup(desk, lookup));
    assert_string_equal(desk->problem, "request-mismatch");
    mado_body_lookup_free(lookup);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
}

/* ---- repeats ---- */

static void
the_same_message_has_the_same_answer(void **state)
{
    CentralDesk *desk = *state;
    g_autoptr(GBytes) first = NULL;
    g_autoptr(GBytes) other = NULL;

    central_desk_new_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN, FALSE));
    first = g_bytes_ref(desk->answer);
    other = g_bytes_ref(desk->sent);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(central_desk_post(desk, MADO_SERVICE_VISIT, desk->sent_key, other),
                         200);
        assert_true(g_bytes_equal(desk->answer, first));
    }
    central_desk_restart_centre(desk);
    assert_int_equal(central_desk_post(desk, MADO_SERVICE_VISIT, desk->sent_key, other), 200);
    assert_true(g_bytes_equal(desk->answer, first));
}

static void
a_visit_that_ended_ends_the_same_way_again(void **state)
{
    CentralDesk *desk = *state;

    new_prepared_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    central_desk_run(desk);
    assert_issued(desk, 2);
    central_desk_next_attempt(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, FALSE));
    assert_issued(desk, 2);
}

/* ---- refusals ---- */

static void
assert_refused(CentralDesk *desk, MadoBodyLookup *lookup, const char *problem)
{
    assert_false(central_desk_send_lookup(desk, lookup));
    assert_string_equal(desk->problem, problem);
    assert_int_equal(central_desk_transaction_state(desk), 0);
    mado_body_lookup_free(lookup);
}

static void
a_card_that_is_not_the_requests_is_refused(void **state)
{
    CentralDesk *desk = *state;
    MadoBodyLookup *lookup;

    central_desk_new_card(desk, BOTH_SLOTS);
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN);
    lookup->face_key[0] ^= 1;
    assert_refused(desk, lookup, "request-mismatch");
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN);
    lookup->serial[14] ^= 1;
    assert_refused(desk, lookup, "request-mismatch");
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN);
    g_strlcpy(lookup->expiry, "20360402", sizeof lookup->expiry);
    assert_refused(desk, lookup, "request-mismatch");
    desk->header.card_id[0] ^= 1;
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN);
    assert_refused(desk, lookup, "request-mismatch");
}

static void
another_persons_request_is_refused(void **state)
{
    CentralDesk *desk = *state;
    char other[33];
    MadoBodyLookup *lookup;

    central_desk_new_card(desk, BOTH_SLOTS);
    g_strlcpy(other, desk->request_id, sizeof other);
    central_desk_new_card(desk, BOTH_SLOTS);
    g_strlcpy(desk->request_id, other, sizeof desk->request_id);
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN);
    assert_refused(desk, lookup, "request-mismatch");
    g_strlcpy(desk->request_id, "R-NONE", sizeof desk->request_id);
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN);
    assert_refused(desk, lookup, "not-found");
}

static void
a_procedure_whose_turn_it_is_not_is_refused(void **state)
{
    CentralDesk *desk = *state;
    MadoBodyLookup *lookup;

    central_desk_new_card(desk, BOTH_SLOTS);
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN);
    assert_refused(desk, lookup, "request-state");
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_RESUME);
    assert_refused(desk, lookup, "request-state");
    prepare(desk);
    central_desk_new_visit(desk);
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN);
    assert_refused(desk, lookup, "request-state");
}

static void
an_operator_without_the_right_is_refused(void **state)
{
    CentralDesk *desk = *state;
    MadoStore *store = desk->store;
    g_autoptr(MadoOperatorRecord) record = store->ops->get_operator(store, "CLERK-1", NULL);
    guint8 roles = record->roles;
    MadoBodyLookup *lookup;

    central_desk_new_card(desk, BOTH_SLOTS);
    record->roles = MADO_ROLE_AUDITOR;
    assert_true(store->ops->put_operator(store, record, NULL));
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN);
    assert_refused(desk, lookup, "operator");
    record->roles = roles;
    record->is_revoked = TRUE;
    assert_true(store->ops->put_operator(store, record, NULL));
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN);
    assert_refused(desk, lookup, "operator");
    record->is_revoked = FALSE;
    assert_true(store->ops->put_operator(store, record, NULL));
}

static void
a_decision_is_good_for_its_own_visit_alone(void **state)
{
    CentralDesk *desk = *state;
    MadoBodyLookup *lookup;

    central_desk_new_card(desk, BOTH_SLOTS);
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN);
    central_desk_new_visit(desk);
    assert_refused(desk, lookup, "operator");
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_INSPECTED);
    assert_refused(desk, lookup, "operator");
}

/* The decision asked for is missing, or signed for an older question. */
static void
no_script_is_made_without_the_decisions(void **state)
{
    CentralDesk *desk = *state;
    guint8 nonce[16];

    new_prepared_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    memcpy(nonce, desk->reply->centre_nonce, sizeof nonce);
    desk->reply->centre_nonce[0] ^= 1;
    assert_true(central_desk_work(desk));
    assert_false(central_desk_send_step(desk));
    assert_string_equal(desk->problem, "operator");
    memcpy(desk->reply->centre_nonce, nonce, sizeof nonce);
    desk->reply->n_wanted = 1;
    assert_true(central_desk_work(desk));
    assert_false(central_desk_send_step(desk));
    assert_string_equal(desk->problem, "operator");
    desk->reply->n_wanted = 2;
    central_desk_run(desk);
    assert_issued(desk, 2);
}

static void
a_clerk_who_does_not_know_the_face_ends_the_visit(void **state)
{
    CentralDesk *desk = *state;
    MadoBodyDecision decisions[2];

    new_prepared_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    decisions[0] = central_desk_decide(desk, MADO_DECISION_DOCUMENTS, "A1");
    decisions[1] = central_desk_decide(desk, MADO_DECISION_FACE, "doubt: younger");
    desk->reply->n_wanted = 0;
    assert_true(central_desk_work(desk));
    for (int i = 0; i < 2; i++) {
        mado_body_step_add_decision(desk->step, decisions[i].bytes, decisions[i].signature);
        g_bytes_unref(decisions[i].bytes);
        g_bytes_unref(decisions[i].signature);
    }
    assert_true(central_desk_send_step(desk));
    assert_undone(desk);
}

static void
a_card_that_does_not_hold_our_keys_is_refused(void **state)
{
    CentralDesk *desk = *state;

    central_desk_new_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN, FALSE));
    assert_true(central_desk_work(desk));
    desk->step->initialize[MADO_BODY_INITIALIZE_LEN - 1] ^= 1;
    assert_false(central_desk_send_step(desk));
    assert_string_equal(desk->problem, "request-mismatch");
    assert_true(central_desk_work(desk));
    desk->step->initialize[0] ^= 1;
    assert_false(central_desk_send_step(desk));
    assert_string_equal(desk->problem, "request-mismatch");
    central_desk_run(desk);
    assert_int_equal(desk->reply->next, MADO_NEXT_COMMITTED);
}

static void
a_request_for_another_key_gets_no_certificate(void **state)
{
    CentralDesk *desk = *state;

    new_prepared_card(desk, BOTH_SLOTS);
    desk->other_key = EVP_RSA_gen(2048);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    central_desk_run(desk);
    assert_string_equal(desk->problem, "request-mismatch");
    assert_int_equal(central_desk_count(desk, MADO_CERTIFICATE_HELD), 0);
    g_clear_pointer(&desk->other_key, EVP_PKEY_free);
    central_desk_next_attempt(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, TRUE));
    central_desk_run(desk);
    assert_issued(desk, 2);
}

static void
a_clock_a_day_off_stops_the_visit(void **state)
{
    CentralDesk *desk = *state;
    MadoBodyLookup *lookup;

    central_desk_new_card(desk, BOTH_SLOTS);
    desk->skew_ms = 25 * 3600 * 1000;
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN);
    assert_refused(desk, lookup, "clock");
    desk->skew_ms = 600 * 1000;
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN, FALSE));
}

static void
an_older_attempt_is_fenced(void **state)
{
    CentralDesk *desk = *state;
    MadoMessageHeader old;

    new_prepared_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    old = desk->header;
    central_desk_next_attempt(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, TRUE));
    assert_true(desk->header.fencing > old.fencing);
    desk->header.attempt = old.attempt;
    assert_true(central_desk_work(desk));
    assert_false(central_desk_send_step(desk));
    assert_string_equal(desk->problem, "fenced");
}

/* ---- faults ---- */

/* Runs an issue until @n_replies replies came, then, if @work, does what the last one asks. */
static void
stop_after(CentralDesk *desk, guint n_replies, gboolean work)
{
    new_prepared_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    for (guint i = 1; i < n_replies; i++) {
        assert_true(central_desk_work(desk));
        assert_true(central_desk_send_step(desk));
    }
    if (work)
        central_desk_work(desk);
}

/* The desk dies at every point, before and after the card did its part. */
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
            assert_issued(desk, 2);
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
                assert_issued(desk, 2);
            else
                assert_undone(desk);
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
        assert_issued(desk, 2);
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
    assert_undone(desk);
    central_desk_new_visit(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    central_desk_run(desk);
    assert_issued(desk, 2);
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
    assert_string_equal(desk->problem, "operator");
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, TRUE));
    central_desk_run(desk);
    assert_issued(desk, 2);
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

    new_prepared_card(desk, BOTH_SLOTS);
    failing.get_open_by_request = fail_to_look;
    desk->store->ops = &failing;
    assert_false(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    desk->store->ops = ops;
    assert_string_equal(desk->problem, "busy");
    assert_int_equal(central_desk_transaction_state(desk), 0);
}

/* The database was set back, and the clerk asks for the visit to be undone. */
static void
an_unknown_visit_is_undone_when_asked_for(void **state)
{
    CentralDesk *desk = *state;
    MadoStore *store = desk->store;
    g_autoptr(MadoTransactionRecord) lost = NULL;
    g_autoptr(MadoBodyLookup) lookup = NULL;

    stop_after(desk, 2, TRUE);
    lost = store->ops->get_transaction(store, desk->header.transaction, NULL);
    assert_non_null(lost);
    lost->state = MADO_TRANSACTION_ABORTED;
    assert_true(store->ops->begin(store, NULL));
    assert_true(store->ops->put_transaction(store, lost, NULL));
    assert_true(store->ops->commit(store, NULL));
    test_card_power_cycle(&desk->card);
    central_desk_new_visit(desk);
    lookup = central_desk_make_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME);
    g_bytes_unref(lookup->decision.bytes);
    g_bytes_unref(lookup->decision.signature);
    lookup->decision = central_desk_decide(desk, MADO_DECISION_RESUME, "undo");
    lookup->resident = TRUE;
    assert_true(central_desk_send_lookup(desk, lookup));
    central_desk_run(desk);
    assert_undone(desk);
}

/* Answers that were altered on the way prove nothing: the card is asked again, then given up.
 */
static void
altered_answers_change_nothing(void **state)
{
    CentralDesk *desk = *state;

    new_prepared_card(desk, BOTH_SLOTS);
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
    assert_issued(desk, 2);
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
    assert_issued(desk, 2);
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

/* ---- days ---- */

static void
a_certificate_ends_on_the_fifth_birthday_or_with_the_card(void **state)
{
    const MadoDate birth = {1990, 4, 1};
    const MadoDate before = {2026, 3, 31};
    const MadoDate on = {2026, 4, 1};
    const MadoDate card = {2036, 4, 1};
    const MadoDate short_card = {2028, 1, 1};
    MadoDate day;

    assert_true(mado_ca_last_day(&birth, &before, &card, &day));
    assert_int_equal(day.year, 2030);
    assert_true(mado_ca_last_day(&birth, &on, &card, &day));
    assert_int_equal(day.year, 2031);
    assert_true(mado_ca_last_day(&birth, &on, &short_card, &day));
    assert_int_equal(day.year, 2028);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_is_prepared_in_four_exchanges),
        cmocka_unit_test(a_card_is_issued_in_five_exchanges_with_two_certificates),
        cmocka_unit_test(a_set_may_be_one_certificate_without_a_signature_pin),
        cmocka_unit_test(a_face_key_is_learnt_when_the_card_is_prepared),
        cmocka_unit_test(the_same_message_has_the_same_answer),
        cmocka_unit_test(a_visit_that_ended_ends_the_same_way_again),
        cmocka_unit_test(a_card_that_is_not_the_requests_is_refused),
        cmocka_unit_test(another_persons_request_is_refused),
        cmocka_unit_test(a_procedure_whose_turn_it_is_not_is_refused),
        cmocka_unit_test(an_operator_without_the_right_is_refused),
        cmocka_unit_test(a_decision_is_good_for_its_own_visit_alone),
        cmocka_unit_test(no_script_is_made_without_the_decisions),
        cmocka_unit_test(a_clerk_who_does_not_know_the_face_ends_the_visit),
        cmocka_unit_test(a_card_that_does_not_hold_our_keys_is_refused),
        cmocka_unit_test(a_request_for_another_key_gets_no_certificate),
        cmocka_unit_test(a_clock_a_day_off_stops_the_visit),
        cmocka_unit_test(an_older_attempt_is_fenced),
        cmocka_unit_test(a_visit_that_stopped_anywhere_is_finished_with_the_resident),
        cmocka_unit_test(a_visit_that_stopped_without_the_resident_is_undone_or_finished),
        cmocka_unit_test(a_restart_of_the_centre_anywhere_is_survived),
        cmocka_unit_test(after_an_undo_the_card_is_issued_by_a_new_visit),
        cmocka_unit_test(a_prepare_that_stopped_anywhere_is_finished),
        cmocka_unit_test(another_desk_finds_the_open_visit_by_the_card),
        cmocka_unit_test(altered_answers_change_nothing),
        cmocka_unit_test(an_opening_decision_is_taken_once_and_only_when_fresh),
        cmocka_unit_test(a_store_that_cannot_be_read_opens_no_visit),
        cmocka_unit_test(an_unknown_visit_is_undone_when_asked_for),
        cmocka_unit_test(damage_is_held_until_somebody_resumes),
        cmocka_unit_test(a_supervisor_closes_the_visit_of_a_lost_card),
        cmocka_unit_test(a_certificate_ends_on_the_fifth_birthday_or_with_the_card),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
