/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages of a visit: made, made durable, and only then shown to the relay; replies opened and
 * checked before anything is believed. */
#include "config.h"

#include "common/body-receipt.h"
#include "common/envelope.h"
#include "common/error.h"
#include "common/log.h"
#include "daemon/visit-state.h"

#include <madoguchi/names.h>
#include <string.h>

guint
mado_visit_slot_index(MadoSlot slot)
{
    return slot == MADO_SLOT_SIGN ? 1 : 0;
}

MadoJournalEntry *
mado_visit_pending(MadoVisit *self)
{
    if (self->pending == NULL) {
        self->pending = mado_journal_entry_new();
        mado_journal_entry_set_writer(self->pending, self->writer);
    }
    return self->pending;
}

gboolean
mado_visit_flush(MadoVisit *self, GError **error)
{
    if (self->pending == NULL)
        return TRUE;
    return mado_journal_write(self->journal, g_steal_pointer(&self->pending), error);
}

gboolean
mado_visit_add_receipt(
    MadoVisit *self, MadoReceiptKind kind, guint8 slots, MadoErrorCode outcome, GError **error)
{
    MadoReceipt draft = {.kind = kind, .has_card = TRUE};
    MadoBodyReceipt body = {
        .procedure = self->row.procedure, .slots = slots, .outcome = outcome};
    g_autoptr(MadoSecret) plain = NULL;
    g_autoptr(GBytes) sealed = NULL;

    memcpy(draft.visit, self->row.visit, sizeof draft.visit);
    memcpy(draft.transaction, self->row.transaction, sizeof draft.transaction);
    memcpy(draft.card_id, self->row.card_id, sizeof draft.card_id);
    g_strlcpy(draft.operator_id, self->row.operator_id, sizeof draft.operator_id);
    g_strlcpy(body.request_id, self->row.request_id, sizeof body.request_id);
    g_strlcpy(body.detail, self->row.reason, sizeof body.detail);
    plain = mado_body_receipt_format(&body, error);
    if (plain == NULL)
        return FALSE;
    sealed = mado_envelope_encrypt(self->desk->centre, plain, error);
    if (sealed == NULL)
        return FALSE;
    mado_journal_entry_put_receipt(mado_visit_pending(self), &draft, sealed);
    return TRUE;
}

/* Receipts of what the step before this message ended. */
static gboolean
add_due_receipts(MadoVisit *self, GError **error)
{
    guint8 slots = self->reply == NULL ? 0 : self->reply->sign_slots;

    for (guint kind = 1; kind < G_N_ELEMENTS(self->receipt_due); kind++) {
        if (!self->receipt_due[kind])
            continue;
        if (!mado_visit_add_receipt(self, (MadoReceiptKind)kind, slots, 0, error))
            return FALSE;
        self->receipt_due[kind] = FALSE;
    }
    return TRUE;
}

static void
fill_header(MadoVisit *self, MadoMessageType type, MadoMessageHeader *header)
{
    mado_message_header_init(header, type, self->desk->realm, self->desk->terminal);
    memcpy(header->visit, self->row.visit, sizeof header->visit);
    memcpy(header->transaction, self->row.transaction, sizeof header->transaction);
    memcpy(header->card_id, self->row.card_id, sizeof header->card_id);
    header->has_card = TRUE;
    header->step_number = ++self->row.step_number;
    header->attempt = self->row.attempt;
    header->fencing = self->row.fencing;
    header->time_ms = mado_clock_wall_ms(self->desk->clock);
}

/* Number, attempt and key: what ties a desk's log to the centre's. */
static void
log_message(const MadoVisit *self, const char *what)
{
    g_autofree char *visit = mado_message_id_to_hex(self->row.visit);
    const char *idempotency = self->key; /* a nonce, no secret */

    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_VISIT, visit, "%s %u attempt %u fencing %u as %s", what,
             self->row.step_number, self->row.attempt, self->row.fencing, idempotency);
}

/* Seals, writes, and only then lets the message be the outstanding one. *ret_body: nullable. */
static gboolean
send_body(MadoVisit *self, MadoMessageType type, const MadoSecret *body, GError **error)
{
    MadoMessageHeader header;
    g_autoptr(MadoSecret) plain = NULL;
    g_autoptr(GBytes) cms = NULL;
    g_autofree char *key = NULL;
    g_autofree char *endpoint = g_strdup_printf(MADO_ENDPOINT_VISITS, self->desk->terminal);
    guint8 hash[MADO_MESSAGE_HASH_LEN];

    fill_header(self, type, &header);
    plain = mado_message_format(&header, mado_secret_peek(body), mado_secret_len(body), error);
    if (plain == NULL)
        return FALSE;
    cms = mado_envelope_seal(self->desk->identity, self->desk->centre, plain, error);
    if (cms == NULL)
        return FALSE;
    key = mado_message_id_to_hex(header.nonce);
    mado_envelope_sha256(g_bytes_get_data(cms, NULL), g_bytes_get_size(cms), hash);
    const MadoJournalMessage message = {
        .key = key,
        .visit = self->row.visit,
        .attempt = self->row.attempt,
        .step_number = self->row.step_number,
        .endpoint = endpoint,
        .body = cms,
        .hash = hash,
    };
    self->row.state = MADO_JOURNAL_VISIT_OPEN;
    self->row.error = 0;
    self->row.reason[0] = '\0';
    if (!add_due_receipts(self, error))
        return FALSE;
    mado_journal_entry_put_visit(mado_visit_pending(self), &self->row);
    mado_journal_entry_put_message(mado_visit_pending(self), &message);
    if (!mado_visit_flush(self, error))
        return FALSE;
    g_strlcpy(self->key, key, sizeof self->key);
    memcpy(self->request_hash, hash, sizeof hash);
    g_clear_pointer(&self->outgoing, g_bytes_unref);
    self->outgoing = g_steal_pointer(&cms);
    log_message(self, "sends step");
    return TRUE;
}

gboolean
mado_visit_send_lookup(MadoVisit *self, const MadoBodyDecision *decision, GError **error)
{
    g_autoptr(MadoBodyLookup) lookup = mado_body_lookup_new();
    g_autoptr(MadoSecret) body = NULL;

    lookup->procedure = self->row.procedure;
    g_strlcpy(lookup->request_id, self->row.request_id, sizeof lookup->request_id);
    g_strlcpy(lookup->serial, self->face.serial, sizeof lookup->serial);
    g_strlcpy(lookup->municipality, self->face.municipality, sizeof lookup->municipality);
    g_strlcpy(lookup->expiry, self->face.expiry, sizeof lookup->expiry);
    memcpy(lookup->face_key, self->face_key_hash, sizeof lookup->face_key);
    lookup->record = g_bytes_ref(self->record);
    lookup->decision.bytes = g_bytes_ref(decision->bytes);
    lookup->decision.signature = g_bytes_ref(decision->signature);
    lookup->resident = self->resident;
    body = mado_body_lookup_format(lookup, error);
    if (body == NULL || !send_body(self, MADO_MESSAGE_LOOKUP, body, error))
        return FALSE;
    self->sent = MADO_PLAN_LOOKUP;
    self->sent_initialize = FALSE;
    return TRUE;
}

gboolean
mado_visit_send_step(MadoVisit *self, MadoPlanRow about, GError **error)
{
    g_autoptr(MadoBodyStep) step = g_steal_pointer(&self->step);
    g_autoptr(MadoSecret) body = mado_body_step_format(step, error);

    if (body == NULL || !send_body(self, MADO_MESSAGE_STEP, body, error))
        return FALSE;
    self->sent = about;
    self->sent_initialize = step->has_initialize;
    /* Transport PINs and a person's data of the last reply have had their last use. */
    g_clear_pointer(&self->reply, mado_body_reply_free);
    return TRUE;
}

/* The transaction of a LOOKUP's answer may be the one that was open for this card. */
static const char *
find_header_fault(const MadoVisit *self, const MadoMessageHeader *header)
{
    gboolean may_adopt = self->sent == MADO_PLAN_LOOKUP;

    if (header->type != MADO_MESSAGE_REPLY)
        return "not a reply";
    if (strcmp(header->terminal, self->desk->terminal) != 0)
        return "for another desk";
    if (!header->has_request_hash ||
        memcmp(header->request_hash, self->request_hash, sizeof header->request_hash) != 0)
        return "to another message";
    if (memcmp(header->visit, self->row.visit, sizeof header->visit) != 0)
        return "for another visit";
    if (!may_adopt &&
        memcmp(header->transaction, self->row.transaction, sizeof header->transaction) != 0)
        return "for another transaction";
    if (header->step_number != self->row.step_number)
        return "to another step";
    if (header->has_card &&
        memcmp(header->card_id, self->row.card_id, sizeof header->card_id) != 0)
        return "for another card";
    return NULL;
}

static gboolean
check_header(const MadoVisit *self, const MadoMessageHeader *header, GError **error)
{
    const char *fault;

    if (header->realm != self->desk->realm) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_REALM,
                            "the centre's answer is of another realm");
        return FALSE;
    }
    fault = find_header_fault(self, header);
    if (fault == NULL)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER, "the centre's answer is %s",
                fault);
    return FALSE;
}

MadoBodyReply *
mado_visit_open_reply(MadoVisit *self,
                      GBytes *cms,
                      MadoMessageHeader *ret_header,
                      GError **error)
{
    g_autoptr(MadoSecret) plain = NULL;
    g_autoptr(MadoBodyReply) reply = NULL;
    MadoMessageHeader header;
    const MadoPlan *plan;
    const guint8 *body;
    gsize body_len;

    if (g_bytes_get_size(cms) > MADO_LIMIT_MESSAGE_LEN) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                            "the centre's answer is too long");
        return NULL;
    }
    plain = mado_envelope_open(self->desk->identity, self->desk->centre, cms, NULL, error);
    if (plain == NULL || !mado_message_parse(plain, &header, &body, &body_len, error) ||
        !check_header(self, &header, error))
        return NULL;
    reply = mado_body_reply_parse(body, body_len, error);
    if (reply == NULL)
        return NULL;
    /* A visit adopted by its card may turn out to be of another procedure. */
    plan = self->sent == MADO_PLAN_LOOKUP && reply->procedure_open != 0
               ? mado_plan_find(reply->procedure_open)
               : self->plan;
    if (plan == NULL) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                            "the centre's answer is about an unknown procedure");
        return NULL;
    }
    if (!mado_plan_check(plan, self->sent, self->sent_initialize, reply, error))
        return NULL;
    self->plan = plan;
    *ret_header = header;
    return g_steal_pointer(&reply);
}
