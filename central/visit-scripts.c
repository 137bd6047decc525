/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The replies that carry scripts, the way chosen on a card's record, and the end of a visit. */
#include "config.h"

#include "central/script.h"
#include "central/visit-parts.h"
#include "common/envelope.h"
#include "common/error.h"
#include "common/log.h"

#include <openssl/rand.h>

#include <string.h>

MadoChannel *
mado_visit_parts_channel(MadoVisit *self)
{
    return mado_centre_find_channel(self->centre, self->transaction->id,
                                    self->transaction->session);
}

gboolean
mado_visit_parts_set_challenge(MadoVisit *self, GError **error)
{
    MadoTransactionRecord *transaction = self->transaction;

    if (RAND_bytes(transaction->host_challenge, sizeof transaction->host_challenge) != 1)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making a challenge");
    transaction->has_challenge = TRUE;
    self->reply->has_host_challenge = TRUE;
    memcpy(self->reply->host_challenge, transaction->host_challenge,
           sizeof self->reply->host_challenge);
    return TRUE;
}

gboolean
mado_visit_parts_begin_channel(MadoVisit *self, const MadoBodyStep *step, GError **error)
{
    MadoTransactionRecord *transaction = self->transaction;
    const MadoChannelIssuer issuer = {self->centre->settings->realm, self->centre->keys->master,
                                      transaction->card_id, transaction->host_challenge};
    MadoChannel *channel;

    if (!step->has_initialize || !transaction->has_challenge)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_BAD_MESSAGE,
                                       "no answer to INITIALIZE UPDATE, or not asked for");
    channel = mado_channel_new(&issuer, step->initialize, error);
    if (channel == NULL)
        return FALSE;
    /* A challenge is good for one session. */
    transaction->has_challenge = FALSE;
    memcpy(transaction->session, mado_channel_peek_id(channel), sizeof transaction->session);
    mado_centre_set_channel(self->centre, transaction->id, channel);
    return TRUE;
}

static gboolean
need_channel(MadoVisit *self, MadoChannel **ret_channel, GError **error)
{
    MadoChannel *channel = mado_visit_parts_channel(self);

    if (channel == NULL)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_INTERNAL, "no secure channel");
    *ret_channel = channel;
    return TRUE;
}

gboolean
mado_visit_parts_send_record(MadoVisit *self, GError **error)
{
    MadoChannel *channel;

    self->transaction->stage = MADO_VISIT_RECORD;
    return need_channel(self, &channel, error) &&
           mado_script_record(channel, self->reply, error);
}

gboolean
mado_visit_parts_send_open(MadoVisit *self, GError **error)
{
    MadoTransactionRecord *transaction = self->transaction;
    MadoChannel *channel;

    transaction->stage = MADO_VISIT_OPEN;
    transaction->has_script = TRUE;
    if (!need_channel(self, &channel, error) ||
        !mado_script_open(channel, transaction, self->reply, error))
        return FALSE;
    /* With slots the desk leaves the channel to change PINs and sign, and starts another. */
    return transaction->slots == 0 || mado_visit_parts_set_challenge(self, error);
}

gboolean
mado_visit_parts_send_stage(MadoVisit *self, GError **error)
{
    MadoScriptCertificate certificates[MADO_LIMIT_SLOTS];
    MadoTransactionRecord *transaction = self->transaction;
    MadoStore *store = self->centre->store;
    MadoChannel *channel;
    guint n_certificates = 0;
    gboolean done = TRUE;

    for
        MADO_VISIT_EACH_SLOT(slot, transaction->slots)
        {
            g_autoptr(MadoCertificateRecord) record =
                store->ops->get_certificate(store, transaction->id, (MadoSlot)slot, error);

            done = record != NULL && record->der != NULL;
            if (!done)
                break;
            certificates[n_certificates].slot = (MadoSlot)slot;
            certificates[n_certificates++].der = g_bytes_ref(record->der);
        }
    transaction->stage = MADO_VISIT_STAGE;
    done = done && need_channel(self, &channel, error) &&
           mado_script_stage(channel, transaction->id, certificates, n_certificates,
                             self->reply, error);
    for (guint i = 0; i < n_certificates; i++)
        g_bytes_unref(certificates[i].der);
    return done;
}

gboolean
mado_visit_parts_send_commit(MadoVisit *self, GError **error)
{
    MadoChannel *channel;

    /* From here on only a record under R-MAC can say that it did not happen. */
    self->transaction->stage = MADO_VISIT_COMMIT;
    self->transaction->state = MADO_TRANSACTION_WRITTEN;
    self->transaction->is_commit_sent = TRUE;
    return need_channel(self, &channel, error) &&
           mado_script_commit(channel, self->transaction->id, self->reply, error);
}

gboolean
mado_visit_parts_send_undo(MadoVisit *self,
                           const guint8 transaction[MADO_TRANSACTION_LEN],
                           GError **error)
{
    MadoChannel *channel;

    self->transaction->stage = MADO_VISIT_UNDO;
    return need_channel(self, &channel, error) &&
           mado_script_undo(channel, transaction, self->reply, error);
}

/* ---- the end ---- */

static gboolean
set_request_state(MadoVisit *self, MadoRequestState state, GError **error)
{
    MadoStore *store = self->centre->store;
    g_autoptr(MadoRequestRecord) request =
        store->ops->get_request(store, self->transaction->request_id, error);

    if (request == NULL)
        return FALSE;
    request->state = state;
    request->changed_ms = mado_clock_wall_ms(self->centre->clock);
    self->reply->request_state = state;
    return store->ops->put_request(store, request, error);
}

/* Held for every slot, staged and confirmed: what COMMIT was only sent for. */
static gboolean
check_certificates(MadoVisit *self, gboolean *ret_complete, GError **error)
{
    MadoStore *store = self->centre->store;
    gboolean complete = TRUE;

    for
        MADO_VISIT_EACH_SLOT(slot, self->transaction->slots)
        {
            GError *found = NULL;
            g_autoptr(MadoCertificateRecord) record = store->ops->get_certificate(
                store, self->transaction->id, (MadoSlot)slot, &found);

            if (record == NULL && !g_error_matches(found, MADO_ERROR, MADO_ERROR_NOT_FOUND)) {
                g_propagate_error(error, found);
                return FALSE;
            }
            g_clear_error(&found);
            complete = complete && record != NULL && record->state == MADO_CERTIFICATE_HELD &&
                       record->is_confirmed && record->is_staged;
        }
    *ret_complete = complete;
    return TRUE;
}

gboolean
mado_visit_parts_finish(MadoVisit *self, GError **error)
{
    MadoTransactionRecord *transaction = self->transaction;
    MadoStore *store = self->centre->store;
    MadoRequestState state = transaction->procedure == MADO_PROCEDURE_PREPARE
                                 ? MADO_REQUEST_SET_UP
                                 : MADO_REQUEST_DELIVERED;
    gboolean complete;

    if (!check_certificates(self, &complete, error))
        return FALSE;
    transaction->is_commit_sent = TRUE; /* the card has said so */
    if (!complete)
        return mado_visit_parts_hold(
            self, "the card is committed, but a certificate was never confirmed", error);
    transaction->state = MADO_TRANSACTION_COMMITTED;
    transaction->stage = MADO_VISIT_ENDED;
    mado_centre_set_channel(self->centre, transaction->id, NULL);
    self->reply->next = MADO_NEXT_COMMITTED;
    return store->ops->make_live(store, transaction->id, transaction->card_id, error) &&
           set_request_state(self, state, error);
}

/* ---- recovery ---- */

/* A card that counts higher than we do was written under a database that we lost. */
static gboolean
follow_fencing(MadoVisit *self, guint32 on_card, GError **error)
{
    MadoStore *store = self->centre->store;

    if (on_card <= self->transaction->fencing)
        return TRUE;
    mado_log(G_LOG_LEVEL_WARNING, MADO_LOG_VISIT, self->transaction->request_id,
             "card has a higher fencing number than the register, following");
    self->card->fencing = on_card;
    self->transaction->fencing = on_card;
    return store->ops->put_card(store, self->card, error);
}

static gboolean
start_again(MadoVisit *self, GError **error)
{
    MadoDecisionKind kinds[MADO_BODY_WANTED_MAX];
    guint n_kinds;

    if (!mado_visit_parts_missing_decisions(self, kinds, &n_kinds, error))
        return FALSE;
    return n_kinds > 0 ? mado_visit_parts_ask_decisions(self, error)
                       : mado_visit_parts_send_open(self, error);
}

static gboolean
give_requests_back(MadoVisit *self, GError **error)
{
    self->transaction->stage = MADO_VISIT_CSR;
    self->reply->next = MADO_NEXT_CSR;
    return mado_visit_parts_give_requests(self, error);
}

/* What the visit was undone for, if somebody said so, is what it ends with. */
static gboolean
abort_undone(MadoVisit *self, GError **error)
{
    g_autofree char *why =
        g_strdup(self->transaction->detail[0] != '\0' ? self->transaction->detail
                                                      : "undone: nothing of it is on the card");

    return mado_visit_parts_abort(self, why, error);
}

static gboolean
take_way(MadoVisit *self, MadoVisitWay way, const MadoRecord *record, GError **error)
{
    switch (way) {
    case MADO_VISIT_WAY_FINISH:
        return mado_visit_parts_finish(self, error);
    case MADO_VISIT_WAY_RESTAGE:
        return give_requests_back(self, error);
    case MADO_VISIT_WAY_START:
        return start_again(self, error);
    case MADO_VISIT_WAY_UNDO:
        return mado_visit_parts_send_undo(self, self->transaction->id, error);
    case MADO_VISIT_WAY_UNDO_OTHER:
        return mado_visit_parts_send_undo(self, record->transaction, error);
    case MADO_VISIT_WAY_ABORT:
        return abort_undone(self, error);
    case MADO_VISIT_WAY_REFUSE:
        return mado_visit_parts_hold(self, "the card is terminated", error);
    case MADO_VISIT_WAY_HOLD:
    case MADO_VISIT_N_WAYS:
        break;
    }
    return mado_visit_parts_hold(self, "the card's life cycle does not fit the visit", error);
}

gboolean
mado_visit_parts_choose(MadoVisit *self, const MadoRecord *record, GError **error)
{
    MadoTransactionRecord *transaction = self->transaction;
    MadoVisitFacts facts = {.record = record,
                            .transaction = transaction->id,
                            .slots = transaction->slots,
                            .may_start = transaction->may_start,
                            .from = mado_script_life_before(transaction->procedure)};
    gboolean has_requests;
    MadoVisitWay way;

    if (!follow_fencing(self, record->fencing, error) ||
        !mado_visit_parts_has_requests(self, record, &has_requests, error))
        return FALSE;
    facts.has_requests = has_requests;
    way = mado_visit_table_recover(&facts);
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_VISIT, transaction->request_id, "recovery: %s",
             mado_visit_table_way_name(way));
    if (way != MADO_VISIT_WAY_FINISH)
        transaction->is_commit_sent = FALSE;
    return take_way(self, way, record, error);
}
