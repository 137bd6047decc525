/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reply and Fail: what the centre said, or that it said nothing. */
#include "config.h"

#include "common/envelope.h"
#include "common/error.h"
#include "common/log.h"
#include "daemon/visit-state.h"

#include <madoguchi/names.h>
#include <string.h>

/* ---- replies ---- */

/* The centre's transaction, fencing and clock, from a header that was checked. */
static void
take_header(MadoVisit *self, const MadoMessageHeader *header)
{
    memcpy(self->row.transaction, header->transaction, sizeof self->row.transaction);
    self->row.fencing = MAX(self->row.fencing, header->fencing);
    mado_journal_entry_put_centre_time(mado_visit_pending(self), header->time_ms);
}

/* Over the limit no certificate is asked for; the visit waits for a clock that is right. */
static gboolean
check_skew(const MadoVisit *self, const MadoMessageHeader *header, GError **error)
{
    gint64 skew_s = (header->time_ms - mado_clock_wall_ms(self->desk->clock)) / 1000;

    if (ABS(skew_s) > MADO_LIMIT_SKEW_WARN_S)
        mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_VISIT, self->row.request_id,
                 "this desk's clock is %" G_GINT64_FORMAT " s off the centre's", skew_s);
    if (ABS(skew_s) <= MADO_LIMIT_SKEW_BLOCK_S || self->plan->slots == 0)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CLOCK,
                "the clock is %" G_GINT64_FORMAT " s off the centre's", skew_s);
    return FALSE;
}

static MadoVisitEvent
event_of_reply(const MadoBodyReply *reply)
{
    switch (reply->next) {
    case MADO_NEXT_DECIDE:
        return reply->n_wanted > 0 ? MADO_VISIT_ON_REPLY_DECIDE : MADO_VISIT_ON_REPLY_WORK;
    case MADO_NEXT_SCRIPT:
    case MADO_NEXT_CSR:
        return MADO_VISIT_ON_REPLY_WORK;
    case MADO_NEXT_COMMITTED:
        return MADO_VISIT_ON_REPLY_COMMITTED;
    case MADO_NEXT_ABORTED:
        return MADO_VISIT_ON_REPLY_ABORTED;
    case MADO_NEXT_HOLD:
        return MADO_VISIT_ON_REPLY_HOLD;
    }
    g_return_val_if_reached(MADO_VISIT_ON_REPLY_HOLD);
}

/* What a reply says beside the next step: kept for the steps to come. */
static void
take_reply(MadoVisit *self, MadoBodyReply *reply)
{
    g_clear_pointer(&self->reply, mado_body_reply_free);
    self->reply = reply;
    self->n_pins_set = 0;
    self->has_pin_record = FALSE;
    if (reply->key_version != 0)
        self->key_version = reply->key_version;
    if (reply->has_person)
        g_strlcpy(self->birth, reply->person.birth, sizeof self->birth);
    if (self->sent == MADO_PLAN_LOOKUP)
        self->row.procedure = self->plan->procedure;
    if (reply->next != MADO_NEXT_DECIDE)
        return;
    self->step = mado_body_step_new();
    memcpy(self->centre_nonce, reply->centre_nonce, sizeof self->centre_nonce);
    self->wanted = 0;
    for (guint i = 0; i < reply->n_wanted; i++)
        self->wanted |= 1U << (guint)reply->wanted[i];
    /* The visit is open at the centre from this reply on. */
    if (!self->resuming)
        self->receipt_due[MADO_RECEIPT_VISIT_OPENED] = TRUE;
}

/* Durable before it is acted upon. The end of a visit, its receipt and the reply that says so
 * are one entry. */
static gboolean
write_reply(MadoVisit *self, MadoVisitEvent event, const guint8 *reply_hash, GError **error)
{
    MadoReceiptKind kind = self->plan->done;
    MadoErrorCode outcome = 0;

    mado_journal_entry_finish_message(mado_visit_pending(self), self->key,
                                      MADO_JOURNAL_MESSAGE_ANSWERED, reply_hash);
    if (event == MADO_VISIT_ON_REPLY_COMMITTED)
        self->row.state = MADO_JOURNAL_VISIT_COMMITTED;
    if (event == MADO_VISIT_ON_REPLY_ABORTED) {
        self->row.state = MADO_JOURNAL_VISIT_ABORTED;
        kind = MADO_RECEIPT_ABORTED;
        outcome = self->undone_for;
    }
    mado_journal_entry_put_visit(mado_visit_pending(self), &self->row);
    if (self->row.state != MADO_JOURNAL_VISIT_OPEN &&
        !mado_visit_add_receipt(self, kind, self->plan->slots, outcome, error))
        return FALSE;
    if (!mado_visit_flush(self, error))
        return FALSE;
    self->key[0] = '\0';
    return TRUE;
}

static gboolean
tell_reply(MadoVisit *self, MadoVisitEvent event, MadoStep *ret_step, GError **error)
{
    g_autoptr(GUnixFDList) fds = NULL;
    GVariant *details = NULL;
    const char *outcome = event == MADO_VISIT_ON_REPLY_COMMITTED ? "committed" : "aborted";

    mado_visit_table_step(&self->state, event);
    if (event == MADO_VISIT_ON_REPLY_WORK) {
        mado_visit_tell(self, MADO_STEP_WORK, NULL, ret_step);
        return TRUE;
    }
    if (event == MADO_VISIT_ON_REPLY_DECIDE) {
        details = mado_visit_tell_decide(self, &fds, error);
        if (details == NULL)
            return FALSE;
        mado_visit_tell(self, MADO_STEP_DECIDE, details, ret_step);
        g_set_object(&ret_step->fds, fds);
        return TRUE;
    }
    mado_visit_log_end(self, outcome, self->undone_for);
    mado_visit_tell(self, MADO_STEP_DONE,
                    mado_visit_tell_end(outcome, self->undone_for, self->reply->detail),
                    ret_step);
    mado_visit_forget(self);
    return TRUE;
}

/* @detail is the centre's and without personal data. */
static void
log_reply(const MadoVisit *self, const MadoBodyReply *body)
{
    g_autofree char *visit = mado_message_id_to_hex(self->row.visit);

    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_VISIT, visit, "answer to step %u: next %u phase %u%s%s",
             self->row.step_number, (guint)body->next, (guint)body->phase,
             body->detail[0] != '\0' ? ": " : "", body->detail);
}

gboolean
mado_visit_reply(MadoVisit *self,
                 MadoWork *work,
                 const char *key,
                 GBytes *reply,
                 MadoStep *ret_step,
                 GError **error)
{
    MadoMessageHeader header;
    MadoBodyReply *body;
    MadoVisitEvent event;
    guint8 hash[MADO_MESSAGE_HASH_LEN];
    g_autoptr(GError) local_error = NULL;

    if (!mado_visit_may(self, MADO_VISIT_ON_REPLY_BAD, "Reply", error))
        return FALSE;
    if (strcmp(key, self->key) != 0) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_STATE,
                            "an answer to an older message");
        return FALSE;
    }
    body = mado_visit_open_reply(self, reply, &header, error);
    if (body == NULL)
        return FALSE;
    event = event_of_reply(body);
    mado_envelope_sha256(g_bytes_get_data(reply, NULL), g_bytes_get_size(reply), hash);
    log_reply(self, body);
    take_reply(self, body);
    take_header(self, &header);
    if (!write_reply(self, event, hash, &local_error))
        return mado_visit_fail_on_hold(self, local_error, ret_step);
    if (event == MADO_VISIT_ON_REPLY_HOLD)
        return mado_visit_end_on_hold(self, event, MADO_ERROR_HELD, self->reply->detail,
                                      ret_step);
    if (self->row.state == MADO_JOURNAL_VISIT_OPEN && !check_skew(self, &header, &local_error))
        return mado_visit_fail_on_hold(self, local_error, ret_step);
    return tell_reply(self, event, ret_step, error);
}

/* ---- the relay gave up ---- */

/* A refusal is the centre's word that nothing changed there; the rest says nothing. */
static gboolean
is_refusal(guint status, const char *problem)
{
    return status >= 400 && status < 500 && status != 408 && status != 409 && status != 425 &&
           status != 429 && g_str_has_prefix(problem, MADO_PROBLEM_BASE);
}

static MadoErrorCode
code_of_problem(guint status, const char *problem)
{
    static const struct {
        const char *slug;
        MadoErrorCode code;
    } rows[] = {
        {"realm", MADO_ERROR_REALM},
        {"terminal", MADO_ERROR_ENROLMENT},
        {"operator", MADO_ERROR_OPERATOR},
        {"not-found", MADO_ERROR_NOT_FOUND},
        {"request-mismatch", MADO_ERROR_REQUEST_MISMATCH},
        {"request-state", MADO_ERROR_REQUEST_STATE},
        {"fenced", MADO_ERROR_FENCED},
    };
    const char *slug =
        g_str_has_prefix(problem, MADO_PROBLEM_BASE) ? problem + strlen(MADO_PROBLEM_BASE) : "";

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(slug, rows[i].slug) == 0)
            return rows[i].code;
    return status >= 400 && status < 500 ? MADO_ERROR_CENTRE_REFUSED
                                         : MADO_ERROR_CENTRE_UNREACHABLE;
}

static gboolean
close_refused(MadoVisit *self, MadoErrorCode code, MadoStep *ret_step, GError **error)
{
    const char *reason = mado_error_sentence(code);
    g_autoptr(GError) local_error = NULL;

    self->row.state = MADO_JOURNAL_VISIT_REFUSED;
    self->row.error = code;
    g_strlcpy(self->row.reason, reason, sizeof self->row.reason);
    mado_journal_entry_finish_message(mado_visit_pending(self), self->key,
                                      MADO_JOURNAL_MESSAGE_FAILED, NULL);
    mado_journal_entry_put_visit(mado_visit_pending(self), &self->row);
    if (!mado_visit_flush(self, &local_error))
        return mado_visit_fail_on_hold(self, local_error, ret_step);
    mado_visit_table_step(&self->state, MADO_VISIT_ON_REFUSED);
    mado_visit_log_end(self, "refused", code);
    mado_visit_tell(self, MADO_STEP_DONE, mado_visit_tell_end("refused", code, reason),
                    ret_step);
    mado_visit_forget(self);
    return TRUE;
}

gboolean
mado_visit_fail(MadoVisit *self,
                MadoWork *work,
                const char *key,
                guint status,
                const char *problem,
                MadoStep *ret_step,
                GError **error)
{
    MadoErrorCode code = code_of_problem(status, problem);

    if (!mado_visit_may(self, MADO_VISIT_ON_UNREACHED, "Fail", error))
        return FALSE;
    if (strcmp(key, self->key) != 0) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_STATE,
                            "a failure of an older message");
        return FALSE;
    }
    if (!self->row.begun &&
        (is_refusal(status, problem) || code == MADO_ERROR_FENCED ||
         code == MADO_ERROR_REQUEST_STATE || code == MADO_ERROR_REQUEST_MISMATCH))
        return close_refused(self, code, ret_step, error);
    return mado_visit_end_on_hold(self, MADO_VISIT_ON_UNREACHED, code,
                                  mado_error_sentence(code), ret_step);
}
