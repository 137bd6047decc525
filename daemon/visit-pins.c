/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The resident types (protocol.md 4): each transport PIN is replaced by what was typed, and a
 * PIN that guards a new key is used once, for the certificate request, before it is wiped.
 * Whether a CHANGE took effect is read from the card's own record, never tried out.
 */
#include "config.h"

#include "common/date.h"
#include "common/error.h"
#include "common/log.h"
#include "common/pin-rule.h"
#include "daemon/card/csr.h"
#include "daemon/card/isd.h"
#include "daemon/card/jpki.h"
#include "daemon/card/pin.h"
#include "daemon/visit-state.h"

#include <string.h>

static const guint8 change_header[4] = {0x00, 0x24, 0x00, 0x80};

static MadoSlot
slot_of_pin(MadoPinKind kind)
{
    switch (kind) {
    case MADO_PIN_SIGN:
        return MADO_SLOT_SIGN;
    case MADO_PIN_AUTH:
        return MADO_SLOT_AUTH;
    case MADO_PIN_JUKI:
    case MADO_PIN_TEXT:
        break;
    }
    return 0;
}

static gboolean
read_record(MadoVisit *self, MadoWork *work, MadoRecord *ret_record, GError **error)
{
    g_autoptr(GBytes) bytes = mado_isd_record(work->card, error);
    MadoBytesStatus status;

    if (bytes == NULL)
        return FALSE;
    status =
        mado_record_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), ret_record);
    if (status == MADO_BYTES_OK)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA, "the admin record: %s",
                mado_bytes_status_name(status));
    return FALSE;
}

/* Before the first prompt: how the references stand, and the public keys to sign for. All of it
 * lies in the card manager, whose selection would end what a verified PIN allows. */
static gboolean
look_before(MadoVisit *self, MadoWork *work, GError **error)
{
    static const MadoSlot slots[] = {MADO_SLOT_AUTH, MADO_SLOT_SIGN};

    if (self->has_pin_record)
        return TRUE;
    if (!read_record(self, work, &self->pin_record, error))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(slots); i++) {
        GBytes **key = &self->staged_keys[mado_visit_slot_index(slots[i])];

        g_clear_pointer(key, g_bytes_unref);
        if ((self->reply->sign_slots & slots[i]) == 0)
            continue;
        *key = mado_isd_staged_key(work->card, slots[i], error);
        if (*key == NULL)
            return FALSE;
    }
    self->has_pin_record = TRUE;
    return TRUE;
}

/* ---- the entry ---- */

static const char *
verdict_text(MadoPinRuleVerdict verdict)
{
    switch (verdict) {
    case MADO_PIN_RULE_GOOD:
        return "good";
    case MADO_PIN_RULE_BAD_LENGTH:
        return "length";
    case MADO_PIN_RULE_BAD_CHARACTER:
        return "character";
    case MADO_PIN_RULE_NO_LETTER:
        return "no letter";
    case MADO_PIN_RULE_NO_DIGIT:
        return "no digit";
    case MADO_PIN_RULE_WEAK_REPEATED:
        return "one character repeated";
    case MADO_PIN_RULE_WEAK_SEQUENCE:
        return "a sequence";
    case MADO_PIN_RULE_WEAK_BIRTH:
        return "the date of birth";
    case MADO_PIN_RULE_N_VERDICTS:
        break;
    }
    return "?";
}

static gboolean
check_choice(const MadoVisit *self, MadoPinKind kind, const MadoSecret *pin, GError **error)
{
    MadoPinRule rule = kind == MADO_PIN_SIGN ? MADO_PIN_RULE_PASSWORD : MADO_PIN_RULE_DIGITS;
    MadoDate birth;
    gboolean has_birth = mado_date_parse(self->birth, strlen(self->birth), &birth);
    MadoPinRuleVerdict verdict =
        mado_pin_rule_check_choice(rule, (const char *)mado_secret_peek(pin),
                                   mado_secret_len(pin), has_birth ? &birth : NULL);

    if (verdict == MADO_PIN_RULE_GOOD)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_PIN_FORM, "PIN for '%s' not taken: %s",
                mado_pin_kind_name(kind), verdict_text(verdict));
    return FALSE;
}

/* (transfer full): what the resident chose, in the card's form. */
static MadoSecret *
ask_choice(MadoVisit *self, MadoWork *work, MadoPinKind kind, GError **error)
{
    g_autofree char *visit = mado_message_id_to_hex(self->row.visit);
    const MadoAgentQuestion question = {
        .kind = kind,
        .purpose = MADO_AGENT_NEW,
        .n_tries = -1,
        .visit = visit,
        .seat = work->seat,
        .holder_uid = work->holder_uid,
    };
    g_autoptr(MadoSecret) pin = mado_agent_ask(work->agent, &question, work->interrupt, error);

    if (pin == NULL || !mado_pin_normalise(kind, pin, error) ||
        !check_choice(self, kind, pin, error))
        return NULL;
    return g_steal_pointer(&pin);
}

/* ---- the change ---- */

/* Whether the card's own flag and counter say that the CHANGE of this reference took effect. */
static gboolean
took_effect(const MadoVisit *self, const MadoRecord *now, const MadoPin *pin)
{
    const MadoRecordPin *before = mado_record_pin(&self->pin_record, pin->ap, pin->ef);
    const MadoRecordPin *after = mado_record_pin(now, pin->ap, pin->ef);

    return before != NULL && after != NULL && (after->flags & MADO_PIN_FLAG_TRANSPORT) == 0 &&
           after->changes == (guint16)(before->changes + 1);
}

/* An answer that says neither yes nor no: the record says it. Keeps @doubt when it says no. */
static gboolean
settle_doubt(MadoVisit *self, MadoWork *work, const MadoPin *pin, GError *doubt, GError **error)
{
    MadoRecord now;

    if (doubt->code != MADO_ERROR_CARD_REFUSED || !read_record(self, work, &now, NULL) ||
        !took_effect(self, &now, pin)) {
        g_propagate_error(error, doubt);
        return FALSE;
    }
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_VISIT, self->row.request_id,
             "a PIN change answered oddly and took effect");
    g_error_free(doubt);
    return TRUE;
}

static gboolean
change_reference(MadoVisit *self,
                 MadoWork *work,
                 const MadoPin *pin,
                 const MadoBodyPin *transport,
                 const MadoSecret *value,
                 GError **error)
{
    static const guint8 sw_ok[2] = {0x90, 0x00};
    GError *doubt = NULL;

    if (!mado_visit_intend(self, change_header, NULL, error))
        return FALSE;
    if (!mado_pin_replace_transport(work->card, pin, transport->pin, value, &doubt) &&
        !settle_doubt(self, work, pin, doubt, error))
        return FALSE;
    mado_visit_answered(self, 0x9000, sw_ok, sizeof sw_ok);
    return TRUE;
}

/* Both references of juki from the one entry. */
static gboolean
change_kind(MadoVisit *self,
            MadoWork *work,
            const MadoBodyPin *transport,
            const MadoSecret *value,
            gboolean *ret_touched,
            GError **error)
{
    MadoPin pin;

    for (guint i = 0; mado_pin_reference(transport->kind, i, &pin); i++) {
        if (!change_reference(self, work, &pin, transport, value, error)) {
            /* The card itself found the form wrong: nothing happened to this reference. */
            *ret_touched = i > 0 || !g_error_matches(*error, MADO_ERROR, MADO_ERROR_PIN_FORM);
            return FALSE;
        }
        *ret_touched = TRUE;
    }
    return TRUE;
}

/* ---- the request ---- */

typedef struct {
    MadoCard *card;
    MadoSlot slot;
} Signer;

static GBytes *
sign_on_card(const guint8 digest[32], gpointer user_data, GError **error)
{
    const Signer *signer = user_data;

    return mado_jpki_sign_staged(signer->card, signer->slot, digest, error);
}

/* The PIN's one VERIFY and the one signature it is for. */
static gboolean
sign_request(
    MadoVisit *self, MadoWork *work, MadoPinKind kind, const MadoSecret *value, GError **error)
{
    Signer signer = {work->card, slot_of_pin(kind)};
    guint index = mado_visit_slot_index(signer.slot);
    g_autofree char *name = NULL;
    MadoPin pin;

    if ((self->reply->sign_slots & signer.slot) == 0)
        return TRUE;
    if (!mado_pin_reference(kind, 0, &pin) || !mado_pin_verify(work->card, &pin, value, error))
        return FALSE;
    name = g_strdup_printf("%s-%s", self->row.request_id,
                           signer.slot == MADO_SLOT_SIGN ? "sign" : "auth");
    g_clear_pointer(&self->csrs[index], g_bytes_unref);
    self->csrs[index] =
        mado_csr_make(self->staged_keys[index], name, sign_on_card, &signer, error);
    if (self->csrs[index] == NULL)
        return FALSE;
    mado_journal_entry_put_csr(mado_visit_pending(self), self->row.transaction, signer.slot,
                               self->csrs[index]);
    return TRUE;
}

/* ---- all of them ---- */

/* One PIN from its prompt to its last use. *ret_again: nothing happened, it may be asked again.
 */
static gboolean
enter_one(MadoVisit *self,
          MadoWork *work,
          const MadoBodyPin *transport,
          gboolean *ret_again,
          GError **error)
{
    g_autoptr(MadoSecret) value = NULL;
    gboolean touched = FALSE;

    value = ask_choice(self, work, transport->kind, error);
    if (value == NULL) {
        *ret_again = g_error_matches(*error, MADO_ERROR, MADO_ERROR_PIN_FORM) ||
                     g_error_matches(*error, MADO_ERROR, MADO_ERROR_AGENT_GONE) ||
                     g_error_matches(*error, MADO_ERROR, MADO_ERROR_BUSY) ||
                     g_error_matches(*error, MADO_ERROR, MADO_ERROR_TIMED_OUT) ||
                     g_error_matches(*error, MADO_ERROR, MADO_ERROR_CANCELLED);
        /* Whatever was raised from outside is not the agent's. */
        *ret_again = *ret_again && mado_interrupt_check(work->interrupt, NULL);
        return FALSE;
    }
    if (!change_kind(self, work, transport, value, &touched, error)) {
        *ret_again = !touched;
        return FALSE;
    }
    return sign_request(self, work, transport->kind, value, error);
}

/* The record after all changes: every reference asked for left its transport PIN. */
static gboolean
look_after(MadoVisit *self, MadoWork *work, GError **error)
{
    MadoRecord now;
    MadoPin pin;

    if (!read_record(self, work, &now, error))
        return FALSE;
    for (guint i = 0; i < self->reply->n_pins; i++) {
        const MadoPinKind kind = self->reply->pins[i].kind;

        for (guint r = 0; mado_pin_reference(kind, r, &pin); r++)
            if (!took_effect(self, &now, &pin)) {
                g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_STATE,
                            "the card does not show the PIN for '%s' as set",
                            mado_pin_kind_name(kind));
                return FALSE;
            }
    }
    return TRUE;
}

gboolean
mado_visit_enter_pins(MadoVisit *self, MadoWork *work, gboolean *ret_again, GError **error)
{
    g_autoptr(GError) local_error = NULL;

    *ret_again = FALSE;
    if (!mado_visit_check_card(self, work, error) || !look_before(self, work, error))
        return FALSE;
    for (; self->n_pins_set < self->reply->n_pins; self->n_pins_set++) {
        const MadoBodyPin *transport = &self->reply->pins[self->n_pins_set];

        if (!enter_one(self, work, transport, ret_again, &local_error)) {
            g_propagate_error(error, g_steal_pointer(&local_error));
            return FALSE;
        }
        mado_secret_set_len(transport->pin, 0); /* of no more use: wiped */
    }
    if (!look_after(self, work, error) || !mado_visit_flush(self, error) ||
        !mado_visit_request_certificates(self, error))
        return FALSE;
    if (self->reply->n_pins > 0)
        self->receipt_due[MADO_RECEIPT_PINS_SET] = TRUE;
    return mado_visit_initialize(self, work, error);
}
