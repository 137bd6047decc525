/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/decision.h"
#include "tests/support/test-error.h"
#include "tests/support/test-keys.h"
#include "tests/support/test.h"
#include "tests/support/tlv-edit.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <string.h>

static MadoDecision
some_decision(void)
{
    MadoDecision decision = {
        .realm = MADO_REALM_CODE_TRAINING,
        .terminal = "D001",
        .transaction = {1, 2, 3},
        .kind = MADO_DECISION_FACE,
        .operator_id = "CLERK-1",
        .nonce = {4, 5, 6},
        .time_ms = 0x0102030405,
        .request_id = "R-1",
        .detail = "same",
    };

    return decision;
}

static GBytes *
format(const MadoDecision *decision)
{
    g_autoptr(GError) error = NULL;
    GBytes *bytes = mado_decision_format(decision, &error);

    assert_no_mado_error(error);
    return bytes;
}

static void
what_is_formatted_is_parsed(void **state)
{
    const MadoDecision decision = some_decision();
    g_autoptr(GBytes) bytes = format(&decision);
    g_autoptr(GError) error = NULL;
    MadoDecision parsed;
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);

    assert_true(mado_decision_parse(data, len, &parsed, &error));
    assert_int_equal(parsed.realm, decision.realm);
    assert_string_equal(parsed.terminal, "D001");
    assert_memory_equal(parsed.transaction, decision.transaction, 16);
    assert_int_equal(parsed.kind, MADO_DECISION_FACE);
    assert_string_equal(parsed.operator_id, "CLERK-1");
    assert_memory_equal(parsed.nonce, decision.nonce, 16);
    assert_int_equal(parsed.time_ms, decision.time_ms);
    assert_string_equal(parsed.request_id, "R-1");
    assert_string_equal(parsed.detail, "same");
}

static void
every_malformed_decision_is_refused(void **state)
{
    const MadoDecision decision = some_decision();
    g_autoptr(GBytes) bytes = format(&decision);
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    g_autoptr(GPtrArray) edits = mado_tlv_edit_all(data, len);

    for (guint i = 0; i < edits->len; i++) {
        const MadoTlvEdit *edit = g_ptr_array_index(edits, i);
        gboolean is_length = g_str_has_suffix(edit->what, "ened");
        gboolean is_text = edit->tag == MADO_DEC_TERMINAL || edit->tag == MADO_DEC_OPERATOR ||
                           edit->tag == MADO_DEC_REQUEST_ID || edit->tag == MADO_DEC_DETAIL;
        g_autoptr(GError) error = NULL;
        MadoDecision parsed;

        if ((is_text && is_length) ||
            (edit->tag == MADO_DEC_DETAIL && g_str_has_suffix(edit->what, "left out")))
            continue;
        memset(&parsed, 0x77, sizeof parsed);
        if (mado_decision_parse(edit->bytes->data, edit->bytes->len, &parsed, &error))
            fail_msg("taken: %s", edit->what);
        assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
        assert_int_equal(parsed.nonce[0], 0x77);
    }
}

static void
members_that_do_not_fit_are_not_formatted(void **state)
{
    MadoDecision decision = some_decision();
    g_autoptr(GError) error = NULL;

    decision.kind = 0;
    assert_null(mado_decision_format(&decision, &error));
    assert_mado_error_says(error, MADO_ERROR_BAD_ARGUMENT, "KIND");
    g_clear_error(&error);
    decision = some_decision();
    g_strlcpy(decision.terminal, "d001", sizeof decision.terminal);
    assert_null(mado_decision_format(&decision, &error));
    assert_mado_error_says(error, MADO_ERROR_BAD_ARGUMENT, "TERMINAL");
    g_clear_error(&error);
    decision = some_decision();
    g_strlcpy(decision.detail, "line\nline", sizeof decision.detail);
    assert_null(mado_decision_format(&decision, &error));
    assert_mado_error_says(error, MADO_ERROR_BAD_ARGUMENT, "DETAIL");
    g_clear_error(&error);
    /* No end mark at all. */
    decision = some_decision();
    memset(decision.request_id, 'A', sizeof decision.request_id);
    assert_null(mado_decision_format(&decision, &error));
    assert_mado_error_says(error, MADO_ERROR_BAD_ARGUMENT, "REQUEST_ID");
}

static void
the_longest_decision_fits(void **state)
{
    MadoDecision decision = some_decision();
    g_autoptr(GBytes) bytes = NULL;

    memset(decision.terminal, 'A', 32);
    memset(decision.operator_id, 'A', 32);
    memset(decision.request_id, 'A', 32);
    memset(decision.detail, 'A', 200);
    bytes = format(&decision);
    assert_true(g_bytes_get_size(bytes) > 32 * 3 + 200);
}

static void
kinds_have_names(void **state)
{
    const char *const names[] = {"open", "documents", "face", "resume", "inspected", "look"};

    for (MadoDecisionKind kind = MADO_DECISION_OPEN; kind <= MADO_DECISION_LOOK; kind++) {
        MadoDecisionKind found = 0;

        assert_string_equal(mado_decision_kind_name(kind), names[kind - MADO_DECISION_OPEN]);
        assert_true(mado_decision_kind_from_name(names[kind - MADO_DECISION_OPEN], &found));
        assert_int_equal(found, kind);
    }
    assert_string_equal(mado_decision_kind_name(0), "unknown");
    assert_string_equal(mado_decision_kind_name(7), "unknown");
    {
        MadoDecisionKind found = MADO_DECISION_FACE;

        assert_false(mado_decision_kind_from_name("unknown", &found));
        assert_false(mado_decision_kind_from_name(NULL, &found));
        assert_int_equal(found, MADO_DECISION_FACE);
    }
}

/* ---- signatures ---- */

typedef struct {
    const char *passphrase;
    guint n_asked;
} Asked;

static gboolean
ask(guint8 *buffer, gsize capacity, gsize *ret_len, gpointer user_data)
{
    Asked *asked = user_data;

    asked->n_asked++;
    if (asked->passphrase == NULL)
        return FALSE;
    assert_true(strlen(asked->passphrase) <= capacity);
    memcpy(buffer, asked->passphrase, strlen(asked->passphrase));
    *ret_len = strlen(asked->passphrase);
    return TRUE;
}

static void
an_operators_key_opens_with_its_passphrase_alone(void **state)
{
    g_autofree char *folder = mado_test_keys_make_folder();
    g_autoptr(MadoTestKeys) keys =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "CLERK-1", NULL, 0, 60);
    g_autofree char *path = mado_test_keys_write_key(keys, folder, "clerk", "training");
    const char *const wrong[] = {"Training", "", NULL};
    Asked right = {"training", 0};
    g_autoptr(MadoOperatorKey) key = mado_operator_key_load(path, ask, &right, NULL);

    assert_non_null(key);
    assert_int_equal(right.n_asked, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        Asked asked = {wrong[i], 0};
        g_autoptr(GError) error = NULL;

        assert_null(mado_operator_key_load(path, ask, &asked, &error));
        assert_mado_error_says(error, MADO_ERROR_BAD_ARGUMENT, "passphrase");
        assert_int_equal(asked.n_asked, 1);
    }
    mado_test_keys_remove_folder(folder);
}

typedef struct {
    MadoOperatorKey *key;
    GBytes *public_key;
    GBytes *decision;
    GBytes *signature;
} Signed;

static void
sign_some(Signed *ret_signed)
{
    g_autofree char *folder = mado_test_keys_make_folder();
    g_autoptr(MadoTestKeys) keys =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "CLERK-1", NULL, 0, 60);
    g_autofree char *path = mado_test_keys_write_key(keys, folder, "clerk", NULL);
    const MadoDecision decision = some_decision();
    g_autoptr(GError) error = NULL;
    guint8 *der = NULL;
    int len = i2d_PUBKEY(keys->key, &der);

    ret_signed->key = mado_operator_key_load(path, NULL, NULL, &error);
    assert_no_mado_error(error);
    ret_signed->public_key = g_bytes_new(der, (gsize)len);
    OPENSSL_free(der);
    ret_signed->decision = format(&decision);
    ret_signed->signature = mado_decision_sign(ret_signed->key, ret_signed->decision, &error);
    assert_no_mado_error(error);
    mado_test_keys_remove_folder(folder);
}

static void
signed_clear(Signed *self)
{
    mado_operator_key_free(self->key);
    g_bytes_unref(self->public_key);
    g_bytes_unref(self->decision);
    g_bytes_unref(self->signature);
}

static gboolean
verify(GBytes *public_key, GBytes *decision, GBytes *signature)
{
    g_autoptr(GError) error = NULL;
    gsize len;
    const guint8 *der = g_bytes_get_data(public_key, &len);
    gboolean done = mado_decision_verify(der, len, decision, signature, &error);

    if (!done)
        assert_mado_error(error, MADO_ERROR_OPERATOR);
    return done;
}

static GBytes *
turn_bit(GBytes *bytes, gsize at)
{
    gsize len;
    guint8 *copy = g_memdup2(g_bytes_get_data(bytes, &len), g_bytes_get_size(bytes));

    copy[at] ^= 0x01;
    return g_bytes_new_take(copy, len);
}

static void
a_signature_holds_for_these_bytes_alone(void **state)
{
    Signed it;

    sign_some(&it);
    assert_true(verify(it.public_key, it.decision, it.signature));
    for (gsize i = 0; i < g_bytes_get_size(it.decision); i++) {
        g_autoptr(GBytes) other = turn_bit(it.decision, i);

        assert_false(verify(it.public_key, other, it.signature));
    }
    for (gsize i = 0; i < g_bytes_get_size(it.signature); i++) {
        g_autoptr(GBytes) other = turn_bit(it.signature, i);

        assert_false(verify(it.public_key, it.decision, other));
    }
    signed_clear(&it);
}

static void
another_operators_key_does_not_verify(void **state)
{
    Signed it;
    Signed other;
    g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);
    g_autoptr(GBytes) junk = g_bytes_new("junk", 4);

    sign_some(&it);
    sign_some(&other);
    assert_false(verify(other.public_key, it.decision, it.signature));
    assert_false(verify(nothing, it.decision, it.signature));
    assert_false(verify(junk, it.decision, it.signature));
    assert_false(verify(it.public_key, it.decision, nothing));
    signed_clear(&it);
    signed_clear(&other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_formatted_is_parsed),
        cmocka_unit_test(every_malformed_decision_is_refused),
        cmocka_unit_test(members_that_do_not_fit_are_not_formatted),
        cmocka_unit_test(the_longest_decision_fits),
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(an_operators_key_opens_with_its_passphrase_alone),
        cmocka_unit_test(a_signature_holds_for_these_bytes_alone),
        cmocka_unit_test(another_operators_key_does_not_verify),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
