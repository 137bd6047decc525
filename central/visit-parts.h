/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How visit.c is divided. Private to visit*.c. */
#pragma once

#include "central/problem.h"
#include "central/visit.h"

/* ---- visit.c ---- */

/* A refusal; FALSE always. */
gboolean
mado_visit_parts_refuse(GError **error, MadoProblem problem, const char *why);
/* Writes the transaction as it now stands. */
gboolean
mado_visit_parts_save(MadoVisit *self, GError **error);
/* DECIDE with WANTED: nothing of this transaction is on the card. */
gboolean
mado_visit_parts_ask_decisions(MadoVisit *self, GError **error);
/* DECIDE without WANTED: a fresh session, then the card's record. */
gboolean
mado_visit_parts_ask_record(MadoVisit *self, GError **error);
gboolean
mado_visit_parts_hold(MadoVisit *self, const char *why, GError **error);
gboolean
mado_visit_parts_abort(MadoVisit *self, const char *why, GError **error);

/* More than a day between the clocks refuses: no certificate is made on a wrong day. */
gboolean
mado_visit_parts_check_clock(MadoVisit *self, GError **error);
/* A lookup in the store that may find nothing: *ret_transaction is @found (transfer full), or
 * NULL when @lookup_error (transfer full) says that there is none. */
gboolean
mado_visit_parts_take_found(MadoTransactionRecord *found,
                            GError *lookup_error,
                            MadoTransactionRecord **ret_transaction,
                            GError **error);
gboolean
mado_visit_parts_is_finished(const MadoTransactionRecord *transaction);
/* What was said at the end, said again: a repeat is no attack. */
gboolean
mado_visit_parts_repeat_end(MadoVisit *self);

/* ---- visit-decisions.c ---- */

/* Checks one decision of the desk against kind, nonce and the transaction it is for, and the
 * operator's key and role. */
typedef struct {
    MadoDecisionKind kind;
    const guint8 *transaction;
    const guint8 *nonce; /* NULL: zeros */
    const char *request_id;
} MadoVisitExpected;

/* *ret_operator: 33 bytes; *ret_detail: 201. OPERATOR. */
gboolean
mado_visit_parts_check_decision(MadoVisit *self,
                                const MadoBodyDecision *decision,
                                const MadoVisitExpected *expected,
                                char *ret_operator,
                                char *ret_detail,
                                GError **error);
/* Opening and adopting take a decision made for it: recent by the desk's own clock, and not one
 * that this visit was opened or adopted with before. OPERATOR. */
gboolean
mado_visit_parts_check_fresh(MadoVisit *self,
                             const MadoBodyDecision *decision,
                             gint64 made_ms,
                             GError **error);
/* Writes a checked decision down. */
gboolean
mado_visit_parts_keep_decision(MadoVisit *self,
                               const MadoBodyDecision *decision,
                               MadoDecisionKind kind,
                               const char *operator_id,
                               GError **error);
/* Checks and keeps all that are wanted. *ret_refused: one of them says no. */
gboolean
mado_visit_parts_take_decisions(MadoVisit *self,
                                const MadoBodyStep *step,
                                gboolean *ret_refused,
                                GError **error);
/* The kinds a procedure needs that are not on record yet. */
gboolean
mado_visit_parts_missing_decisions(MadoVisit *self,
                                   MadoDecisionKind ret_kinds[MADO_BODY_WANTED_MAX],
                                   guint *ret_n_kinds,
                                   GError **error);

/* ---- visit-certificates.c ---- */

/* SHA-256 of the 7F49 template that the card has for the key of a PKCS#10. */
gboolean
mado_visit_parts_hash_csr_key(GBytes *csr, guint8 ret_hash[MADO_RECORD_HASH_LEN]);
/* Notes the keys that the card made; a certificate for another key is revoked. */
gboolean
mado_visit_parts_keep_keys(MadoVisit *self, const MadoChannelResult *result, GError **error);
/* Keeps PKCS#10 whose key could not be checked yet. Bad ones are left out. */
gboolean
mado_visit_parts_keep_requests(MadoVisit *self, const MadoBodyStep *step, GError **error);
/* Answers every p10cr; a certificate is made once. */
gboolean
mado_visit_parts_issue(MadoVisit *self, const MadoBodyStep *step, GError **error);
/* Whether every slot's key and certificate are staged as issued; if so, noted. */
gboolean
mado_visit_parts_check_staged(MadoVisit *self,
                              const MadoRecord *record,
                              gboolean *ret_staged,
                              GError **error);
/* Answers every certConf; *ret_confirmed: all were there and accept. */
gboolean
mado_visit_parts_confirm(MadoVisit *self,
                         const MadoBodyStep *step,
                         gboolean *ret_confirmed,
                         GError **error);
/* *ret_rejected: at least one certConf says that its certificate is not taken. The set is all
 * or nothing: all of it is revoked then, and its PKCS#10 forgotten. */
gboolean
mado_visit_parts_take_rejection(MadoVisit *self,
                                const MadoBodyStep *step,
                                gboolean *ret_rejected,
                                GError **error);
/* Whether the centre holds, for every slot, a PKCS#10 for the key the card has staged. */
gboolean
mado_visit_parts_has_requests(MadoVisit *self,
                              const MadoRecord *record,
                              gboolean *ret_has,
                              GError **error);
/* Puts every PKCS#10 into the reply. */
gboolean
mado_visit_parts_give_requests(MadoVisit *self, GError **error);

/* ---- visit-scripts.c ---- */

/* The channel of this visit; NULL when it is lost. */
MadoChannel *
mado_visit_parts_channel(MadoVisit *self);
gboolean
mado_visit_parts_begin_channel(MadoVisit *self, const MadoBodyStep *step, GError **error);
gboolean
mado_visit_parts_send_record(MadoVisit *self, GError **error);
gboolean
mado_visit_parts_send_open(MadoVisit *self, GError **error);
gboolean
mado_visit_parts_send_stage(MadoVisit *self, GError **error);
gboolean
mado_visit_parts_send_commit(MadoVisit *self, GError **error);
gboolean
mado_visit_parts_send_undo(MadoVisit *self,
                           const guint8 transaction[MADO_TRANSACTION_LEN],
                           GError **error);
/* Everything live, in this one transaction of the store. */
gboolean
mado_visit_parts_finish(MadoVisit *self, GError **error);
/* The second table, on a record read under R-MAC. */
gboolean
mado_visit_parts_choose(MadoVisit *self, const MadoRecord *record, GError **error);
/* A fresh host challenge for the next INITIALIZE UPDATE, in reply and record. */
gboolean
mado_visit_parts_set_challenge(MadoVisit *self, GError **error);

#define MADO_VISIT_EACH_SLOT(slot, slots)                                                      \
    (guint slot = MADO_SLOT_AUTH; slot <= MADO_SLOT_SIGN;                                      \
     slot <<= 1) if (((slots) & (slot)) != 0)
