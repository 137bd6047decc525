/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/visit.h"

#include "central/script.h"
#include "central/visit-parts.h"
#include "common/error.h"
#include "common/log.h"

#include <openssl/rand.h>

#include <string.h>

#define MAX_FAILURES 2 /* scripts of one attempt that may go wrong before it is held */

void
mado_visit_clear(MadoVisit *self)
{
    g_clear_pointer(&self->transaction, g_free);
    g_clear_pointer(&self->card, g_free);
    g_clear_pointer(&self->reply, mado_body_reply_free);
}

gboolean
mado_visit_parts_refuse(GError **error, MadoProblem problem, const char *why)
{
    g_set_error_literal(error, MADO_PROBLEM_DOMAIN, (int)problem, why);
    return FALSE;
}

gboolean
mado_visit_parts_save(MadoVisit *self, GError **error)
{
    MadoStore *store = self->centre->store;

    self->transaction->changed_ms = mado_clock_wall_ms(self->centre->clock);
    return store->ops->put_transaction(store, self->transaction, error);
}

/* ---- replies without a script ---- */

static guint8
key_version(const MadoVisit *self)
{
    return self->centre->settings->realm == MADO_REALM_CODE_PRODUCTION ? MADO_KVN_PRODUCTION
                                                                       : MADO_KVN_TRAINING;
}

/* A new question: older sessions and challenges are void. */
static gboolean
begin_decide(MadoVisit *self, GError **error)
{
    MadoTransactionRecord *transaction = self->transaction;

    mado_centre_set_channel(self->centre, transaction->id, NULL);
    memset(transaction->session, 0, sizeof transaction->session);
    if (RAND_bytes(transaction->centre_nonce, sizeof transaction->centre_nonce) != 1)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making a nonce");
    self->reply->next = MADO_NEXT_DECIDE;
    self->reply->key_version = key_version(self);
    self->reply->has_centre_nonce = TRUE;
    memcpy(self->reply->centre_nonce, transaction->centre_nonce,
           sizeof self->reply->centre_nonce);
    return mado_visit_parts_set_challenge(self, error);
}

gboolean
mado_visit_parts_ask_decisions(MadoVisit *self, GError **error)
{
    self->transaction->stage = MADO_VISIT_DECIDE;
    return begin_decide(self, error) &&
           mado_visit_parts_missing_decisions(self, self->reply->wanted, &self->reply->n_wanted,
                                              error);
}

gboolean
mado_visit_parts_ask_record(MadoVisit *self, GError **error)
{
    self->transaction->stage = MADO_VISIT_ASKED;
    return begin_decide(self, error);
}

static void
set_detail(MadoVisit *self, const char *why)
{
    g_strlcpy(self->transaction->detail, why, sizeof self->transaction->detail);
    g_strlcpy(self->reply->detail, why, sizeof self->reply->detail);
}

gboolean
mado_visit_parts_hold(MadoVisit *self, const char *why, GError **error)
{
    MadoTransactionRecord *transaction = self->transaction;

    mado_centre_set_channel(self->centre, transaction->id, NULL);
    transaction->stage = MADO_VISIT_HELD;
    if (transaction->is_commit_sent)
        transaction->state = MADO_TRANSACTION_UNKNOWN;
    self->reply->next = MADO_NEXT_HOLD;
    set_detail(self, why);
    return TRUE;
}

gboolean
mado_visit_parts_abort(MadoVisit *self, const char *why, GError **error)
{
    MadoTransactionRecord *transaction = self->transaction;
    MadoStore *store = self->centre->store;

    mado_centre_set_channel(self->centre, transaction->id, NULL);
    transaction->stage = MADO_VISIT_ENDED;
    transaction->state = MADO_TRANSACTION_ABORTED;
    self->reply->next = MADO_NEXT_ABORTED;
    set_detail(self, why);
    return store->ops->revoke_held(store, transaction->id, error);
}

/* What was said at the end, said again: a repeat is no attack. */
gboolean
mado_visit_parts_repeat_end(MadoVisit *self)
{
    self->reply->next = self->transaction->state == MADO_TRANSACTION_COMMITTED
                            ? MADO_NEXT_COMMITTED
                            : MADO_NEXT_ABORTED;
    g_strlcpy(self->reply->detail, self->transaction->detail, sizeof self->reply->detail);
    return TRUE;
}

gboolean
mado_visit_parts_is_finished(const MadoTransactionRecord *transaction)
{
    return transaction->state == MADO_TRANSACTION_COMMITTED ||
           transaction->state == MADO_TRANSACTION_ABORTED;
}

/* ---- LOOKUP ---- */

gboolean
mado_visit_parts_check_clock(MadoVisit *self, GError **error)
{
    gint64 skew_s = ABS(mado_clock_wall_ms(self->centre->clock) - self->header->time_ms) / 1000;

    if (skew_s > MADO_LIMIT_SKEW_BLOCK_S)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_CLOCK,
                                       "more than a day between the terminal's clock and ours");
    if (skew_s > MADO_LIMIT_SKEW_WARN_S)
        mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_VISIT, self->header->terminal,
                 "clock is off by %" G_GINT64_FORMAT " s", skew_s);
    return TRUE;
}

/* *ret_transaction (nullable): a lookup that may find nothing. */
gboolean
mado_visit_parts_take_found(MadoTransactionRecord *found,
                            GError *lookup_error,
                            MadoTransactionRecord **ret_transaction,
                            GError **error)
{
    if (found == NULL && !g_error_matches(lookup_error, MADO_ERROR, MADO_ERROR_NOT_FOUND)) {
        g_propagate_error(error, lookup_error);
        return FALSE;
    }
    g_clear_error(&lookup_error);
    *ret_transaction = found;
    return TRUE;
}

/* ---- STEP ---- */

static gboolean
check_turn(MadoVisit *self, GError **error)
{
    const MadoTransactionRecord *transaction = self->transaction;
    const MadoMessageHeader *header = self->header;

    if (strcmp(transaction->terminal, header->terminal) != 0 ||
        memcmp(transaction->visit, header->visit, sizeof transaction->visit) != 0 ||
        transaction->attempt != header->attempt || transaction->fencing != header->fencing)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_FENCED,
                                       "another attempt has this visit");
    if (!header->has_card ||
        memcmp(transaction->card_id, header->card_id, MADO_CARD_ID_LEN) != 0)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_REQUEST_MISMATCH,
                                       "the visit belongs to another card");
    if (header->step_number <= transaction->step && !mado_visit_parts_is_finished(transaction))
        return mado_visit_parts_refuse(error, MADO_PROBLEM_FENCED,
                                       "this step was answered before");
    return TRUE;
}

static MadoVisitEvent
find_event(MadoVisit *self, const MadoBodyStep *step, MadoChannelResult *result)
{
    MadoVisitStage stage = self->transaction->stage;
    MadoChannel *channel = mado_visit_parts_channel(self);
    g_autoptr(GError) error = NULL;

    if (stage == MADO_VISIT_STAGE && step->n_cmp > 0 && !step->has_answers)
        return MADO_VISIT_REJECTED;
    if (step->damage[0] != '\0')
        return MADO_VISIT_DAMAGED;
    if (stage == MADO_VISIT_DECIDE || stage == MADO_VISIT_ASKED)
        return step->has_initialize && !step->has_answers ? MADO_VISIT_INITIALIZED
                                                          : MADO_VISIT_N_EVENTS;
    if (stage == MADO_VISIT_CSR)
        return channel != NULL && step->n_cmp > 0 ? MADO_VISIT_REQUESTED : MADO_VISIT_FAILED;
    if (channel != NULL && step->has_answers &&
        mado_channel_open(channel, step, result, &error))
        return MADO_VISIT_ANSWERED;
    mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_VISIT, self->transaction->request_id,
             "script %s: %s", mado_visit_table_stage_name(stage),
             error != NULL ? error->message : "its secure channel is gone");
    return MADO_VISIT_FAILED;
}

static gboolean
ask_again(MadoVisit *self, const MadoBodyStep *step, GError **error)
{
    MadoTransactionRecord *transaction = self->transaction;

    if (transaction->stage == MADO_VISIT_OPEN &&
        !mado_visit_parts_keep_requests(self, step, error))
        return FALSE;
    if (transaction->n_failures++ >= MAX_FAILURES)
        return mado_visit_parts_hold(self, "the card refused more than once", error);
    return mado_visit_parts_ask_record(self, error);
}

static gboolean
open_card(MadoVisit *self, const MadoBodyStep *step, GError **error)
{
    gboolean refused;

    if (!mado_visit_parts_take_decisions(self, step, &refused, error))
        return FALSE;
    if (refused)
        return mado_visit_parts_abort(self, "the clerk did not agree", error);
    return mado_visit_parts_begin_channel(self, step, error) &&
           mado_visit_parts_send_open(self, error);
}

static gboolean
proceed(MadoVisit *self,
        const MadoBodyStep *step,
        const MadoChannelResult *result,
        GError **error)
{
    const MadoTransactionRecord *transaction = self->transaction;

    if (!result->has_record || !mado_record_is_open(&result->record, transaction->id) ||
        (result->key_slots & transaction->slots) != transaction->slots)
        return ask_again(self, step, error);
    if (transaction->slots == 0)
        return mado_visit_parts_send_commit(self, error);
    return mado_visit_parts_keep_keys(self, result, error) &&
           mado_visit_parts_begin_channel(self, step, error) &&
           mado_visit_parts_issue(self, step, error) &&
           mado_visit_parts_send_stage(self, error);
}

static gboolean
commit_card(MadoVisit *self,
            const MadoBodyStep *step,
            const MadoChannelResult *result,
            GError **error)
{
    gboolean staged = FALSE;
    gboolean confirmed = FALSE;

    if (result->has_record &&
        !mado_visit_parts_check_staged(self, &result->record, &staged, error))
        return FALSE;
    if (!staged)
        return ask_again(self, step, error);
    if (!mado_visit_parts_confirm(self, step, &confirmed, error))
        return FALSE;
    return confirmed ? mado_visit_parts_send_commit(self, error) : ask_again(self, step, error);
}

/* Every answer was good; still the record, not the status word, says that COMMIT took effect.
 */
static gboolean
finish_card(MadoVisit *self,
            const MadoBodyStep *step,
            const MadoChannelResult *result,
            GError **error)
{
    if (!result->has_record ||
        !mado_record_is_committed(&result->record, self->transaction->id))
        return ask_again(self, step, error);
    return mado_visit_parts_finish(self, error);
}

/* The card is rolled back in a fresh session, whatever the resident wants: nothing of this
 * visit is to be finished. */
static gboolean
undo_rejected(MadoVisit *self, const MadoBodyStep *step, GError **error)
{
    gboolean rejected = FALSE;

    if (!mado_visit_parts_take_rejection(self, step, &rejected, error))
        return FALSE;
    if (!rejected)
        return ask_again(self, step, error);
    self->transaction->may_start = FALSE;
    g_snprintf(self->transaction->detail, sizeof self->transaction->detail,
               "the desk does not take a certificate%s%s", step->damage[0] != '\0' ? ": " : "",
               step->damage);
    mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_VISIT, self->transaction->request_id, "%s",
             self->transaction->detail);
    return mado_visit_parts_ask_record(self, error);
}

static gboolean
act(MadoVisit *self,
    MadoVisitAction action,
    const MadoBodyStep *step,
    const MadoChannelResult *result,
    GError **error)
{
    switch (action) {
    case MADO_VISIT_DO_OPEN:
        return open_card(self, step, error);
    case MADO_VISIT_DO_PROCEED:
        return proceed(self, step, result, error);
    case MADO_VISIT_DO_STAGE:
        return mado_visit_parts_issue(self, step, error) &&
               mado_visit_parts_send_stage(self, error);
    case MADO_VISIT_DO_COMMIT:
        return commit_card(self, step, result, error);
    case MADO_VISIT_DO_FINISH:
        return finish_card(self, step, result, error);
    case MADO_VISIT_DO_ASK:
        return ask_again(self, step, error);
    case MADO_VISIT_DO_RECORD:
        return mado_visit_parts_begin_channel(self, step, error) &&
               mado_visit_parts_send_record(self, error);
    case MADO_VISIT_DO_CHOOSE:
        return result->has_record ? mado_visit_parts_choose(self, &result->record, error)
                                  : ask_again(self, step, error);
    case MADO_VISIT_DO_REVOKE:
        return undo_rejected(self, step, error);
    case MADO_VISIT_DO_HOLD:
        return mado_visit_parts_hold(self, step->damage, error);
    case MADO_VISIT_DO_REFUSE:
    case MADO_VISIT_N_ACTIONS:
        break;
    }
    return mado_visit_parts_refuse(error, MADO_PROBLEM_BAD_MESSAGE,
                                   "not what the last reply asked for");
}

/* A transaction that nobody here knows is answered too, and by name. */
static gboolean
load_transaction(MadoVisit *self, GError **error)
{
    MadoStore *store = self->centre->store;
    GError *found = NULL;
    MadoTransactionRecord *transaction =
        store->ops->get_transaction(store, self->header->transaction, &found);

    if (!mado_visit_parts_take_found(transaction, found, &self->transaction, error))
        return FALSE;
    if (self->transaction == NULL)
        return TRUE;
    self->card = store->ops->get_card(store, self->transaction->card_id, error);
    return self->card != NULL && check_turn(self, error);
}

static gboolean
take_step(MadoVisit *self, const MadoBodyStep *step, GError **error)
{
    g_autofree MadoChannelResult *result = g_new0(MadoChannelResult, 1);
    MadoVisitEvent event = find_event(self, step, result);
    MadoVisitAction action = mado_visit_table_step(self->transaction->stage, event);

    self->transaction->step = self->header->step_number;
    return act(self, action, step, result, error) && mado_visit_parts_save(self, error);
}

gboolean
mado_visit_step(MadoVisit *self, const MadoBodyStep *step, GError **error)
{
    if (!mado_visit_parts_check_clock(self, error) || !load_transaction(self, error))
        return FALSE;
    self->reply = mado_body_reply_new(MADO_NEXT_HOLD);
    if (self->transaction == NULL) {
        g_strlcpy(self->reply->detail, "unknown transaction", sizeof self->reply->detail);
        return TRUE;
    }
    if (mado_visit_parts_is_finished(self->transaction))
        return mado_visit_parts_repeat_end(self);
    if (self->transaction->stage == MADO_VISIT_HELD) {
        g_strlcpy(self->reply->detail, self->transaction->detail, sizeof self->reply->detail);
        return TRUE;
    }
    return take_step(self, step, error);
}

/* ---- closing ---- */

static gboolean
free_request(MadoStore *store, const char *id, gint64 now_ms, GError **error)
{
    g_autoptr(MadoRequestRecord) request = store->ops->get_request(store, id, error);

    if (request == NULL)
        return FALSE;
    request->state = MADO_REQUEST_READY;
    request->changed_ms = now_ms;
    return store->ops->put_request(store, request, error);
}

gboolean
mado_visit_close(MadoStore *store,
                 const guint8 transaction[MADO_TRANSACTION_LEN],
                 const char *reason,
                 gint64 now_ms,
                 GError **error)
{
    g_autoptr(MadoTransactionRecord) record =
        store->ops->get_transaction(store, transaction, error);
    g_autoptr(MadoCardRecord) card = NULL;

    if (record == NULL)
        return FALSE;
    if (mado_visit_parts_is_finished(record)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_STATE, "the visit has ended already");
        return FALSE;
    }
    card = store->ops->get_card(store, record->card_id, error);
    if (card == NULL)
        return FALSE;
    card->is_void = TRUE;
    record->state = MADO_TRANSACTION_ABORTED;
    record->stage = MADO_VISIT_ENDED;
    record->changed_ms = now_ms;
    g_strlcpy(record->detail, reason, sizeof record->detail);
    return store->ops->put_card(store, card, error) &&
           store->ops->put_transaction(store, record, error) &&
           store->ops->revoke_held(store, transaction, error) &&
           free_request(store, record->request_id, now_ms, error);
}
