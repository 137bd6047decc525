/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LOOKUP: whether card, request, desk and operator belong together; a visit opened or adopted.
 */
#include "config.h"

#include "central/ca.h"
#include "central/visit-parts.h"
#include "common/decision.h"
#include "common/error.h"

#include <string.h>

#define MAX_FENCING_JUMP (1U << 20) /* how far a desk's word is followed */
#define NO_REQUEST       "-" /* a desk without a journal: whatever is open for this card */
#define DETAIL_UNDO      "undo"

/* Store errors pass; "not there" becomes @problem. */
static gboolean
refuse_missing(GError **error, GError *found, MadoProblem problem, const char *why)
{
    if (g_error_matches(found, MADO_ERROR, MADO_ERROR_NOT_FOUND)) {
        g_error_free(found);
        return mado_visit_parts_refuse(error, problem, why);
    }
    g_propagate_error(error, found);
    return FALSE;
}

/* ---- card and request ---- */

static gboolean
knows_face_key(const MadoCardRecord *card)
{
    static const guint8 unknown[sizeof card->face_key] = {0};

    return memcmp(card->face_key, unknown, sizeof unknown) != 0;
}

/*
 * The key in the card's signed face data. A training card makes it itself, so the register
 * learns it when the card is prepared: from a desk that checked signature and challenge, for a
 * card that has to prove the issuer keys of its id before anything is done with it.
 */
static gboolean
is_face_key(MadoVisit *self, const MadoBodyLookup *lookup)
{
    MadoCardRecord *card = self->card;

    if (!knows_face_key(card)) {
        if (lookup->procedure == MADO_PROCEDURE_PREPARE)
            memcpy(card->face_key, lookup->face_key, sizeof card->face_key);
        return TRUE;
    }
    return memcmp(card->face_key, lookup->face_key, sizeof card->face_key) == 0;
}

static gboolean
load_card(MadoVisit *self, const MadoBodyLookup *lookup, GError **error)
{
    MadoStore *store = self->centre->store;
    GError *found = NULL;
    MadoCardRecord *card;

    if (!self->header->has_card)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_BAD_MESSAGE, "no card id");
    card = self->card = store->ops->get_card(store, self->header->card_id, &found);
    if (card == NULL)
        return refuse_missing(error, found, MADO_PROBLEM_REQUEST_MISMATCH,
                              "no card of this id is registered");
    if (card->is_void)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_FENCED,
                                       "the card was closed by a supervisor");
    if (strcmp(card->serial, lookup->serial) != 0 ||
        strcmp(card->municipality, lookup->municipality) != 0 ||
        strcmp(card->expiry, lookup->expiry) != 0 || !is_face_key(self, lookup))
        return mado_visit_parts_refuse(error, MADO_PROBLEM_REQUEST_MISMATCH,
                                       "serial, dates or face key are another card's");
    if (strcmp(card->municipality, self->terminal->municipality) != 0)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_REQUEST_MISMATCH,
                                       "the card is another municipality's");
    return TRUE;
}

/* (transfer full): the request the card was made for, if it is the one that was named. */
static MadoRequestRecord *
load_request(MadoVisit *self, const MadoBodyLookup *lookup, GError **error)
{
    MadoStore *store = self->centre->store;
    GError *found = NULL;
    const char *id = strcmp(lookup->request_id, NO_REQUEST) == 0 ? self->card->request_id
                                                                 : lookup->request_id;
    g_autoptr(MadoRequestRecord) request = store->ops->get_request(store, id, &found);

    if (request == NULL) {
        refuse_missing(error, found, MADO_PROBLEM_NOT_FOUND, "no such request");
        return NULL;
    }
    if (strcmp(request->id, self->card->request_id) != 0) {
        mado_visit_parts_refuse(error, MADO_PROBLEM_REQUEST_MISMATCH,
                                "the card was made for another request");
        return NULL;
    }
    return g_steal_pointer(&request);
}

static gboolean
show_person(MadoVisit *self, const MadoRequestRecord *request, GError **error)
{
    g_autoptr(MadoResident) resident =
        mado_resident_open(self->centre->keys->vault, request->id, request->person, error);
    MadoBodyPerson *person = &self->reply->person;

    if (resident == NULL)
        return FALSE;
    self->reply->has_person = TRUE;
    g_strlcpy(person->name, resident->name, sizeof person->name);
    g_strlcpy(person->kana, resident->kana, sizeof person->kana);
    g_strlcpy(person->birth, resident->birth, sizeof person->birth);
    g_strlcpy(person->sex, resident->sex, sizeof person->sex);
    g_strlcpy(person->address, resident->address, sizeof person->address);
    self->reply->request_state = request->state;
    return TRUE;
}

/* The transaction the desk names, else the one that is open for the card. */
static gboolean
find_transaction(MadoVisit *self, GError **error)
{
    MadoStore *store = self->centre->store;
    GError *found = NULL;
    MadoTransactionRecord *transaction =
        store->ops->get_transaction(store, self->header->transaction, &found);

    if (!mado_visit_parts_take_found(transaction, found, &self->transaction, error))
        return FALSE;
    if (self->transaction == NULL) {
        found = NULL;
        transaction = store->ops->get_open_by_card(store, self->header->card_id, &found);
        return mado_visit_parts_take_found(transaction, found, &self->transaction, error);
    }
    if (memcmp(self->transaction->card_id, self->header->card_id, MADO_CARD_ID_LEN) == 0)
        return TRUE;
    return mado_visit_parts_refuse(error, MADO_PROBLEM_REQUEST_MISMATCH,
                                   "the visit belongs to another card");
}

/* The record as anyone may read it: it chooses what to look at, never what is done. */
static gboolean
parse_plain(const MadoBodyLookup *lookup, MadoRecord *ret_record)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(lookup->record, &len);

    return mado_record_parse(data, len, ret_record) == MADO_BYTES_OK;
}

/* @wanted, unless it is so far ahead that it can only be a mistake or a lie. */
static guint32
follow(guint32 own, guint32 wanted)
{
    return wanted > own && wanted - own <= MAX_FENCING_JUMP ? wanted : own;
}

/* Above everything this card, this desk and we have seen; the reply tells it to the desk. */
static gboolean
raise_fencing(MadoVisit *self, const MadoBodyLookup *lookup, GError **error)
{
    MadoStore *store = self->centre->store;
    MadoCardRecord *card = self->card;
    MadoRecord plain;

    card->fencing = follow(card->fencing + 1, self->header->fencing);
    if (parse_plain(lookup, &plain) && plain.fencing < G_MAXUINT32)
        card->fencing = follow(card->fencing, plain.fencing + 1);
    self->transaction->fencing = card->fencing;
    return store->ops->put_card(store, card, error);
}

/* ---- a new visit ---- */

static gboolean
check_startable(MadoVisit *self,
                const MadoBodyLookup *lookup,
                const MadoRequestRecord *request,
                GError **error)
{
    MadoDate today = mado_ca_today(mado_clock_wall_ms(self->centre->clock));
    MadoStore *store = self->centre->store;
    GError *found = NULL;
    MadoTransactionRecord *open = store->ops->get_open_by_request(store, request->id, &found);
    g_autoptr(MadoTransactionRecord) other = NULL;
    MadoDate expiry;

    if (!mado_visit_parts_take_found(open, found, &other, error))
        return FALSE;
    if (other != NULL)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_REQUEST_STATE,
                                       "the request is open with another card");
    if (!(lookup->procedure == MADO_PROCEDURE_PREPARE &&
          request->state == MADO_REQUEST_READY) &&
        !(lookup->procedure == MADO_PROCEDURE_ISSUE && request->state == MADO_REQUEST_SET_UP))
        return mado_visit_parts_refuse(error, MADO_PROBLEM_REQUEST_STATE,
                                       request->state == MADO_REQUEST_DELIVERED
                                           ? "the card was delivered"
                                           : "not the turn of this procedure");
    if (!knows_face_key(self->card))
        return mado_visit_parts_refuse(error, MADO_PROBLEM_REQUEST_MISMATCH,
                                       "the face key of this card was never registered");
    if (!mado_date_parse(self->card->expiry, strlen(self->card->expiry), &expiry) ||
        mado_date_compare(&expiry, &today) < 0)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_REQUEST_STATE,
                                       "the card is expired");
    return TRUE;
}

static void
fill_new(MadoVisit *self, const MadoBodyLookup *lookup, const MadoRequestRecord *request)
{
    MadoTransactionRecord *transaction = g_new0(MadoTransactionRecord, 1);

    memcpy(transaction->id, self->header->transaction, sizeof transaction->id);
    memcpy(transaction->card_id, self->header->card_id, sizeof transaction->card_id);
    g_strlcpy(transaction->request_id, request->id, sizeof transaction->request_id);
    transaction->procedure = lookup->procedure;
    transaction->state = MADO_TRANSACTION_PREPARED;
    transaction->slots = lookup->procedure == MADO_PROCEDURE_ISSUE ? request->slots : 0;
    transaction->may_start = TRUE;
    transaction->opened_ms = mado_clock_wall_ms(self->centre->clock);
    self->transaction = transaction;
}

/* What every LOOKUP sets anew: this desk, this attempt. */
static void
take_over(MadoVisit *self, const char *operator_id)
{
    MadoTransactionRecord *transaction = self->transaction;

    memcpy(transaction->visit, self->header->visit, sizeof transaction->visit);
    g_strlcpy(transaction->terminal, self->header->terminal, sizeof transaction->terminal);
    g_strlcpy(transaction->operator_id, operator_id, sizeof transaction->operator_id);
    transaction->attempt = self->header->attempt;
    transaction->step = self->header->step_number;
    transaction->n_failures = 0;
    transaction->detail[0] = '\0';
}

/* An open transaction of the card that we never heard of is looked at under R-MAC first. */
static gboolean
is_card_busy(const MadoBodyLookup *lookup)
{
    MadoRecord plain;

    return parse_plain(lookup, &plain) && plain.phase == MADO_PHASE_OPEN;
}

/* The card says that this transaction took effect; we may have lost what we knew of it. */
static gboolean
is_card_committed(const MadoVisit *self, const MadoBodyLookup *lookup)
{
    MadoRecord plain;

    return parse_plain(lookup, &plain) &&
           mado_record_is_committed(&plain, self->header->transaction);
}

static gboolean
open_visit(MadoVisit *self,
           const MadoBodyLookup *lookup,
           const MadoRequestRecord *request,
           const char *operator_id,
           GError **error)
{
    if (!check_startable(self, lookup, request, error))
        return FALSE;
    fill_new(self, lookup, request);
    take_over(self, operator_id);
    if (!raise_fencing(self, lookup, error))
        return FALSE;
    if (!is_card_busy(lookup) && !is_card_committed(self, lookup))
        return mado_visit_parts_ask_decisions(self, error);
    /* Whoever adopts this visit looks at the card first, too. */
    self->transaction->has_script = TRUE;
    return mado_visit_parts_ask_record(self, error);
}

/* ---- a visit that stopped ---- */

static gboolean
needs_resident(const MadoTransactionRecord *transaction)
{
    return transaction->slots != 0;
}

/* Whether the visit may go on where the resident types; else it is undone or only finished. */
static gboolean
may_start(const MadoTransactionRecord *transaction,
          const MadoBodyLookup *lookup,
          const MadoDecision *decision)
{
    if (strcmp(decision->detail, DETAIL_UNDO) == 0)
        return FALSE;
    return decision->kind != MADO_DECISION_RESUME || lookup->resident ||
           !needs_resident(transaction);
}

static gboolean
adopt_visit(MadoVisit *self,
            const MadoBodyLookup *lookup,
            const MadoDecision *decision,
            GError **error)
{
    MadoTransactionRecord *transaction = self->transaction;
    /* The desk may not know yet that its transaction was answered with an older one. */
    gboolean is_same =
        memcmp(transaction->id, self->header->transaction, MADO_TRANSACTION_LEN) == 0 ||
        memcmp(transaction->visit, self->header->visit, sizeof transaction->visit) == 0;

    if (is_same && self->header->attempt < transaction->attempt)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_FENCED,
                                       "a later attempt has this visit");
    take_over(self, decision->operator_id);
    transaction->may_start = may_start(transaction, lookup, decision);
    self->reply->procedure_open = transaction->procedure;
    if (!raise_fencing(self, lookup, error))
        return FALSE;
    if (transaction->has_script)
        return mado_visit_parts_ask_record(self, error);
    return transaction->may_start
               ? mado_visit_parts_ask_decisions(self, error)
               : mado_visit_parts_abort(self, "undone before the card was touched", error);
}

/* The operator opens, or adopts: both are signed over this transaction. */
static gboolean
check_opening(MadoVisit *self,
              const MadoBodyLookup *lookup,
              MadoDecision *ret_decision,
              GError **error)
{
    MadoVisitExpected expected = {.transaction = self->header->transaction,
                                  .request_id = lookup->request_id};
    gsize len;
    const guint8 *data = g_bytes_get_data(lookup->decision.bytes, &len);

    if (!mado_decision_parse(data, len, ret_decision, NULL) ||
        (ret_decision->kind != MADO_DECISION_OPEN &&
         ret_decision->kind != MADO_DECISION_RESUME))
        return mado_visit_parts_refuse(error, MADO_PROBLEM_OPERATOR,
                                       "a visit begins with a decision to open or resume");
    expected.kind = ret_decision->kind;
    return mado_visit_parts_check_decision(self, &lookup->decision, &expected,
                                           ret_decision->operator_id, ret_decision->detail,
                                           error);
}

/* A card that says it is in a visit, of which we know nothing: our database was set back. */
static gboolean
rebuild_visit(MadoVisit *self,
              const MadoBodyLookup *lookup,
              const MadoDecision *decision,
              const MadoRequestRecord *request,
              GError **error)
{
    if (!is_card_busy(lookup) && !is_card_committed(self, lookup))
        return mado_visit_parts_refuse(error, MADO_PROBLEM_REQUEST_STATE,
                                       "no visit of this card is open");
    if (!open_visit(self, lookup, request, decision->operator_id, error))
        return FALSE;
    self->transaction->may_start = may_start(self->transaction, lookup, decision);
    return TRUE;
}

static gboolean
open_or_adopt(MadoVisit *self,
              const MadoBodyLookup *lookup,
              const MadoDecision *decision,
              const MadoRequestRecord *request,
              GError **error)
{
    if (!mado_visit_parts_check_fresh(self, &lookup->decision, decision->time_ms, error))
        return FALSE;
    if (self->transaction != NULL)
        return adopt_visit(self, lookup, decision, error);
    return decision->kind == MADO_DECISION_RESUME
               ? rebuild_visit(self, lookup, decision, request, error)
               : open_visit(self, lookup, request, decision->operator_id, error);
}

gboolean
mado_visit_lookup(MadoVisit *self, const MadoBodyLookup *lookup, GError **error)
{
    g_autoptr(MadoRequestRecord) request = NULL;
    MadoDecision decision;

    if (!mado_visit_parts_check_clock(self, error) ||
        !check_opening(self, lookup, &decision, error) || !load_card(self, lookup, error))
        return FALSE;
    request = load_request(self, lookup, error);
    if (request == NULL || !find_transaction(self, error))
        return FALSE;
    self->reply = mado_body_reply_new(MADO_NEXT_HOLD);
    self->reply->request_state = request->state;
    if (self->transaction != NULL && mado_visit_parts_is_finished(self->transaction))
        return mado_visit_parts_repeat_end(self);
    if (!open_or_adopt(self, lookup, &decision, request, error) ||
        !mado_visit_parts_save(self, error) ||
        !mado_visit_parts_keep_decision(self, &lookup->decision, decision.kind,
                                        decision.operator_id, error))
        return FALSE;
    return self->reply->next != MADO_NEXT_DECIDE || show_person(self, request, error);
}
