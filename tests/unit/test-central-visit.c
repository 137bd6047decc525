/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Visits at the centre, with a software card at the other end of the secure channel. */
#include "config.h"

#include "central/ca.h"
#include "central/receipt-book.h"
#include "central/visit.h"
#include "common/body-receipt.h"
#include "common/envelope.h"
#include "common/error.h"
#include "madoguchi/names.h"
#include "tests/support/central-desk.h"
#include "tests/support/test.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string.h>

#define BOTH_SLOTS (MADO_SLOT_AUTH | MADO_SLOT_SIGN)

/* ---- the way it should go ---- */

static void
a_card_is_prepared_in_four_exchanges(void **state)
{
    CentralDesk *desk = *state;

    central_desk_new_card(desk, BOTH_SLOTS);
    central_desk_prepare(desk);
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

    central_desk_new_prepared_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    assert_int_equal(desk->reply->n_wanted, 2);
    assert_true(desk->reply->has_person);
    assert_string_equal(desk->reply->person.name, "試験　花子");
    central_desk_run(desk);
    central_desk_assert_issued(desk, 2);
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

    central_desk_new_prepared_card(desk, MADO_SLOT_AUTH);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    central_desk_run(desk);
    central_desk_assert_issued(desk, 1);
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
    central_desk_prepare(desk);
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

    central_desk_new_prepared_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    central_desk_run(desk);
    central_desk_assert_issued(desk, 2);
    central_desk_next_attempt(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, FALSE));
    central_desk_assert_issued(desk, 2);
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
    central_desk_prepare(desk);
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

    central_desk_new_prepared_card(desk, BOTH_SLOTS);
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
    central_desk_assert_issued(desk, 2);
}

static void
a_clerk_who_does_not_know_the_face_ends_the_visit(void **state)
{
    CentralDesk *desk = *state;
    MadoBodyDecision decisions[2];

    central_desk_new_prepared_card(desk, BOTH_SLOTS);
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
    central_desk_assert_undone(desk);
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
a_certificate_the_desk_rejects_ends_the_visit_undone_and_the_next_begins_anew(void **state)
{
    CentralDesk *desk = *state;

    central_desk_new_prepared_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    while (desk->reply->next != MADO_NEXT_SCRIPT || desk->reply->phase != MADO_SCRIPT_STAGE) {
        assert_true(central_desk_work(desk));
        assert_true(central_desk_send_step(desk));
    }
    desk->rejects = TRUE;
    assert_true(central_desk_work(desk));
    assert_false(desk->step->has_answers);
    g_strlcpy(desk->step->damage, "another policy", sizeof desk->step->damage);
    assert_true(central_desk_send_step(desk));
    /* Revoked by the rejection itself, whatever becomes of the card. */
    assert_int_equal(central_desk_count(desk, MADO_CERTIFICATE_HELD), 0);
    desk->rejects = FALSE;
    central_desk_run(desk);
    assert_int_equal(desk->reply->next, MADO_NEXT_ABORTED);
    assert_string_equal(desk->reply->detail,
                        "the desk does not take a certificate: another policy");
    central_desk_assert_undone(desk);
    assert_int_equal(central_desk_transaction_state(desk), MADO_TRANSACTION_ABORTED);
    central_desk_new_visit(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    central_desk_run(desk);
    central_desk_assert_issued(desk, 2);
}

static void
a_confirmation_without_answers_that_rejects_nothing_aborts_nothing(void **state)
{
    CentralDesk *desk = *state;

    central_desk_new_prepared_card(desk, BOTH_SLOTS);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    while (desk->reply->next != MADO_NEXT_SCRIPT || desk->reply->phase != MADO_SCRIPT_STAGE) {
        assert_true(central_desk_work(desk));
        assert_true(central_desk_send_step(desk));
    }
    assert_true(central_desk_work(desk));
    desk->step->has_answers = FALSE;
    assert_true(central_desk_send_step(desk));
    central_desk_run(desk);
    central_desk_assert_issued(desk, 2);
}

static void
a_request_for_another_key_gets_no_certificate(void **state)
{
    CentralDesk *desk = *state;

    central_desk_new_prepared_card(desk, BOTH_SLOTS);
    desk->other_key = EVP_RSA_gen(2048);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_OPEN, FALSE));
    central_desk_run(desk);
    assert_string_equal(desk->problem, "request-mismatch");
    assert_int_equal(central_desk_count(desk, MADO_CERTIFICATE_HELD), 0);
    g_clear_pointer(&desk->other_key, EVP_PKEY_free);
    central_desk_next_attempt(desk);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_ISSUE, MADO_DECISION_RESUME, TRUE));
    central_desk_run(desk);
    central_desk_assert_issued(desk, 2);
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

    central_desk_new_prepared_card(desk, BOTH_SLOTS);
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

/* ---- receipts ---- */

/* (transfer full): what a desk signs; @previous is the hash of the one before. */
static GBytes *
make_receipt(CentralDesk *desk, guint64 number, const guint8 *previous, const char *detail)
{
    MadoReceipt header = {.realm = MADO_REALM_CODE_TRAINING,
                          .terminal = "D001",
                          .time_ms = 1,
                          .epoch = 1,
                          .number = number,
                          .kind = MADO_RECEIPT_VISIT_OPENED,
                          .operator_id = "CLERK-1"};
    MadoBodyReceipt content = {.procedure = MADO_PROCEDURE_ISSUE};
    g_autoptr(MadoSecret) plain = NULL;
    g_autoptr(GBytes) body = NULL;
    g_autoptr(GBytes) bytes = NULL;

    memcpy(header.previous, previous, sizeof header.previous);
    mado_identity_key_id(desk->identity, header.key_id);
    g_strlcpy(content.request_id, "R-001", sizeof content.request_id);
    g_strlcpy(content.detail, detail, sizeof content.detail);
    plain = mado_body_receipt_format(&content, NULL);
    body = mado_envelope_encrypt(desk->peer, plain, NULL);
    bytes = mado_receipt_format(&header, body, NULL);
    assert_non_null(bytes);
    return mado_envelope_sign(desk->identity, g_bytes_get_data(bytes, NULL),
                              g_bytes_get_size(bytes), NULL);
}

static void
assert_acknowledged(CentralDesk *desk, GBytes *receipt, guint64 head)
{
    g_autoptr(MadoSecret) plain =
        mado_envelope_open(desk->identity, desk->peer, desk->answer, NULL, NULL);
    MadoMessageHeader header;
    MadoBodyReceiptAck ack;
    const guint8 *body;
    guint8 hash[32];
    gsize len;

    assert_non_null(plain);
    assert_true(mado_message_parse(plain, &header, &body, &len, NULL));
    assert_int_equal(header.type, MADO_MESSAGE_RECEIPT_ACK);
    mado_envelope_sha256(g_bytes_get_data(receipt, NULL), g_bytes_get_size(receipt), hash);
    assert_memory_equal(header.request_hash, hash, sizeof hash);
    assert_true(mado_body_receipt_parse_ack(body, len, &ack, NULL));
    assert_int_equal(ack.epoch, 1);
    assert_int_equal(ack.head_number, head);
}

static void
note_item(const MadoReceiptBookItem *item, gpointer user_data)
{
    CentralDesk *desk = user_data;
    g_autoptr(MadoSecret) plain = NULL;
    MadoBodyReceipt content;

    assert_null(item->fault);
    plain = mado_envelope_decrypt(desk->keys->identity, item->body, NULL);
    assert_non_null(plain);
    assert_true(mado_body_receipt_parse(mado_secret_peek(plain), mado_secret_len(plain),
                                        &content, NULL));
    assert_string_equal(content.request_id, "R-001");
}

static void
receipts_are_kept_acknowledged_and_verified(void **state)
{
    static const guint8 zeros[32] = {0};
    CentralDesk *desk = *state;
    g_autoptr(GBytes) first = make_receipt(desk, 1, zeros, "first");
    g_autoptr(GBytes) other = make_receipt(desk, 1, zeros, "other");
    g_autoptr(GBytes) second = NULL;
    MadoReceiptBookCount count;
    guint64 n_forks;
    guint8 hash[32];

    mado_envelope_sha256(g_bytes_get_data(first, NULL), g_bytes_get_size(first), hash);
    second = make_receipt(desk, 2, hash, "second");
    assert_int_equal(central_desk_post(desk, MADO_SERVICE_RECEIPT, "r-1-2", second), 409);
    assert_int_equal(central_desk_post(desk, MADO_SERVICE_RECEIPT, "r-1-9", first), 400);
    assert_int_equal(central_desk_post(desk, MADO_SERVICE_RECEIPT, "r-1-1", first), 200);
    assert_acknowledged(desk, first, 1);
    assert_int_equal(central_desk_post(desk, MADO_SERVICE_RECEIPT, "r-1-2", second), 200);
    assert_acknowledged(desk, second, 2);
    assert_int_equal(central_desk_post(desk, MADO_SERVICE_RECEIPT, "r-1-1", first), 200);
    assert_acknowledged(desk, first, 2);
    assert_int_equal(central_desk_post(desk, MADO_SERVICE_RECEIPT, "r-1-1", other), 409);
    assert_true(desk->store->ops->count_forks(desk->store, &n_forks, NULL));
    assert_int_equal(n_forks, 1);
    assert_true(
        mado_receipt_book_verify(desk->store, desk->keys, note_item, desk, &count, NULL));
    assert_int_equal(count.n_good, 2);
    assert_int_equal(count.n_bad, 0);
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
        cmocka_unit_test(
            a_certificate_the_desk_rejects_ends_the_visit_undone_and_the_next_begins_anew),
        cmocka_unit_test(a_confirmation_without_answers_that_rejects_nothing_aborts_nothing),
        cmocka_unit_test(a_clock_a_day_off_stops_the_visit),
        cmocka_unit_test(an_older_attempt_is_fenced),
        cmocka_unit_test(receipts_are_kept_acknowledged_and_verified),
        cmocka_unit_test(a_certificate_ends_on_the_fifth_birthday_or_with_the_card),
    };

    return cmocka_run_group_tests(tests, central_desk_set_up, central_desk_tear_down);
}
