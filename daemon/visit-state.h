/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of a visit, shared by daemon/visit*.c alone. All of it belongs to the job that
 * runs on the session's worker; between two jobs nobody touches it.
 */
#pragma once

#include "common/body-lookup.h"
#include "common/body-reply.h"
#include "common/body-step.h"
#include "common/record.h"
#include "daemon/card/common-juki.h"
#include "daemon/card/genuine.h"
#include "daemon/cmp.h"
#include "daemon/procedure/plan.h"
#include "daemon/visit-table.h"
#include "daemon/visit.h"

/* The two references of a juki PIN are the most one kind has. */
#define MADO_VISIT_SLOTS 2

struct _MadoVisit {
    /* always */
    const MadoDesk *desk; /* borrowed */
    MadoJournal *journal; /* borrowed (nullable) */
    guint writer;         /* our number there */
    MadoVisitState state;

    /* from CHECKING on */
    MadoJournalVisit row; /* as it is, or will be, in the journal */
    const MadoPlan *plan; /* (nullable) while a visit adopted by its card alone is unknown */
    gboolean resuming;
    gboolean resident;
    MadoCommonJukiRecord face;
    guint8 face_key[MADO_CVC_KEY_LEN]; /* of the verified face data */
    guint8 face_key_hash[32];
    GBytes *record;   /* owned: DF70 as read in plain by the check */
    guint generation; /* of the card: another one means that everything on it is gone */

    /* RELAY: the message that is outstanding */
    char key[2 * MADO_MESSAGE_ID_LEN + 1];
    guint8 request_hash[MADO_MESSAGE_HASH_LEN];
    GBytes *outgoing;         /* owned: its exact bytes */
    MadoPlanRow sent;         /* what it was about */
    gboolean sent_initialize; /* a secure channel session waits for AUTHENTICATE */

    /* DECIDE to WORK */
    MadoBodyReply *reply; /* owned: the last reply that was taken; wiped by free */
    guint8 centre_nonce[16];
    guint wanted;       /* set of 1 << MadoDecisionKind still to come */
    MadoBodyStep *step; /* owned (nullable): the next message, as far as it is known */
    guint8 key_version;
    char birth[MADO_DATE_LEN + 1]; /* of the person, for weak PINs; "" when not told */

    /* of one attempt */
    guint32 n_commands;             /* journaled so far: seq of the next */
    MadoJournalEntry *pending;      /* owned (nullable): rows that ride with the next write */
    MadoCmp *cmp[MADO_VISIT_SLOTS]; /* owned (nullable each) */
    MadoErrorCode undone_for;       /* why the desk had the centre undo it; 0: it did not */
    gboolean receipt_due[MADO_RECEIPT_PIN_CHANGED + 1]; /* with the next message */

    /* PINS */
    guint n_pins_set; /* of reply->pins */
    gboolean has_pin_record;
    MadoRecord pin_record;                 /* plain, before the first CHANGE */
    GBytes *staged_keys[MADO_VISIT_SLOTS]; /* owned: 7F49, by slot index; also from Resume on */
    GBytes *csrs[MADO_VISIT_SLOTS];        /* owned: DER */
};

/* 0 for MADO_SLOT_AUTH, 1 for MADO_SLOT_SIGN. */
guint
mado_visit_slot_index(MadoSlot slot);

/* ---- daemon/visit.c: the ways out ---- */

/* Drops everything of one visit but its row, plan and state; wipes PINs and persons. */
void
mado_visit_forget(MadoVisit *self);
/* Whether the table has an edge, before a call looks at anything; BAD_STATE names @call. */
gboolean
mado_visit_may(const MadoVisit *self, MadoVisitEvent event, const char *call, GError **error);
gboolean
mado_visit_set_bad_state(const MadoVisit *self, const char *call, GError **error);
/* A check failed: as if the call had not been. Returns FALSE, for the caller to return. */
gboolean
mado_visit_fail_check(MadoVisit *self);
/* On hold by @event, journaled, told. Returns TRUE: a step is the client's to act on. */
gboolean
mado_visit_end_on_hold(MadoVisit *self,
                       MadoVisitEvent event,
                       MadoErrorCode code,
                       const char *reason,
                       MadoStep *ret_step);
gboolean
mado_visit_fail_on_hold(MadoVisit *self, const GError *error, MadoStep *ret_step);
void
mado_visit_log_end(const MadoVisit *self, const char *how, MadoErrorCode code);

/* ---- daemon/visit-message.c: messages out and in ---- */

/* Seals the first message, writes it with the visit's row, and makes it the outstanding one.
 * Errors: JOURNAL, INTERNAL, ENROLMENT. */
gboolean
mado_visit_send_lookup(MadoVisit *self, const MadoBodyDecision *decision, GError **error);
/* The same for self->step, which is taken. */
gboolean
mado_visit_send_step(MadoVisit *self, MadoPlanRow about, GError **error);
/* (transfer full): the reply to the outstanding message, opened and checked, but not yet acted
 * upon or written. *ret_header too. CENTRE_ANSWER, REALM, ENROLMENT. */
MadoBodyReply *
mado_visit_open_reply(MadoVisit *self,
                      GBytes *cms,
                      MadoMessageHeader *ret_header,
                      GError **error);
/* The entry that the next write begins with; rows added to it are durable with that write. */
MadoJournalEntry *
mado_visit_pending(MadoVisit *self);
/* Writes what is pending. */
gboolean
mado_visit_flush(MadoVisit *self, GError **error);
/* Adds a receipt to what is pending. */
gboolean
mado_visit_add_receipt(
    MadoVisit *self, MadoReceiptKind kind, guint8 slots, MadoErrorCode outcome, GError **error);

/* ---- daemon/visit-open.c: who the card is ---- */

/* After a power-down: the same card, and genuine. CARD_CHANGED, CARD_CLONED. */
gboolean
mado_visit_meet_again(MadoVisit *self, MadoWork *work, GError **error);

/* ---- daemon/visit-work.c: on the card ---- */

/* What Continue does for self->reply; on success self->step is complete, or PINs are due.
 * *ret_about: what the step is about. */
gboolean
mado_visit_work(MadoVisit *self,
                MadoWork *work,
                MadoPlanRow *ret_about,
                gboolean *ret_pins_due,
                GError **error);
/* INITIALIZE UPDATE with the challenge of self->reply, into self->step; the answer must name
 * the visit's card: CARD_CHANGED. */
gboolean
mado_visit_initialize(MadoVisit *self, MadoWork *work, GError **error);
/* The card is the one of the check. One that was unpowered meanwhile is met again; then
 * self->generation is another one, and what lived in the card's session is gone. */
gboolean
mado_visit_check_card(MadoVisit *self, MadoWork *work, GError **error);
/* Writes the intent of a command and with it the answer of the one before. @hash: NULL for a
 * command that carries a PIN. */
gboolean
mado_visit_intend(MadoVisit *self, const guint8 header[4], const guint8 *hash, GError **error);
void
mado_visit_answered(MadoVisit *self, guint16 sw, const guint8 *answer, gsize len);

/* ---- daemon/visit-certificate.c: the CMP exchanges of a set ---- */

/* Makes a p10cr for every request the visit has, into self->step. */
gboolean
mado_visit_request_certificates(MadoVisit *self, GError **error);
/* Gives each cp of the reply to its exchange; all of the set or CERTIFICATE, after which the
 * set can be rejected. */
gboolean
mado_visit_take_certificates(MadoVisit *self, GError **error);
/* certConf of each, into self->step. */
gboolean
mado_visit_confirm_certificates(MadoVisit *self, GError **error);
/* The same, but rejecting all of them, with @why for the centre; self->step is nothing else. */
gboolean
mado_visit_reject_certificates(MadoVisit *self, const GError *why, GError **error);
/* pkiConf of each. */
gboolean
mado_visit_finish_certificates(MadoVisit *self, GError **error);
void
mado_visit_drop_certificates(MadoVisit *self);

/* ---- daemon/visit-pins.c: the resident types ---- */

/* Every PIN of self->reply not yet set; then requests signed and self->step complete. Errors
 * that may be asked again: AGENT_GONE, TIMED_OUT, PIN_FORM while the card is untouched. */
gboolean
mado_visit_enter_pins(MadoVisit *self, MadoWork *work, gboolean *ret_again, GError **error);

/* ---- daemon/visit-step.c: what the client is told ---- */

void
mado_visit_tell(const MadoVisit *self,
                MadoStepKind kind,
                GVariant *details,
                MadoStep *ret_step);
/* (transfer full), floating details. */
GVariant *
mado_visit_tell_decide(const MadoVisit *self, GUnixFDList **ret_fds, GError **error);
GVariant *
mado_visit_tell_relay(const MadoVisit *self);
GVariant *
mado_visit_tell_pins(const MadoVisit *self);
GVariant *
mado_visit_tell_end(const char *outcome, MadoErrorCode code, const char *reason);
