/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A visit: the calls of the session, each a look at the table (daemon/visit-table.h), the work
 * the table names, and a step told to the client. Begin and Resume are in visit-open.c, Reply
 * and Fail in visit-reply.c. What is durable is daemon/journal's, what is said to the centre
 * visit-message.c's, what is done on the card visit-work.c's and visit-pins.c's.
 */
#include "config.h"

#include "daemon/visit.h"

#include "common/decision.h"
#include "common/envelope.h"
#include "common/error.h"
#include "common/log.h"
#include "daemon/visit-state.h"

#include <string.h>

/* ---- life ---- */

MadoVisit *
mado_visit_new(const MadoDesk *desk, MadoJournal *journal)
{
    MadoVisit *self = g_new0(MadoVisit, 1);

    self->desk = desk;
    self->journal = journal;
    if (journal != NULL)
        self->writer = mado_journal_add_writer(journal);
    return self;
}

/* Everything of one visit: PINs, persons, exchanges, half-made messages. */
void
mado_visit_forget(MadoVisit *self)
{
    mado_visit_drop_certificates(self);
    for (guint i = 0; i < MADO_VISIT_SLOTS; i++)
        g_clear_pointer(&self->staged_keys[i], g_bytes_unref);
    g_clear_pointer(&self->reply, mado_body_reply_free);
    g_clear_pointer(&self->step, mado_body_step_free);
    g_clear_pointer(&self->pending, mado_journal_entry_free);
    g_clear_pointer(&self->record, g_bytes_unref);
    g_clear_pointer(&self->outgoing, g_bytes_unref);
    *self = (MadoVisit){
        .desk = self->desk,
        .journal = self->journal,
        .writer = self->writer,
        .state = self->state,
        .row = self->row,
        .plan = self->plan,
    };
}

void
mado_visit_free(MadoVisit *self)
{
    if (self == NULL)
        return;
    mado_visit_forget(self);
    g_free(self);
}

gboolean
mado_visit_set_bad_state(const MadoVisit *self, const char *call, GError **error)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_STATE, "%s in step '%s'", call,
                mado_visit_table_state_name(self->state));
    return FALSE;
}

/* Whether the table has an edge; for calls, before anything is looked at. */
gboolean
mado_visit_may(const MadoVisit *self, MadoVisitEvent event, const char *call, GError **error)
{
    return mado_visit_table_peek(self->state, event, NULL) != MADO_VISIT_DO_REFUSE ||
           mado_visit_set_bad_state(self, call, error);
}

/* ---- the ways out ---- */

void
mado_visit_log_end(const MadoVisit *self, const char *how, MadoErrorCode code)
{
    g_autofree char *visit = mado_message_id_to_hex(self->row.visit);

    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_VISIT, visit, "%s%s%s", how, code != 0 ? ": " : "",
             code != 0 ? mado_error_nick(code) : "");
}

/* What does not fit is cut between two characters: the reason goes over the bus. */
static void
set_reason(MadoVisit *self, const char *reason)
{
    const char *end = NULL;

    g_strlcpy(self->row.reason, reason, sizeof self->row.reason);
    if (!g_utf8_validate(self->row.reason, -1, &end))
        self->row.reason[end - self->row.reason] = '\0';
}

/* On hold, in the journal with its receipt. What cannot be written is still on hold: the
 * journal says so as soon as it can write again, or at its next start. */
static void
hold(MadoVisit *self, MadoErrorCode code, const char *reason)
{
    g_autoptr(GError) error = NULL;

    self->row.state = MADO_JOURNAL_VISIT_HELD;
    self->row.error = code;
    set_reason(self, reason);
    mado_journal_entry_put_visit(mado_visit_pending(self), &self->row);
    if (self->key[0] != '\0')
        mado_journal_entry_finish_message(mado_visit_pending(self), self->key,
                                          MADO_JOURNAL_MESSAGE_FAILED, NULL);
    if (!mado_visit_add_receipt(self, MADO_RECEIPT_HELD, 0, code, &error) ||
        !mado_visit_flush(self, &error)) {
        mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_STORE, self->row.request_id,
                 "a held visit was not written: %s", error->message);
        mado_journal_leave(self->journal, self->writer, self->row.visit);
    }
    mado_visit_log_end(self, "hold", code);
    mado_visit_forget(self);
}

gboolean
mado_visit_end_on_hold(MadoVisit *self,
                       MadoVisitEvent event,
                       MadoErrorCode code,
                       const char *reason,
                       MadoStep *ret_step)
{
    g_return_val_if_fail(mado_visit_table_step(&self->state, event) == MADO_VISIT_DO_HOLD,
                         FALSE);
    hold(self, code, reason);
    mado_visit_tell(self, MADO_STEP_HOLD, mado_visit_tell_end(NULL, code, self->row.reason),
                    ret_step);
    return TRUE;
}

/* A failure during a call, as the event it is. */
static MadoVisitEvent
event_of_code(MadoErrorCode code)
{
    static const struct {
        MadoErrorCode code;
        MadoVisitEvent event;
    } rows[] = {
        {MADO_ERROR_CARD_ABSENT, MADO_VISIT_ON_CARD_GONE},
        {MADO_ERROR_CARD_REMOVED, MADO_VISIT_ON_CARD_GONE},
        {MADO_ERROR_CARD_MUTE, MADO_VISIT_ON_CARD_GONE},
        {MADO_ERROR_CARD_CHANGED, MADO_VISIT_ON_CARD_GONE},
        {MADO_ERROR_READER_GONE, MADO_VISIT_ON_READER_GONE},
        {MADO_ERROR_SERVICE_GONE, MADO_VISIT_ON_READER_GONE},
        {MADO_ERROR_CANCELLED, MADO_VISIT_ON_CANCELLED},
        {MADO_ERROR_TIMED_OUT, MADO_VISIT_ON_TIMED_OUT},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].code == code)
            return rows[i].event;
    return MADO_VISIT_ON_FAILED;
}

gboolean
mado_visit_fail_on_hold(MadoVisit *self, const GError *error, MadoStep *ret_step)
{
    return mado_visit_end_on_hold(self, event_of_code(mado_error_code(error)),
                                  mado_error_code(error), error->message, ret_step);
}

gboolean
mado_visit_fail_check(MadoVisit *self)
{
    mado_visit_table_step(&self->state, MADO_VISIT_ON_CHECK_FAILED);
    mado_visit_forget(self);
    self->plan = NULL;
    self->row = (MadoJournalVisit){0};
    return FALSE;
}

/* ---- decisions ---- */

static const char *
find_decision_fault(const MadoVisit *self, const MadoDecision *decision)
{
    if (decision->realm != self->desk->realm)
        return "of another realm";
    if (strcmp(decision->terminal, self->desk->terminal) != 0)
        return "for another desk";
    if (memcmp(decision->transaction, self->row.transaction, sizeof decision->transaction) != 0)
        return "for another transaction";
    if (strcmp(decision->request_id, self->row.request_id) != 0)
        return "for another request";
    if (memcmp(decision->nonce, self->centre_nonce, sizeof decision->nonce) != 0)
        return "not to the centre's nonce";
    return NULL;
}

static gboolean
parse_decision(const MadoVisit *self, GBytes *bytes, MadoDecision *ret_decision, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    const char *fault;

    if (!mado_decision_parse(data, len, ret_decision, error)) {
        g_clear_error(error);
        fault = "malformed";
    } else {
        fault = find_decision_fault(self, ret_decision);
    }
    if (fault == NULL)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_OPERATOR, "the decision is %s", fault);
    return FALSE;
}

static gboolean
set_unwanted(GError **error)
{
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_OPERATOR,
                        "a decision that is not wanted now");
    return FALSE;
}

static gboolean
decide_opening(MadoVisit *self,
               MadoWork *work,
               const MadoDecision *decision,
               const MadoBodyDecision *signed_decision,
               MadoStep *ret_step,
               GError **error)
{
    if (decision->kind != (self->resuming ? MADO_DECISION_RESUME : MADO_DECISION_OPEN))
        return set_unwanted(error);
    g_strlcpy(self->row.operator_id, decision->operator_id, sizeof self->row.operator_id);
    if (!mado_visit_check_card(self, work, error) ||
        !mado_visit_send_lookup(self, signed_decision, error)) {
        mado_visit_table_step(&self->state, MADO_VISIT_ON_FAILED);
        mado_visit_forget(self);
        return FALSE;
    }
    mado_visit_table_step(&self->state, MADO_VISIT_ON_DECIDED_OPEN);
    mado_visit_tell(self, MADO_STEP_RELAY, mado_visit_tell_relay(self), ret_step);
    return TRUE;
}

/* The receipt that says this was decided goes out with the message that carries it. */
static void
note_decision(MadoVisit *self, MadoDecisionKind kind)
{
    if (kind == MADO_DECISION_DOCUMENTS)
        self->receipt_due[MADO_RECEIPT_DOCUMENTS] = TRUE;
    if (kind == MADO_DECISION_FACE)
        self->receipt_due[MADO_RECEIPT_FACE] = TRUE;
}

static gboolean
decide_wanted(MadoVisit *self,
              const MadoDecision *decision,
              const MadoBodyDecision *signed_decision,
              MadoStep *ret_step,
              GError **error)
{
    guint bit = (guint)decision->kind < 32 ? 1U << (guint)decision->kind : 0;
    g_autoptr(GUnixFDList) fds = NULL;
    GVariant *details;

    if ((self->wanted & bit) == 0)
        return set_unwanted(error);
    if (!mado_body_step_add_decision(self->step, signed_decision->bytes,
                                     signed_decision->signature)) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_LIMIT, "too many decisions");
        return FALSE;
    }
    self->wanted &= ~bit;
    note_decision(self, decision->kind);
    if (self->wanted == 0) {
        mado_visit_table_step(&self->state, MADO_VISIT_ON_DECIDED_ALL);
        mado_visit_tell(self, MADO_STEP_WORK, NULL, ret_step);
        return TRUE;
    }
    mado_visit_table_step(&self->state, MADO_VISIT_ON_DECIDED_MORE);
    details = mado_visit_tell_decide(self, &fds, error);
    if (details == NULL)
        return FALSE;
    mado_visit_tell(self, MADO_STEP_DECIDE, details, ret_step);
    g_set_object(&ret_step->fds, fds);
    return TRUE;
}

gboolean
mado_visit_decide(MadoVisit *self,
                  MadoWork *work,
                  GBytes *decision,
                  GBytes *signature,
                  MadoStep *ret_step,
                  GError **error)
{
    const MadoBodyDecision signed_decision = {decision, signature};
    MadoDecision parsed;

    if (self->state != MADO_VISIT_OPENING && self->state != MADO_VISIT_DECIDE)
        return mado_visit_set_bad_state(self, "Decide", error);
    if (!parse_decision(self, decision, &parsed, error))
        return FALSE;
    if (self->state == MADO_VISIT_OPENING)
        return decide_opening(self, work, &parsed, &signed_decision, ret_step, error);
    return decide_wanted(self, &parsed, &signed_decision, ret_step, error);
}

/* ---- work and entry ---- */

static gboolean
send_step(MadoVisit *self,
          MadoPlanRow about,
          MadoVisitEvent event,
          MadoStep *ret_step,
          GError **error)
{
    g_autoptr(GError) local_error = NULL;

    if (!mado_visit_send_step(self, about, &local_error))
        return mado_visit_fail_on_hold(self, local_error, ret_step);
    mado_visit_table_step(&self->state, event);
    mado_visit_tell(self, MADO_STEP_RELAY, mado_visit_tell_relay(self), ret_step);
    return TRUE;
}

gboolean
mado_visit_continue(MadoVisit *self, MadoWork *work, MadoStep *ret_step, GError **error)
{
    g_autoptr(GError) local_error = NULL;
    MadoPlanRow about = MADO_PLAN_LOOKUP;
    gboolean pins_due = FALSE;

    if (!mado_visit_may(self, MADO_VISIT_ON_CONTINUE, "Continue", error))
        return FALSE;
    mado_visit_table_step(&self->state, MADO_VISIT_ON_CONTINUE);
    if (!mado_visit_work(self, work, &about, &pins_due, &local_error))
        return mado_visit_fail_on_hold(self, local_error, ret_step);
    if (!pins_due)
        return send_step(self, about, MADO_VISIT_ON_WORKED, ret_step, error);
    if (!mado_visit_flush(self, &local_error))
        return mado_visit_fail_on_hold(self, local_error, ret_step);
    mado_visit_table_step(&self->state, MADO_VISIT_ON_WORKED_PINS);
    mado_visit_tell(self, MADO_STEP_PINS, mado_visit_tell_pins(self), ret_step);
    return TRUE;
}

gboolean
mado_visit_choose_pins(MadoVisit *self, MadoWork *work, MadoStep *ret_step, GError **error)
{
    g_autoptr(GError) local_error = NULL;
    gboolean again = FALSE;

    if (!mado_visit_may(self, MADO_VISIT_ON_CHOOSE, "ChoosePins", error))
        return FALSE;
    mado_visit_table_step(&self->state, MADO_VISIT_ON_CHOOSE);
    if (mado_visit_enter_pins(self, work, &again, &local_error))
        return send_step(self, MADO_PLAN_OPEN, MADO_VISIT_ON_CHOSEN, ret_step, error);
    if (!again)
        return mado_visit_fail_on_hold(self, local_error, ret_step);
    mado_visit_table_step(&self->state, MADO_VISIT_ON_AGAIN);
    g_propagate_error(error, g_steal_pointer(&local_error));
    return FALSE;
}

/* ---- from outside ---- */

void
mado_visit_hold(MadoVisit *self, MadoWork *work, MadoErrorCode reason, MadoStep *ret_step)
{
    MadoVisitEvent event = event_of_code(reason);
    MadoVisitAction action;

    /* What is none of the outside's names is the session's own end. */
    if (event == MADO_VISIT_ON_FAILED)
        event = MADO_VISIT_ON_CLIENT_GONE;
    mado_step_clear(ret_step);
    action = mado_visit_table_peek(self->state, event, NULL);
    if (action == MADO_VISIT_DO_HOLD) {
        mado_visit_end_on_hold(self, event, reason, mado_error_sentence(reason), ret_step);
    } else if (action == MADO_VISIT_DO_FORGET) {
        mado_visit_table_step(&self->state, event);
        mado_visit_forget(self);
    }
}

/* Looks only at what never changes: the job may be anywhere. */
void
mado_visit_abandon(MadoVisit *self, const char *visit)
{
    guint8 id[MADO_MESSAGE_ID_LEN];

    if (self->journal != NULL && mado_message_id_from_hex(visit, id))
        mado_journal_abandon(self->journal, self->writer, id);
}
