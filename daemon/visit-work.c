/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Card work of a visit: the centre's scripts, run blindly but not carelessly. */
#include "config.h"

#include "common/envelope.h"
#include "common/error.h"
#include "common/log.h"
#include "daemon/card/csr.h"
#include "daemon/card/isd.h"
#include "daemon/visit-state.h"

#include <string.h>

gboolean
mado_visit_check_card(MadoVisit *self, MadoWork *work, GError **error)
{
    if (!mado_interrupt_check(work->interrupt, error))
        return FALSE;
    if (mado_card_is_powered(work->card) &&
        mado_card_generation(work->card) == self->generation)
        return TRUE;
    /* Its security status, its secure channel and the proof that it is genuine are gone. */
    return mado_visit_meet_again(self, work, error);
}

/* A script belongs to one session of the secure channel. When that is gone, the step goes out
 * without answers, and the centre starts the phase again in a fresh session on what the card
 * then says (doc/messages.md 3). */
static gboolean
needs_session(const MadoBodyReply *reply)
{
    return reply->next == MADO_NEXT_SCRIPT ||
           (reply->next == MADO_NEXT_CSR && !reply->has_host_challenge);
}

gboolean
mado_visit_initialize(MadoVisit *self, MadoWork *work, GError **error)
{
    const MadoBodyReply *reply = self->reply;
    g_autoptr(GBytes) answer = NULL;
    gsize len;
    const guint8 *data;

    answer =
        mado_isd_initialize_update(work->card, self->key_version, reply->host_challenge, error);
    if (answer == NULL)
        return FALSE;
    data = g_bytes_get_data(answer, &len);
    if (len != MADO_BODY_INITIALIZE_LEN) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA,
                    "INITIALIZE UPDATE answered %" G_GSIZE_FORMAT " bytes", len);
        return FALSE;
    }
    if (memcmp(data, self->row.card_id, MADO_CARD_ID_LEN) != 0) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_CHANGED,
                            "the secure channel is another card's");
        return FALSE;
    }
    memcpy(self->step->initialize, data, sizeof self->step->initialize);
    self->step->has_initialize = TRUE;
    return TRUE;
}

/* ---- the journal's side of a command ---- */

gboolean
mado_visit_intend(MadoVisit *self, const guint8 header[4], const guint8 *hash, GError **error)
{
    MadoJournalIntent intent = {
        .attempt = self->row.attempt,
        .seq = ++self->n_commands,
        .step_number = self->row.step_number,
        .has_hash = hash != NULL,
    };

    memcpy(intent.visit, self->row.visit, sizeof intent.visit);
    memcpy(intent.header, header, sizeof intent.header);
    if (hash != NULL)
        memcpy(intent.hash, hash, sizeof intent.hash);
    mado_journal_entry_put_intent(mado_visit_pending(self), &intent);
    return mado_visit_flush(self, error);
}

void
mado_visit_answered(MadoVisit *self, guint16 sw, const guint8 *answer, gsize len)
{
    MadoJournalAnswer row = {.attempt = self->row.attempt, .seq = self->n_commands, .sw = sw};

    memcpy(row.visit, self->row.visit, sizeof row.visit);
    mado_envelope_sha256(answer, len, row.hash);
    mado_journal_entry_put_answer(mado_visit_pending(self), &row);
}

/* ---- scripts ---- */

static gboolean
authenticate(MadoVisit *self, MadoWork *work, GError **error)
{
    MadoResponse response;
    gsize len;
    const guint8 *apdu;

    if (self->reply->authenticate == NULL)
        return TRUE;
    apdu = g_bytes_get_data(self->reply->authenticate, &len);
    return mado_card_exchange_bytes(work->card, apdu, len, &response, error) &&
           mado_card_expect_ok(&response, "EXTERNAL AUTHENTICATE", error);
}

static gboolean
is_allowed(const MadoBodyCommand *command, guint16 sw)
{
    for (guint i = 0; i < command->n_allowed; i++)
        if (command->allowed[i] == sw)
            return TRUE;
    return FALSE;
}

static gboolean
keep_answer(MadoVisit *self, const MadoResponse *response, GError **error)
{
    g_autoptr(GByteArray) answer = g_byte_array_new();
    const guint8 sw[2] = {(guint8)(response->sw >> 8), (guint8)(response->sw & 0xFF)};
    g_autoptr(GBytes) bytes = NULL;

    if (response->data_len > 0)
        g_byte_array_append(answer, response->data, (guint)response->data_len);
    g_byte_array_append(answer, sw, sizeof sw);
    mado_visit_answered(self, response->sw, answer->data, answer->len);
    bytes = g_byte_array_free_to_bytes(g_steal_pointer(&answer));
    if (mado_body_step_add_answer(self->step, bytes))
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_LIMIT,
                        "the answers to a script do not fit a message");
    return FALSE;
}

/* One command: intent durable, command, answer kept. *ret_go_on FALSE: its status word ends the
 * script. */
static gboolean
run_command(MadoVisit *self,
            MadoWork *work,
            const MadoBodyCommand *command,
            gboolean *ret_go_on,
            GError **error)
{
    MadoResponse response;
    guint8 hash[32];
    gsize len;
    const guint8 *apdu = g_bytes_get_data(command->apdu, &len);

    if (len < 4) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                            "a script holds no command");
        return FALSE;
    }
    mado_envelope_sha256(apdu, len, hash);
    if (!mado_visit_intend(self, apdu, hash, error) ||
        !mado_card_exchange_bytes(work->card, apdu, len, &response, error) ||
        !keep_answer(self, &response, error))
        return FALSE;
    *ret_go_on = is_allowed(command, response.sw);
    return TRUE;
}

static void
tell_progress(MadoWork *work, guint n_done, guint n_all)
{
    if (work->worker != NULL)
        mado_worker_progress(work->worker, n_done, n_all, 0);
}

/* *ret_whole: every command was answered as its list allows. */
static gboolean
run_script(MadoVisit *self, MadoWork *work, gboolean *ret_whole, GError **error)
{
    const MadoBodyReply *reply = self->reply;
    gboolean go_on = TRUE;

    self->step->has_answers = TRUE;
    for (guint i = 0; go_on && i < reply->n_commands; i++) {
        tell_progress(work, i, reply->n_commands);
        if (!run_command(self, work, &reply->commands[i], &go_on, error))
            return FALSE;
    }
    tell_progress(work, reply->n_commands, reply->n_commands);
    *ret_whole = go_on;
    return TRUE;
}

/* Before the script's first command: what the centre sent beside it, and the row that says that
 * from now on the card may be changed. */
static gboolean
enter_phase(MadoVisit *self, MadoWork *work, GError **error)
{
    const MadoBodyReply *reply = self->reply;

    if (reply->phase == MADO_SCRIPT_COMMIT && !mado_visit_finish_certificates(self, error))
        return FALSE;
    if (!authenticate(self, work, error))
        return FALSE;
    self->row.phase = reply->phase;
    self->row.begun = self->row.begun || reply->phase != MADO_SCRIPT_RECORD;
    mado_journal_entry_put_visit(mado_visit_pending(self), &self->row);
    return TRUE;
}

static gboolean
leave_phase(MadoVisit *self, MadoWork *work, gboolean *ret_pins_due, GError **error)
{
    const MadoBodyReply *reply = self->reply;

    if (reply->phase == MADO_SCRIPT_STAGE) {
        self->receipt_due[MADO_RECEIPT_CERTIFICATES] = TRUE;
        return mado_visit_confirm_certificates(self, error);
    }
    if (reply->sign_slots != 0)
        self->receipt_due[MADO_RECEIPT_KEYS_MADE] = TRUE;
    *ret_pins_due = reply->n_pins > 0 || reply->sign_slots != 0;
    if (*ret_pins_due || !reply->has_host_challenge)
        return TRUE;
    return mado_visit_initialize(self, work, error);
}

/* Looks at the certificates before any of them goes to the card. *ret_rejected: the set is not
 * what was asked for; the step now says so, and the script is not run. */
static gboolean
judge_certificates(MadoVisit *self, gboolean *ret_rejected, GError **error)
{
    g_autoptr(GError) refusal = NULL;

    *ret_rejected = FALSE;
    if (self->reply->phase != MADO_SCRIPT_STAGE || mado_visit_take_certificates(self, &refusal))
        return TRUE;
    if (!g_error_matches(refusal, MADO_ERROR, MADO_ERROR_CERTIFICATE)) {
        g_propagate_error(error, g_steal_pointer(&refusal));
        return FALSE;
    }
    mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_VISIT, self->row.request_id,
             "certificates are rejected: %s", refusal->message);
    *ret_rejected = TRUE;
    return mado_visit_reject_certificates(self, refusal, error);
}

static gboolean
work_script(MadoVisit *self, MadoWork *work, gboolean *ret_pins_due, GError **error)
{
    gboolean rejected;
    gboolean whole = FALSE;

    if (!judge_certificates(self, &rejected, error))
        return FALSE;
    if (rejected)
        return TRUE;
    if (!enter_phase(self, work, error) || !run_script(self, work, &whole, error))
        return FALSE;
    mado_card_forget_selection(work->card);
    if (whole)
        return leave_phase(self, work, ret_pins_due, error);
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_VISIT, self->row.request_id,
             "script stopped after %u of %u commands", self->step->n_answers,
             self->reply->n_commands);
    return TRUE;
}

/* A request that came back is put to use only if it is for the key this card has staged. */
static gboolean
check_request(const MadoVisit *self, const MadoBodySlotDer *request, GError **error)
{
    GBytes *key = self->staged_keys[mado_visit_slot_index(request->slot)];

    if (key != NULL)
        return mado_csr_check(request->der, key, error);
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                        "a certificate request for a key that the card did not show");
    return FALSE;
}

static gboolean
work_csr(MadoVisit *self, MadoWork *work, GError **error)
{
    const MadoBodyReply *reply = self->reply;

    for (guint i = 0; i < reply->n_csrs; i++) {
        guint index = mado_visit_slot_index(reply->csrs[i].slot);

        if (!check_request(self, &reply->csrs[i], error))
            return FALSE;
        g_clear_pointer(&self->csrs[index], g_bytes_unref);
        self->csrs[index] = g_bytes_ref(reply->csrs[i].der);
    }
    if (!mado_visit_request_certificates(self, error))
        return FALSE;
    return !reply->has_host_challenge || mado_visit_initialize(self, work, error);
}

gboolean
mado_visit_work(MadoVisit *self,
                MadoWork *work,
                MadoPlanRow *ret_about,
                gboolean *ret_pins_due,
                GError **error)
{
    const guint generation = self->generation;

    *ret_pins_due = FALSE;
    if (!mado_visit_check_card(self, work, error))
        return FALSE;
    if (self->step == NULL)
        self->step = mado_body_step_new();
    if (self->generation != generation && needs_session(self->reply)) {
        *ret_about = self->reply->next == MADO_NEXT_CSR ? MADO_PLAN_CSR
                                                        : mado_plan_row(self->reply->phase);
        return TRUE;
    }
    switch (self->reply->next) {
    case MADO_NEXT_DECIDE:
        *ret_about = MADO_PLAN_INITIALIZE;
        return mado_visit_initialize(self, work, error);
    case MADO_NEXT_SCRIPT:
        *ret_about = mado_plan_row(self->reply->phase);
        return work_script(self, work, ret_pins_due, error);
    case MADO_NEXT_CSR:
        *ret_about = MADO_PLAN_CSR;
        return work_csr(self, work, error);
    case MADO_NEXT_COMMITTED:
    case MADO_NEXT_ABORTED:
    case MADO_NEXT_HOLD:
        break;
    }
    g_return_val_if_reached(FALSE);
}
