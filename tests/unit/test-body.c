/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bodies of LOOKUP, STEP, REPLY, of a receipt and its acknowledgement. */
#include "config.h"

#include "common/body-lookup.h"
#include "common/body-receipt.h"
#include "common/body-reply.h"
#include "common/body-step.h"
#include "tests/support/test-error.h"
#include "tests/support/test.h"
#include "tests/support/tlv-edit.h"

#include <string.h>

static GBytes *
text(const char *words)
{
    return g_bytes_new(words, strlen(words));
}

static void
assert_bytes(GBytes *bytes, const char *words)
{
    assert_int_equal(g_bytes_get_size(bytes), strlen(words));
    assert_memory_equal(g_bytes_get_data(bytes, NULL), words, strlen(words));
}

/* A parser under test: whether it takes these bytes. */
typedef gboolean (*Parser)(const guint8 *data, gsize len, GError **error);

static void
assert_refused(Parser parser, const guint8 *data, gsize len, const char *words)
{
    g_autoptr(GError) error = NULL;

    if (parser(data, len, &error))
        fail_msg("taken, but it should say '%s'", words);
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, words);
}

static void
assert_edit_refused(Parser parser, const MadoTlvEdit *edit)
{
    g_autoptr(GError) error = NULL;

    if (parser(edit->bytes->data, edit->bytes->len, &error))
        fail_msg("taken: %s", edit->what);
    assert_mado_error(error, MADO_ERROR_CENTRE_ANSWER);
}

/* All edits but those that the rule allows: a tag list ending with 0 of objects that may be
 * absent or whose length is free. */
static void
assert_edits_refused(Parser parser,
                     const MadoSecret *body,
                     const guint32 *optional,
                     const guint32 *any_length,
                     const guint32 *repeated)
{
    g_autoptr(GPtrArray) edits =
        mado_tlv_edit_all(mado_secret_peek(body), mado_secret_len(body));

    for (guint i = 0; i < edits->len; i++) {
        const MadoTlvEdit *edit = g_ptr_array_index(edits, i);
        const guint32 *allowed = g_str_has_suffix(edit->what, "left out")  ? optional
                                 : g_str_has_suffix(edit->what, "doubled") ? repeated
                                                                           : any_length;

        while (*allowed != 0 && *allowed != edit->tag)
            allowed++;
        if (edit->tag != 0 && *allowed != 0)
            continue;
        assert_edit_refused(parser, edit);
    }
}

static const guint32 no_tags[] = {0};

/* ---- LOOKUP ---- */

static MadoBodyLookup *
some_lookup(void)
{
    MadoBodyLookup *body = mado_body_lookup_new();

    body->procedure = MADO_PROCEDURE_ISSUE;
    g_strlcpy(body->request_id, "R-2026.001_a", sizeof body->request_id);
    g_strlcpy(body->serial, "123456789012345", sizeof body->serial);
    g_strlcpy(body->municipality, "99999", sizeof body->municipality);
    g_strlcpy(body->expiry, "20350203", sizeof body->expiry);
    memset(body->face_key, 7, sizeof body->face_key);
    body->record = text("record");
    body->decision.bytes = text("decision");
    body->decision.signature = text("signature");
    body->resident = TRUE;
    return body;
}

static gboolean
parse_lookup(const guint8 *data, gsize len, GError **error)
{
    g_autoptr(MadoBodyLookup) body = mado_body_lookup_parse(data, len, error);

    return body != NULL;
}

static MadoSecret *
format_lookup(const MadoBodyLookup *body)
{
    g_autoptr(GError) error = NULL;
    MadoSecret *data = mado_body_lookup_format(body, &error);

    assert_no_mado_error(error);
    return data;
}

static void
a_lookup_survives_the_way(void **state)
{
    g_autoptr(MadoBodyLookup) body = some_lookup();
    g_autoptr(MadoSecret) data = format_lookup(body);
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoBodyLookup) parsed =
        mado_body_lookup_parse(mado_secret_peek(data), mado_secret_len(data), &error);

    assert_no_mado_error(error);
    assert_int_equal(parsed->procedure, MADO_PROCEDURE_ISSUE);
    assert_string_equal(parsed->request_id, body->request_id);
    assert_string_equal(parsed->serial, body->serial);
    assert_string_equal(parsed->municipality, body->municipality);
    assert_string_equal(parsed->expiry, body->expiry);
    assert_memory_equal(parsed->face_key, body->face_key, 32);
    assert_bytes(parsed->record, "record");
    assert_bytes(parsed->decision.bytes, "decision");
    assert_bytes(parsed->decision.signature, "signature");
    assert_true(parsed->resident);
}

static void
every_malformed_lookup_is_refused(void **state)
{
    g_autoptr(MadoBodyLookup) body = some_lookup();
    g_autoptr(MadoSecret) data = format_lookup(body);
    const guint32 optional[] = {MADO_MSG_RESIDENT, 0};
    const guint32 any_length[] = {MADO_MSG_REQUEST_ID, MADO_MSG_RECORD, 0};

    assert_edits_refused(parse_lookup, data, optional, any_length, no_tags);
}

static void
a_lookup_with_an_unset_or_ill_spelt_member_is_not_formatted(void **state)
{
    const char *const serials[] = {"", "12345678901234", "12345678901234x"};

    for (gsize i = 0; i < G_N_ELEMENTS(serials); i++) {
        g_autoptr(MadoBodyLookup) body = some_lookup();
        g_autoptr(GError) error = NULL;

        g_strlcpy(body->serial, serials[i], sizeof body->serial);
        assert_null(mado_body_lookup_format(body, &error));
        assert_mado_error_says(error, MADO_ERROR_BAD_ARGUMENT, "SERIAL");
    }
    {
        g_autoptr(MadoBodyLookup) body = some_lookup();
        g_autoptr(GError) error = NULL;

        g_clear_pointer(&body->record, g_bytes_unref);
        assert_null(mado_body_lookup_format(body, &error));
        assert_mado_error_says(error, MADO_ERROR_BAD_ARGUMENT, "RECORD");
        g_clear_error(&error);
        body->record = text("record");
        g_strlcpy(body->request_id, "../etc", sizeof body->request_id);
        assert_null(mado_body_lookup_format(body, &error));
        assert_mado_error_says(error, MADO_ERROR_BAD_ARGUMENT, "REQUEST_ID");
    }
}

/* ---- STEP ---- */

static MadoBodyStep *
some_step(void)
{
    MadoBodyStep *body = mado_body_step_new();
    g_autoptr(GBytes) answer = text("answer\x90");
    g_autoptr(GBytes) der = text("der");
    g_autoptr(GBytes) signature = text("signature");

    body->has_initialize = TRUE;
    memset(body->initialize, 9, sizeof body->initialize);
    assert_true(mado_body_step_add_answer(body, answer));
    assert_true(mado_body_step_add_answer(body, der));
    assert_true(mado_body_step_add_cmp(body, MADO_SLOT_SIGN, der));
    assert_true(mado_body_step_add_cmp(body, MADO_SLOT_AUTH, der));
    assert_true(mado_body_step_add_decision(body, answer, signature));
    g_strlcpy(body->damage, "窓口: reader gone", sizeof body->damage);
    return body;
}

static gboolean
parse_step(const guint8 *data, gsize len, GError **error)
{
    g_autoptr(MadoBodyStep) body = mado_body_step_parse(data, len, error);

    return body != NULL;
}

static MadoSecret *
format_step(const MadoBodyStep *body)
{
    g_autoptr(GError) error = NULL;
    MadoSecret *data = mado_body_step_format(body, &error);

    assert_no_mado_error(error);
    return data;
}

static void
a_step_survives_the_way(void **state)
{
    g_autoptr(MadoBodyStep) body = some_step();
    g_autoptr(MadoSecret) data = format_step(body);
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoBodyStep) parsed =
        mado_body_step_parse(mado_secret_peek(data), mado_secret_len(data), &error);

    assert_no_mado_error(error);
    assert_true(parsed->has_initialize);
    assert_memory_equal(parsed->initialize, body->initialize, 29);
    assert_true(parsed->has_answers);
    assert_int_equal(parsed->n_answers, 2);
    assert_bytes(parsed->answers[0], "answer\x90");
    assert_bytes(parsed->answers[1], "der");
    assert_int_equal(parsed->n_cmp, 2);
    assert_int_equal(parsed->cmp[0].slot, MADO_SLOT_SIGN);
    assert_int_equal(parsed->cmp[1].slot, MADO_SLOT_AUTH);
    assert_bytes(parsed->cmp[1].der, "der");
    assert_int_equal(parsed->n_decisions, 1);
    assert_bytes(parsed->decisions[0].signature, "signature");
    assert_string_equal(parsed->damage, body->damage);
}

static void
an_empty_step_is_empty_and_no_answers_are_not_the_same_as_none_run(void **state)
{
    g_autoptr(MadoBodyStep) body = mado_body_step_new();
    g_autoptr(MadoSecret) nothing = format_step(body);
    g_autoptr(MadoSecret) data = NULL;
    g_autoptr(MadoBodyStep) parsed = NULL;

    assert_int_equal(mado_secret_len(nothing), 0);
    body->has_answers = TRUE;
    data = format_step(body);
    parsed = mado_body_step_parse(mado_secret_peek(data), mado_secret_len(data), NULL);
    assert_true(parsed->has_answers);
    assert_int_equal(parsed->n_answers, 0);
}

static void
every_malformed_step_is_refused(void **state)
{
    g_autoptr(MadoBodyStep) body = some_step();
    g_autoptr(MadoSecret) data = format_step(body);
    const guint32 optional[] = {MADO_MSG_INITIALIZE, MADO_MSG_ANSWERS, MADO_MSG_CMP,
                                MADO_MSG_DECISION,   MADO_MSG_DAMAGE,  0};
    const guint32 any_length[] = {MADO_MSG_DAMAGE, 0};
    const guint32 repeated[] = {MADO_MSG_DECISION, 0};

    assert_edits_refused(parse_step, data, optional, any_length, repeated);
}

static void
what_a_step_holds_is_looked_at(void **state)
{
    const guint8 short_answer[] = {0xA8, 0x03, 0x89, 0x01, 0x90};
    const guint8 no_slot[] = {0xAA, 0x06, 0x8B, 0x01, 0x00, 0x8C, 0x01, 0x41};
    const guint8 other_slot[] = {0xAA, 0x06, 0x8B, 0x01, 0x03, 0x8C, 0x01, 0x41};
    const guint8 no_der[] = {0xAA, 0x05, 0x8B, 0x01, 0x01, 0x8C, 0x00};
    const guint8 control[] = {0x91, 0x02, 'a', '\n'};
    const guint8 no_utf8[] = {0x91, 0x02, 0xC0, 0x80};
    const guint8 c1[] = {0x91, 0x02, 0xC2, 0x9B};

    assert_refused(parse_step, short_answer, sizeof short_answer, "status word");
    assert_refused(parse_step, no_slot, sizeof no_slot, "SLOT_CODE");
    assert_refused(parse_step, other_slot, sizeof other_slot, "SLOT_CODE");
    assert_refused(parse_step, no_der, sizeof no_der, "DER");
    assert_refused(parse_step, control, sizeof control, "DAMAGE");
    assert_refused(parse_step, no_utf8, sizeof no_utf8, "DAMAGE");
    assert_refused(parse_step, c1, sizeof c1, "DAMAGE");
}

static void
a_full_step_takes_no_more(void **state)
{
    g_autoptr(MadoBodyStep) body = mado_body_step_new();
    g_autoptr(GBytes) der = text("der");

    for (guint i = 0; i < MADO_LIMIT_SCRIPT_COMMANDS; i++)
        assert_true(mado_body_step_add_answer(body, der));
    assert_false(mado_body_step_add_answer(body, der));
    for (guint i = 0; i < MADO_BODY_DECISIONS_MAX; i++)
        assert_true(mado_body_step_add_decision(body, der, der));
    assert_false(mado_body_step_add_decision(body, der, der));
    assert_true(mado_body_step_add_cmp(body, MADO_SLOT_AUTH, der));
    assert_false(mado_body_step_add_cmp(body, MADO_SLOT_AUTH, der));
    assert_int_equal(body->n_cmp, 1);
}

/* ---- REPLY ---- */

static MadoBodyReply *
some_reply(void)
{
    MadoBodyReply *body = mado_body_reply_new(MADO_NEXT_SCRIPT);
    g_autoptr(GBytes) apdu = text("apdu");
    g_autoptr(MadoSecret) pin = mado_secret_new_from((const guint8 *)"4711", 4);
    const guint16 allowed[] = {0x9000, 0x6A88};

    body->phase = MADO_SCRIPT_OPEN;
    body->has_host_challenge = TRUE;
    memset(body->host_challenge, 1, 8);
    body->key_version = 0x3F;
    body->authenticate = text("authenticate");
    assert_true(mado_body_reply_add_command(body, apdu, allowed, 2));
    assert_true(mado_body_reply_add_command(body, apdu, allowed, 1));
    assert_true(mado_body_reply_add_pin(body, MADO_PIN_SIGN, pin));
    assert_true(mado_body_reply_add_pin(body, MADO_PIN_AUTH, pin));
    body->sign_slots = MADO_SLOT_AUTH | MADO_SLOT_SIGN;
    body->has_centre_nonce = TRUE;
    memset(body->centre_nonce, 2, 16);
    body->wanted[body->n_wanted++] = MADO_DECISION_DOCUMENTS;
    body->wanted[body->n_wanted++] = MADO_DECISION_FACE;
    body->has_person = TRUE;
    g_strlcpy(body->person.name, "窓口　花子", sizeof body->person.name);
    g_strlcpy(body->person.birth, "20010203", sizeof body->person.birth);
    assert_true(mado_body_reply_add_cmp(body, MADO_SLOT_SIGN, apdu));
    assert_true(mado_body_reply_add_csr(body, MADO_SLOT_AUTH, apdu));
    body->request_state = MADO_REQUEST_SET_UP;
    body->procedure_open = MADO_PROCEDURE_PREPARE;
    g_strlcpy(body->detail, "why", sizeof body->detail);
    return body;
}

static gboolean
parse_reply(const guint8 *data, gsize len, GError **error)
{
    g_autoptr(MadoBodyReply) body = mado_body_reply_parse(data, len, error);

    return body != NULL;
}

static MadoSecret *
format_reply(const MadoBodyReply *body)
{
    g_autoptr(GError) error = NULL;
    MadoSecret *data = mado_body_reply_format(body, &error);

    assert_no_mado_error(error);
    return data;
}

static void
a_reply_survives_the_way(void **state)
{
    g_autoptr(MadoBodyReply) body = some_reply();
    g_autoptr(MadoSecret) data = format_reply(body);
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoBodyReply) parsed =
        mado_body_reply_parse(mado_secret_peek(data), mado_secret_len(data), &error);

    assert_no_mado_error(error);
    assert_int_equal(parsed->next, MADO_NEXT_SCRIPT);
    assert_int_equal(parsed->phase, MADO_SCRIPT_OPEN);
    assert_memory_equal(parsed->host_challenge, body->host_challenge, 8);
    assert_int_equal(parsed->key_version, 0x3F);
    assert_bytes(parsed->authenticate, "authenticate");
    assert_int_equal(parsed->n_commands, 2);
    assert_bytes(parsed->commands[0].apdu, "apdu");
    assert_int_equal(parsed->commands[0].n_allowed, 2);
    assert_int_equal(parsed->commands[0].allowed[1], 0x6A88);
    assert_int_equal(parsed->commands[1].n_allowed, 1);
    assert_int_equal(parsed->n_pins, 2);
    assert_int_equal(parsed->pins[0].kind, MADO_PIN_SIGN);
    assert_int_equal(parsed->pins[1].kind, MADO_PIN_AUTH);
    assert_true(mado_secret_equal(parsed->pins[1].pin, body->pins[1].pin));
    assert_int_equal(parsed->sign_slots, 3);
    assert_memory_equal(parsed->centre_nonce, body->centre_nonce, 16);
    assert_int_equal(parsed->n_wanted, 2);
    assert_int_equal(parsed->wanted[1], MADO_DECISION_FACE);
    assert_string_equal(parsed->person.name, body->person.name);
    assert_string_equal(parsed->person.birth, "20010203");
    assert_string_equal(parsed->person.address, "");
    assert_bytes(parsed->cmp[0].der, "apdu");
    assert_int_equal(parsed->csrs[0].slot, MADO_SLOT_AUTH);
    assert_int_equal(parsed->request_state, MADO_REQUEST_SET_UP);
    assert_int_equal(parsed->procedure_open, MADO_PROCEDURE_PREPARE);
    assert_string_equal(parsed->detail, "why");
}

static void
every_malformed_reply_is_refused(void **state)
{
    g_autoptr(MadoBodyReply) body = some_reply();
    g_autoptr(MadoSecret) data = format_reply(body);
    const guint32 optional[] = {MADO_MSG_HOST_CHALLENGE,
                                MADO_MSG_KEY_VERSION,
                                MADO_MSG_AUTHENTICATE,
                                MADO_MSG_TRANSPORT_PIN,
                                MADO_MSG_SIGN_SLOTS,
                                MADO_MSG_CENTRE_NONCE,
                                MADO_MSG_WANTED,
                                MADO_MSG_PERSON,
                                MADO_MSG_CMP,
                                MADO_MSG_CSR,
                                MADO_MSG_REQUEST_STATE,
                                MADO_MSG_PROCEDURE_OPEN,
                                MADO_MSG_DETAIL,
                                0};
    const guint32 any_length[] = {MADO_MSG_AUTHENTICATE, MADO_MSG_WANTED, MADO_MSG_DETAIL, 0};

    assert_edits_refused(parse_reply, data, optional, any_length, no_tags);
}

static void
what_a_reply_holds_is_looked_at(void **state)
{
    static const struct {
        const char *words;
        guint8 len;
        guint8 data[24];
    } rows[] = {
        {"NEXT", 3, {0xC0, 1, 0}},
        {"NEXT", 3, {0xC0, 1, 7}},
        {"NEXT", 0, {0}},
        {"SCRIPT does not go", 3, {0xC0, 1, 2}},
        {"SCRIPT does not go",
         14,
         {0xC0, 1, 4, 0xE5, 9, 0xE6, 7, 0xC7, 1, 1, 0xC8, 2, 0x90, 0}},
        {"PHASE does not go", 6, {0xC0, 1, 4, 0xC1, 1, 2}},
        {"PHASE", 6, {0xC0, 1, 4, 0xC1, 1, 6}},
        {"COMMAND", 5, {0xC0, 1, 2, 0xE5, 0}},
        {"APDU", 11, {0xC0, 1, 2, 0xE5, 6, 0xE6, 4, 0xC8, 2, 0x90, 0}},
        {"ALLOWED", 13, {0xC0, 1, 2, 0xE5, 8, 0xE6, 6, 0xC7, 1, 1, 0xC8, 1, 0x90}},
        {"ALLOWED", 10, {0xC0, 1, 2, 0xE5, 5, 0xE6, 3, 0xC7, 1, 1}},
        {"PIN_KIND", 11, {0xC0, 1, 4, 0xE9, 6, 0xCA, 1, 3, 0xCB, 1, '1'}},
        {"PIN_KIND", 11, {0xC0, 1, 4, 0xE9, 6, 0xCA, 1, 0, 0xCB, 1, '1'}},
        {"PIN", 10, {0xC0, 1, 4, 0xE9, 5, 0xCA, 1, 1, 0xCB, 0}},
        {"PIN", 8, {0xC0, 1, 4, 0xE9, 3, 0xCA, 1, 1}},
        {"twice",
         19,
         {0xC0, 1, 4, 0xE9, 6, 0xCA, 1, 1, 0xCB, 1, '1', 0xE9, 6, 0xCA, 1, 1, 0xCB, 1, '1'}},
        {"WANTED", 6, {0xC0, 1, 4, 0xCE, 1, 0}},
        {"WANTED", 6, {0xC0, 1, 4, 0xCE, 1, 6}},
        {"WANTED", 5, {0xC0, 1, 4, 0xCE, 0}},
        {"WANTED", 14, {0xC0, 1, 4, 0xCE, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
        {"SIGN_SLOTS", 6, {0xC0, 1, 4, 0xCC, 1, 4}},
        {"REQUEST_STATE", 6, {0xC0, 1, 4, 0xD2, 1, 5}},
        {"BIRTH", 8, {0xC0, 1, 4, 0xEF, 3, 0xC3, 1, '1'}},
        {"NAME", 8, {0xC0, 1, 4, 0xEF, 3, 0xC1, 1, 0x1B}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_refused(parse_reply, rows[i].data, rows[i].len, rows[i].words);
}

static void
more_pins_and_commands_than_allowed_are_refused(void **state)
{
    g_autoptr(MadoBodyReply) body = mado_body_reply_new(MADO_NEXT_SCRIPT);
    g_autoptr(GBytes) apdu = text("apdu");
    g_autoptr(MadoSecret) pin = mado_secret_new_from((const guint8 *)"4711", 4);
    const guint16 allowed[MADO_BODY_ALLOWED_MAX + 1] = {0x9000};

    assert_false(mado_body_reply_add_command(body, apdu, allowed, 0));
    assert_false(mado_body_reply_add_command(body, apdu, allowed, MADO_BODY_ALLOWED_MAX + 1));
    for (guint i = 0; i < MADO_LIMIT_SCRIPT_COMMANDS; i++)
        assert_true(mado_body_reply_add_command(body, apdu, allowed, 1));
    assert_false(mado_body_reply_add_command(body, apdu, allowed, 1));
    assert_true(mado_body_reply_add_pin(body, MADO_PIN_JUKI, pin));
    assert_false(mado_body_reply_add_pin(body, MADO_PIN_JUKI, pin));
    assert_true(mado_body_reply_add_csr(body, MADO_SLOT_SIGN, apdu));
    assert_false(mado_body_reply_add_csr(body, MADO_SLOT_SIGN, apdu));
}

/* ---- receipts ---- */

static gboolean
parse_receipt(const guint8 *data, gsize len, GError **error)
{
    MadoBodyReceipt body;

    return mado_body_receipt_parse(data, len, &body, error);
}

static gboolean
parse_ack(const guint8 *data, gsize len, GError **error)
{
    MadoBodyReceiptAck ack;

    return mado_body_receipt_parse_ack(data, len, &ack, error);
}

static void
a_receipts_body_and_its_acknowledgement_survive_the_way(void **state)
{
    const MadoBodyReceipt body = {"R-1", MADO_PROCEDURE_ISSUE, MADO_SLOT_SIGN,
                                  MADO_ERROR_CARD_REMOVED, "A1+B1"};
    MadoBodyReceiptAck ack = {3, 0x0102030405060708, {9}};
    MadoBodyReceipt parsed;
    MadoBodyReceiptAck parsed_ack;
    g_autoptr(MadoSecret) data = mado_body_receipt_format(&body, NULL);
    g_autoptr(MadoSecret) ack_data = mado_body_receipt_format_ack(&ack, NULL);
    const guint32 optional[] = {MADO_MSG_REQUEST_ID, MADO_MSG_PROCEDURE, MADO_MSG_SLOT_CODE,
                                MADO_MSG_DETAIL, 0};
    const guint32 any_length[] = {MADO_MSG_REQUEST_ID, MADO_MSG_DETAIL, 0};

    assert_true(
        mado_body_receipt_parse(mado_secret_peek(data), mado_secret_len(data), &parsed, NULL));
    assert_string_equal(parsed.request_id, "R-1");
    assert_int_equal(parsed.procedure, MADO_PROCEDURE_ISSUE);
    assert_int_equal(parsed.slots, MADO_SLOT_SIGN);
    assert_int_equal(parsed.outcome, MADO_ERROR_CARD_REMOVED);
    assert_string_equal(parsed.detail, "A1+B1");
    assert_true(mado_body_receipt_parse_ack(mado_secret_peek(ack_data),
                                            mado_secret_len(ack_data), &parsed_ack, NULL));
    assert_int_equal(parsed_ack.epoch, 3);
    assert_int_equal(parsed_ack.head_number, ack.head_number);
    assert_memory_equal(parsed_ack.head_hash, ack.head_hash, 32);
    assert_edits_refused(parse_receipt, data, optional, any_length, no_tags);
    assert_edits_refused(parse_ack, ack_data, no_tags, no_tags, no_tags);
}

/* ---- PERSON on its own ---- */

static gboolean
parse_person(const guint8 *data, gsize len, GError **error)
{
    MadoBodyPerson person;

    return mado_body_person_parse(data, len, &person, error);
}

static void
a_person_survives_the_way_and_what_is_absent_is_empty(void **state)
{
    const MadoBodyPerson person = {.name = "窓口　花子", .birth = "20010203", .sex = "2"};
    const guint32 all[] = {MADO_MSG_NAME, MADO_MSG_BIRTH, MADO_MSG_SEX, 0};
    g_autoptr(MadoSecret) data = mado_body_person_format(&person, NULL);
    g_auto(MadoBodyPerson) parsed = {.kana = "untouched"};

    assert_false(mado_body_person_parse(mado_secret_peek(data), 3, &parsed, NULL));
    assert_string_equal(parsed.kana, "untouched");
    assert_true(
        mado_body_person_parse(mado_secret_peek(data), mado_secret_len(data), &parsed, NULL));
    assert_string_equal(parsed.name, person.name);
    assert_string_equal(parsed.birth, "20010203");
    assert_string_equal(parsed.sex, "2");
    assert_string_equal(parsed.kana, "");
    assert_string_equal(parsed.address, "");
    {
        const MadoBodyPerson ascii = {.name = "A", .birth = "20010203", .sex = "2"};
        g_autoptr(MadoSecret) short_data = mado_body_person_format(&ascii, NULL);
        const guint32 lengths[] = {MADO_MSG_NAME, MADO_MSG_SEX, 0};

        assert_edits_refused(parse_person, short_data, all, lengths, no_tags);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lookup_survives_the_way),
        cmocka_unit_test(every_malformed_lookup_is_refused),
        cmocka_unit_test(a_lookup_with_an_unset_or_ill_spelt_member_is_not_formatted),
        cmocka_unit_test(a_step_survives_the_way),
        cmocka_unit_test(an_empty_step_is_empty_and_no_answers_are_not_the_same_as_none_run),
        cmocka_unit_test(every_malformed_step_is_refused),
        cmocka_unit_test(what_a_step_holds_is_looked_at),
        cmocka_unit_test(a_full_step_takes_no_more),
        cmocka_unit_test(a_reply_survives_the_way),
        cmocka_unit_test(every_malformed_reply_is_refused),
        cmocka_unit_test(what_a_reply_holds_is_looked_at),
        cmocka_unit_test(more_pins_and_commands_than_allowed_are_refused),
        cmocka_unit_test(a_receipts_body_and_its_acknowledgement_survive_the_way),
        cmocka_unit_test(a_person_survives_the_way_and_what_is_absent_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
