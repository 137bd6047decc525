/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A visit: the calls of the session, each a look at the table (daemon/visit-table.h), the work
 * the table names, and a step told to the client. What is durable is daemon/journal's, what is
 * said to the centre is visit-message.c's, what is done on the card visit-work.c's and
 * visit-pins.c's.
 */
#include "config.h"

#include "daemon/visit.h"

#include "common/decision.h"
#include "common/envelope.h"
#include "common/error.h"
#include "common/log.h"
#include "daemon/card/isd.h"
#include "daemon/visit-state.h"

#include <madoguchi/names.h>

#include <string.h>

#define UNKNOWN_REQUEST "-" /* whatever this card is in (doc/messages.md 3) */

/* ---- life ---- */

MadoVisit *
mado_visit_new(const MadoDesk *desk, MadoJournal *journal)
{
    MadoVisit *self = g_new0(MadoVisit, 1);

    self->desk = desk;
    self->journal = journal;
    return self;
}

/* Everything of one visit: PINs, persons, exchanges, half-made messages. */
static void
forget(MadoVisit *self)
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
        .state = self->state,
        .face_anchors = self->face_anchors,
        .row = self->row,
        .plan = self->plan,
    };
}

void
mado_visit_free(MadoVisit *self)
{
    if (self == NULL)
        return;
    forget(self);
    mado_cvc_anchors_free(self->face_anchors);
    g_free(self);
}

static gboolean
set_bad_state(const MadoVisit *self, const char *call, GError **error)
{
    g_set_error(error,
                MADO_ERROR,
                MADO_ERROR_BAD_STATE,
                "%s in step '%s'",
                call,
                mado_visit_table_state_name(self->state));
    return FALSE;
}

/* Whether the table has an edge; for calls, before anything is looked at. */
static gboolean
may(const MadoVisit *self, MadoVisitEvent event, const char *call, GError **error)
{
    return mado_visit_table_peek(self->state, event, NULL) != MADO_VISIT_DO_REFUSE ||
           set_bad_state(self, call, error);
}

/* ---- the ways out ---- */

static void
log_end(const MadoVisit *self, const char *how, MadoErrorCode code)
{
    g_autofree char *visit = mado_message_id_to_hex(self->row.visit);

    mado_log(G_LOG_LEVEL_INFO,
             MADO_LOG_VISIT,
             visit,
             "%s%s%s",
             how,
             code != 0 ? ": " : "",
             code != 0 ? mado_error_nick(code) : "");
}

/* On hold, in the journal with its receipt. What cannot be written is still on hold: at the next
 * start the journal finds the visit open and says so. */
static void
hold(MadoVisit *self, MadoErrorCode code, const char *reason)
{
    g_autoptr(GError) error = NULL;

    self->row.state = MADO_JOURNAL_VISIT_HELD;
    self->row.error = code;
    g_strlcpy(self->row.reason, reason, sizeof self->row.reason);
    g_utf8_validate(self->row.reason, -1, NULL);
    mado_journal_entry_put_visit(mado_visit_pending(self), &self->row);
    if (self->key[0] != '\0')
        mado_journal_entry_finish_message(
            mado_visit_pending(self), self->key, MADO_JOURNAL_MESSAGE_FAILED, NULL);
    if (!mado_visit_add_receipt(self, MADO_RECEIPT_HELD, 0, code, &error) ||
        !mado_visit_flush(self, &error))
        mado_log(G_LOG_LEVEL_MESSAGE,
                 MADO_LOG_STORE,
                 self->row.request_id,
                 "a held visit was not written: %s",
                 error->message);
    log_end(self, "hold", code);
    forget(self);
}

static gboolean
end_on_hold(MadoVisit *self,
            MadoVisitEvent event,
            MadoErrorCode code,
            const char *reason,
            MadoStep *ret_step)
{
    g_return_val_if_fail(mado_visit_table_step(&self->state, event) == MADO_VISIT_DO_HOLD,
                         FALSE);
    hold(self, code, reason);
    mado_visit_tell(
        self, MADO_STEP_HOLD, mado_visit_tell_end(NULL, code, self->row.reason), ret_step);
    return TRUE;
}

/* A failure during a call, as the event it is. */
static MadoVisitEvent
event_of_error(const GError *error)
{
    switch (mado_error_code(error)) {
    case MADO_ERROR_CARD_ABSENT:
    case MADO_ERROR_CARD_REMOVED:
    case MADO_ERROR_CARD_MUTE:
    case MADO_ERROR_CARD_CHANGED:
        return MADO_VISIT_ON_CARD_GONE;
    case MADO_ERROR_READER_GONE:
    case MADO_ERROR_SERVICE_GONE:
        return MADO_VISIT_ON_READER_GONE;
    case MADO_ERROR_CANCELLED:
        return MADO_VISIT_ON_CANCELLED;
    case MADO_ERROR_TIMED_OUT:
        return MADO_VISIT_ON_TIMED_OUT;
    default:
        return MADO_VISIT_ON_FAILED;
    }
}

static gboolean
fail_on_hold(MadoVisit *self, const GError *error, MadoStep *ret_step)
{
    return end_on_hold(
        self, event_of_error(error), mado_error_code(error), error->message, ret_step);
}

/* ---- opening ---- */

static gboolean
check_desk(const MadoVisit *self, gboolean is_new, GError **error)
{
    gint64 centre_ms = 0;

    if (self->journal == NULL || !mado_desk_is_enrolled(self->desk)) {
        g_set_error_literal(
            error, MADO_ERROR, MADO_ERROR_ENROLMENT, "this desk is not enrolled");
        return FALSE;
    }
    if (!mado_journal_check_ready(self->journal, is_new, error) ||
        !mado_journal_centre_time(self->journal, &centre_ms, error))
        return FALSE;
    /* A clock set back: what it signs now would lie before what it has signed. */
    if (centre_ms - mado_clock_wall_ms(self->desk->clock) >
        (gint64)MADO_LIMIT_SKEW_BLOCK_S * 1000) {
        g_set_error_literal(error,
                            MADO_ERROR,
                            MADO_ERROR_CLOCK,
                            "the clock stands before the time the centre last told");
        return FALSE;
    }
    return TRUE;
}

static gboolean
ensure_face_anchors(MadoVisit *self, GError **error)
{
    if (self->face_anchors != NULL)
        return TRUE;
    if (self->desk->face_anchors == NULL) {
        g_set_error_literal(
            error, MADO_ERROR, MADO_ERROR_CONFIG, "no anchors for the card's data");
        return FALSE;
    }
    self->face_anchors =
        mado_cvc_anchors_load(self->desk->face_anchors, self->desk->realm, error);
    return self->face_anchors != NULL;
}

/* Which card is it? Powers it up; from here on no other one is taken. */
static gboolean
meet_card(MadoVisit *self, MadoWork *work, GError **error)
{
    mado_card_bind(work->card, NULL);
    if (!mado_card_power_on(work->card, error) ||
        !mado_isd_card_id(work->card, self->row.card_id, error))
        return FALSE;
    mado_card_bind(work->card, self->row.card_id);
    self->generation = mado_card_generation(work->card);
    return TRUE;
}

/* Before anything else: chain, face data, nonce, record 1, admin record. */
static gboolean
check_genuine(MadoVisit *self, MadoWork *work, const MadoSecret *number_b, GError **error)
{
    MadoGenuine genuine;

    self->record = mado_isd_record(work->card, error);
    if (self->record == NULL || !ensure_face_anchors(self, error) ||
        !mado_common_juki_record(work->card, &self->face, error) ||
        !mado_genuine_check(work->card, self->face_anchors, number_b, &genuine, error))
        return FALSE;
    memcpy(self->face_key_hash, genuine.face_key_hash, sizeof self->face_key_hash);
    return TRUE;
}

static gboolean
parse_record(const MadoVisit *self, MadoRecord *ret_record, GError **error)
{
    MadoBytesStatus status = mado_record_parse(g_bytes_get_data(self->record, NULL),
                                               g_bytes_get_size(self->record),
                                               ret_record);

    if (status == MADO_BYTES_OK && ret_record->life != MADO_LIFE_TERMINATED)
        return TRUE;
    if (status == MADO_BYTES_OK)
        g_set_error_literal(
            error, MADO_ERROR, MADO_ERROR_CARD_STATE, "the card is terminated");
    else
        g_set_error(error,
                    MADO_ERROR,
                    MADO_ERROR_CARD_DATA,
                    "the admin record: %s",
                    mado_bytes_status_name(status));
    return FALSE;
}

static gboolean
ask_opening(MadoVisit *self, MadoStep *ret_step, GError **error)
{
    g_autoptr(GUnixFDList) fds = NULL;
    GVariant *details = mado_visit_tell_decide(self, &fds, error);

    if (details == NULL)
        return FALSE;
    mado_visit_tell(self, MADO_STEP_DECIDE, details, ret_step);
    return TRUE;
}

static gboolean
fail_check(MadoVisit *self)
{
    mado_visit_table_step(&self->state, MADO_VISIT_ON_CHECK_FAILED);
    forget(self);
    self->plan = NULL;
    self->row = (MadoJournalVisit){0};
    return FALSE;
}

static gboolean
is_request_id(const char *text)
{
    gsize len = strlen(text);

    if (len == 0 || len > MADO_BODY_ID_MAX)
        return FALSE;
    for (gsize i = 0; i < len; i++)
        if (!g_ascii_isalnum(text[i]) && strchr("._-", text[i]) == NULL)
            return FALSE;
    return TRUE;
}

/* A card that waits for Resume must not be begun anew: its visit would stay open for ever. */
static gboolean
check_not_held(MadoVisit *self, GError **error)
{
    MadoJournalVisit held;
    g_autofree char *visit = NULL;
    g_autoptr(GError) local_error = NULL;

    if (!mado_journal_find_card(self->journal, self->row.card_id, &held, &local_error)) {
        if (g_error_matches(local_error, MADO_ERROR, MADO_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&local_error));
        return FALSE;
    }
    visit = mado_message_id_to_hex(held.visit);
    g_set_error(error,
                MADO_ERROR,
                MADO_ERROR_HELD,
                "visit %s of this card waits to be resumed",
                visit);
    return FALSE;
}

static void
random_id(guint8 ret_id[MADO_MESSAGE_ID_LEN])
{
    MadoMessageHeader header;

    /* The one source of random ids is the header's nonce. */
    mado_message_header_init(&header, MADO_MESSAGE_LOOKUP, MADO_REALM_CODE_TRAINING, "");
    memcpy(ret_id, header.nonce, MADO_MESSAGE_ID_LEN);
}

/* Fencing above whatever the card and the journal have seen: older scripts are refused. */
static void
raise_fencing(MadoVisit *self, const MadoRecord *record)
{
    self->row.fencing = MAX(self->row.fencing, record->fencing) + 1;
    self->row.attempt++;
}

gboolean
mado_visit_begin(MadoVisit *self,
                 MadoWork *work,
                 const char *procedure,
                 const char *request,
                 const MadoSecret *number_b,
                 MadoStep *ret_step,
                 GError **error)
{
    const MadoPlan *plan = mado_plan_find_name(procedure);
    MadoRecord record;

    if (!may(self, MADO_VISIT_ON_BEGIN, "Begin", error) || !check_desk(self, TRUE, error))
        return FALSE;
    if (plan == NULL || !is_request_id(request) || strcmp(request, UNKNOWN_REQUEST) == 0) {
        g_set_error_literal(
            error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "no such procedure or request id");
        return FALSE;
    }
    mado_visit_table_step(&self->state, MADO_VISIT_ON_BEGIN);
    forget(self);
    self->row = (MadoJournalVisit){.procedure = plan->procedure};
    self->plan = plan;
    g_strlcpy(self->row.request_id, request, sizeof self->row.request_id);
    random_id(self->row.visit);
    random_id(self->row.transaction);
    if (!meet_card(self, work, error) || !check_not_held(self, error) ||
        !check_genuine(self, work, number_b, error) || !parse_record(self, &record, error))
        return fail_check(self);
    raise_fencing(self, &record);
    g_strlcpy(self->row.serial, self->face.serial, sizeof self->row.serial);
    self->row.started_ms = mado_clock_wall_ms(self->desk->clock);
    mado_visit_table_step(&self->state, MADO_VISIT_ON_CHECKED);
    return ask_opening(self, ret_step, error) || fail_check(self);
}

/* ---- adopting ---- */

/* The named visit, which must be this card's. */
static gboolean
load_named(MadoVisit *self, const char *visit, GError **error)
{
    guint8 id[MADO_MESSAGE_ID_LEN];
    MadoJournalVisit row;

    if (!mado_message_id_from_hex(visit, id)) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "not a visit's id");
        return FALSE;
    }
    if (!mado_journal_find_visit(self->journal, id, &row, error))
        return FALSE;
    if (row.state != MADO_JOURNAL_VISIT_HELD) {
        g_set_error_literal(
            error,
            MADO_ERROR,
            row.state == MADO_JOURNAL_VISIT_OPEN ? MADO_ERROR_BUSY : MADO_ERROR_BAD_STATE,
            "the visit is not on hold");
        return FALSE;
    }
    if (memcmp(row.card_id, self->row.card_id, sizeof row.card_id) != 0) {
        g_set_error_literal(
            error, MADO_ERROR, MADO_ERROR_CARD_CHANGED, "the visit is another card's");
        return FALSE;
    }
    self->row = row;
    return TRUE;
}

/* Whatever this card is in: this desk's own visit, else one that only the centre knows. */
static gboolean
load_by_card(MadoVisit *self, GError **error)
{
    MadoJournalVisit row;
    g_autoptr(GError) local_error = NULL;

    if (mado_journal_find_card(self->journal, self->row.card_id, &row, &local_error)) {
        g_autofree char *visit = mado_message_id_to_hex(row.visit);

        return load_named(self, visit, error);
    }
    if (!g_error_matches(local_error, MADO_ERROR, MADO_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&local_error));
        return FALSE;
    }
    g_strlcpy(self->row.request_id, UNKNOWN_REQUEST, sizeof self->row.request_id);
    random_id(self->row.visit);
    random_id(self->row.transaction);
    self->row.started_ms = mado_clock_wall_ms(self->desk->clock);
    return TRUE;
}

/* The serial is printed on the card and lies beside the id: both must be the visit's. */
static gboolean
check_serial(MadoVisit *self, GError **error)
{
    if (self->row.serial[0] == '\0' || strcmp(self->row.serial, self->face.serial) == 0) {
        g_strlcpy(self->row.serial, self->face.serial, sizeof self->row.serial);
        return TRUE;
    }
    g_set_error_literal(
        error, MADO_ERROR, MADO_ERROR_CARD_CHANGED, "the card shows another serial number");
    return FALSE;
}

static gboolean
adopt(MadoVisit *self,
      MadoWork *work,
      const char *visit,
      const MadoSecret *number_b,
      GError **error)
{
    MadoRecord record;

    if (!meet_card(self, work, error))
        return FALSE;
    if (visit[0] != '\0' ? !load_named(self, visit, error) : !load_by_card(self, error))
        return FALSE;
    if (!check_genuine(self, work, number_b, error) || !check_serial(self, error) ||
        !parse_record(self, &record, error))
        return FALSE;
    /* Unknown to this desk: the life cycle tells which procedure comes next, the centre's
     * answer which one it was. */
    if (self->row.procedure == 0)
        self->row.procedure = record.life == MADO_LIFE_PERSONALISED ? MADO_PROCEDURE_PREPARE
                                                                    : MADO_PROCEDURE_ISSUE;
    self->plan = mado_plan_find(self->row.procedure);
    raise_fencing(self, &record);
    return TRUE;
}

gboolean
mado_visit_resume(MadoVisit *self,
                  MadoWork *work,
                  const char *visit,
                  gboolean resident,
                  const MadoSecret *number_b,
                  MadoStep *ret_step,
                  GError **error)
{
    if (!may(self, MADO_VISIT_ON_BEGIN, "Resume", error) || !check_desk(self, FALSE, error))
        return FALSE;
    mado_visit_table_step(&self->state, MADO_VISIT_ON_BEGIN);
    forget(self);
    self->row = (MadoJournalVisit){0};
    self->plan = NULL;
    self->resuming = TRUE;
    self->resident = resident;
    if (!adopt(self, work, visit, number_b, error))
        return fail_check(self);
    mado_visit_table_step(&self->state, MADO_VISIT_ON_CHECKED);
    return ask_opening(self, ret_step, error) || fail_check(self);
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
    g_set_error_literal(
        error, MADO_ERROR, MADO_ERROR_OPERATOR, "a decision that is not wanted now");
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
    if (!mado_visit_check_card(self, work, error))
        return fail_check(self);
    g_strlcpy(self->row.operator_id, decision->operator_id, sizeof self->row.operator_id);
    if (!mado_visit_send_lookup(self, signed_decision, error)) {
        mado_visit_table_step(&self->state, MADO_VISIT_ON_FAILED);
        forget(self);
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
    if (!mado_body_step_add_decision(
            self->step, signed_decision->bytes, signed_decision->signature)) {
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
        return set_bad_state(self, "Decide", error);
    if (!parse_decision(self, decision, &parsed, error))
        return FALSE;
    if (self->state == MADO_VISIT_OPENING)
        return decide_opening(self, work, &parsed, &signed_decision, ret_step, error);
    return decide_wanted(self, &parsed, &signed_decision, ret_step, error);
}

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
        mado_log(G_LOG_LEVEL_MESSAGE,
                 MADO_LOG_VISIT,
                 self->row.request_id,
                 "this desk's clock is %" G_GINT64_FORMAT " s off the centre's",
                 skew_s);
    if (ABS(skew_s) <= MADO_LIMIT_SKEW_BLOCK_S || self->plan->slots == 0)
        return TRUE;
    g_set_error(error,
                MADO_ERROR,
                MADO_ERROR_CLOCK,
                "the clock is %" G_GINT64_FORMAT " s off the centre's",
                skew_s);
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

    mado_journal_entry_finish_message(
        mado_visit_pending(self), self->key, MADO_JOURNAL_MESSAGE_ANSWERED, reply_hash);
    if (event == MADO_VISIT_ON_REPLY_COMMITTED)
        self->row.state = MADO_JOURNAL_VISIT_COMMITTED;
    if (event == MADO_VISIT_ON_REPLY_ABORTED) {
        self->row.state = MADO_JOURNAL_VISIT_ABORTED;
        kind = MADO_RECEIPT_ABORTED;
    }
    mado_journal_entry_put_visit(mado_visit_pending(self), &self->row);
    if (self->row.state != MADO_JOURNAL_VISIT_OPEN &&
        !mado_visit_add_receipt(self, kind, self->plan->slots, 0, error))
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

    switch (mado_visit_table_step(&self->state, event)) {
    case MADO_VISIT_DO_ASK:
        details = mado_visit_tell_decide(self, &fds, error);
        if (details == NULL)
            return FALSE;
        mado_visit_tell(self, MADO_STEP_DECIDE, details, ret_step);
        g_set_object(&ret_step->fds, fds);
        return TRUE;
    case MADO_VISIT_DO_WAIT:
        mado_visit_tell(self, MADO_STEP_WORK, NULL, ret_step);
        return TRUE;
    case MADO_VISIT_DO_COMMITTED:
    case MADO_VISIT_DO_ABORTED:
        log_end(self, outcome, 0);
        mado_visit_tell(
            self, MADO_STEP_DONE, mado_visit_tell_end(outcome, 0, ""), ret_step);
        forget(self);
        return TRUE;
    default:
        g_return_val_if_reached(FALSE);
    }
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

    if (!may(self, MADO_VISIT_ON_REPLY_BAD, "Reply", error))
        return FALSE;
    if (strcmp(key, self->key) != 0) {
        g_set_error_literal(
            error, MADO_ERROR, MADO_ERROR_BAD_STATE, "an answer to an older message");
        return FALSE;
    }
    body = mado_visit_open_reply(self, reply, &header, error);
    if (body == NULL)
        return FALSE;
    event = event_of_reply(body);
    mado_envelope_sha256(g_bytes_get_data(reply, NULL), g_bytes_get_size(reply), hash);
    take_reply(self, body);
    take_header(self, &header);
    if (!write_reply(self, event, hash, &local_error))
        return fail_on_hold(self, local_error, ret_step);
    if (event == MADO_VISIT_ON_REPLY_HOLD)
        return end_on_hold(self, event, MADO_ERROR_HELD, self->reply->detail, ret_step);
    if (self->row.state == MADO_JOURNAL_VISIT_OPEN &&
        !check_skew(self, &header, &local_error))
        return fail_on_hold(self, local_error, ret_step);
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
    const char *slug = g_str_has_prefix(problem, MADO_PROBLEM_BASE)
                           ? problem + strlen(MADO_PROBLEM_BASE)
                           : "";

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
    mado_journal_entry_finish_message(
        mado_visit_pending(self), self->key, MADO_JOURNAL_MESSAGE_FAILED, NULL);
    mado_journal_entry_put_visit(mado_visit_pending(self), &self->row);
    if (!mado_visit_flush(self, &local_error))
        return fail_on_hold(self, local_error, ret_step);
    mado_visit_table_step(&self->state, MADO_VISIT_ON_REFUSED);
    log_end(self, "refused", code);
    mado_visit_tell(
        self, MADO_STEP_DONE, mado_visit_tell_end("refused", code, reason), ret_step);
    forget(self);
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

    if (!may(self, MADO_VISIT_ON_UNREACHED, "Fail", error))
        return FALSE;
    if (strcmp(key, self->key) != 0) {
        g_set_error_literal(
            error, MADO_ERROR, MADO_ERROR_BAD_STATE, "a failure of an older message");
        return FALSE;
    }
    if (!self->row.begun && (is_refusal(status, problem) || code == MADO_ERROR_FENCED ||
                             code == MADO_ERROR_REQUEST_STATE))
        return close_refused(self, code, ret_step, error);
    return end_on_hold(
        self, MADO_VISIT_ON_UNREACHED, code, mado_error_sentence(code), ret_step);
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
        return fail_on_hold(self, local_error, ret_step);
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

    if (!may(self, MADO_VISIT_ON_CONTINUE, "Continue", error))
        return FALSE;
    mado_visit_table_step(&self->state, MADO_VISIT_ON_CONTINUE);
    if (!mado_visit_work(self, work, &about, &pins_due, &local_error))
        return fail_on_hold(self, local_error, ret_step);
    if (!pins_due)
        return send_step(self, about, MADO_VISIT_ON_WORKED, ret_step, error);
    if (!mado_visit_flush(self, &local_error))
        return fail_on_hold(self, local_error, ret_step);
    mado_visit_table_step(&self->state, MADO_VISIT_ON_WORKED_PINS);
    mado_visit_tell(self, MADO_STEP_PINS, mado_visit_tell_pins(self), ret_step);
    return TRUE;
}

gboolean
mado_visit_choose_pins(MadoVisit *self, MadoWork *work, MadoStep *ret_step, GError **error)
{
    g_autoptr(GError) local_error = NULL;
    gboolean again = FALSE;

    if (!may(self, MADO_VISIT_ON_CHOOSE, "ChoosePins", error))
        return FALSE;
    mado_visit_table_step(&self->state, MADO_VISIT_ON_CHOOSE);
    if (mado_visit_enter_pins(self, work, &again, &local_error))
        return send_step(self, MADO_PLAN_OPEN, MADO_VISIT_ON_CHOSEN, ret_step, error);
    if (!again)
        return fail_on_hold(self, local_error, ret_step);
    mado_visit_table_step(&self->state, MADO_VISIT_ON_AGAIN);
    g_propagate_error(error, g_steal_pointer(&local_error));
    return FALSE;
}

/* ---- from outside ---- */

static MadoVisitEvent
event_of_code(MadoErrorCode code)
{
    g_autoptr(GError) error = g_error_new_literal(MADO_ERROR, (int)code, "");
    MadoVisitEvent event = event_of_error(error);

    return event == MADO_VISIT_ON_FAILED ? MADO_VISIT_ON_CLIENT_GONE : event;
}

void
mado_visit_hold(MadoVisit *self, MadoWork *work, MadoErrorCode reason, MadoStep *ret_step)
{
    MadoVisitEvent event = event_of_code(reason);

    mado_step_clear(ret_step);
    switch (mado_visit_table_peek(self->state, event, NULL)) {
    case MADO_VISIT_DO_HOLD:
        end_on_hold(self, event, reason, mado_error_sentence(reason), ret_step);
        break;
    case MADO_VISIT_DO_FORGET:
        mado_visit_table_step(&self->state, event);
        forget(self);
        break;
    default:
        break;
    }
}
