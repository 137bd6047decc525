/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/procedure/change-pin.h"

#include "common/error.h"
#include "common/log.h"
#include "common/record.h"
#include "daemon/card/isd.h"
#include "daemon/card/pin.h"

#include <openssl/rand.h>

#include <madoguchi/limits.h>
#include <string.h>

#define N_REFERENCES 2U
/* The PIN typed first waits for this one, and no PIN may wait longer than one entry may take:
 * from its first byte to its end, then this, then two commands to the card. */
#define NEW_PIN_TIMEOUT_MS (MADO_TIMEOUT_PIN_ENTRY_MS - 3U * MADO_TIMEOUT_EXCHANGE_MS)

/* What is to be done with one reference. */
typedef struct {
    MadoPin pin;
    gboolean has_new; /* changed by an earlier call already */
} Reference;

typedef struct {
    Reference references[N_REFERENCES];
    guint n_references;
    guint8 card_id[MADO_CARD_ID_LEN];
    gboolean has_card_id;
    MadoSecret *old_pin;
    MadoSecret *new_pin;
    /* in the journal, where this change has an id like a visit, with attempt 0 */
    MadoJournal *journal; /* (nullable) borrowed */
    guint8 id[MADO_MESSAGE_ID_LEN];
    guint32 n_intents;
} Plan;

static void
plan_clear(Plan *plan)
{
    g_clear_pointer(&plan->old_pin, mado_secret_free);
    g_clear_pointer(&plan->new_pin, mado_secret_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

/* How often each reference was changed tells which one a fault left behind. */
static gboolean
find_left_behind(MadoCard *card, Plan *plan, GError **error)
{
    g_autoptr(GBytes) data = mado_isd_record(card, error);
    const MadoRecordPin *pins[N_REFERENCES];
    MadoRecord record;
    gsize len = 0;
    const guint8 *bytes;

    if (data == NULL)
        return FALSE;
    bytes = g_bytes_get_data(data, &len);
    if (mado_record_parse(bytes, len, &record) != MADO_BYTES_OK) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_DATA,
                            "the admin record is malformed");
        return FALSE;
    }
    for (guint i = 0; i < N_REFERENCES; i++) {
        pins[i] =
            mado_record_pin(&record, plan->references[i].pin.ap, plan->references[i].pin.ef);
        if (pins[i] == NULL)
            return TRUE;
    }
    plan->references[0].has_new = pins[0]->changes > pins[1]->changes;
    plan->references[1].has_new = pins[1]->changes > pins[0]->changes;
    return TRUE;
}

/* The card id for the receipt, and for juki what an earlier call left undone. A card without
 * our profile has neither. */
static gboolean
look_at_profile(MadoCard *card, Plan *plan, GError **error)
{
    g_autoptr(GError) local_error = NULL;

    if (!mado_isd_card_id(card, plan->card_id, &local_error)) {
        if (g_error_matches(local_error, MADO_ERROR, MADO_ERROR_CARD_UNKNOWN))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&local_error));
        return FALSE;
    }
    plan->has_card_id = TRUE;
    return plan->n_references < N_REFERENCES || find_left_behind(card, plan, error);
}

/* The fewest tries left on any reference; PIN_BLOCKED before anything is typed. */
static gboolean
count_tries(MadoCard *card, const Plan *plan, int *ret_n_tries, GError **error)
{
    int n_least = G_MAXINT;

    for (guint i = 0; i < plan->n_references; i++) {
        int n_tries;

        if (!mado_pin_tries(card, &plan->references[i].pin, &n_tries, error))
            return FALSE;
        if (n_tries == MADO_PIN_TRIES_BLOCKED) {
            g_set_error_literal(error, MADO_ERROR, MADO_ERROR_PIN_BLOCKED,
                                mado_error_sentence(MADO_ERROR_PIN_BLOCKED));
            return FALSE;
        }
        n_least = MIN(n_least, n_tries);
    }
    *ret_n_tries = n_least;
    return TRUE;
}

static gboolean
ask(MadoWork *work, MadoPinKind kind, Plan *plan, GError **error)
{
    MadoAgentQuestion question = {
        .kind = kind,
        .purpose = MADO_AGENT_OLD,
        .seat = work->seat,
        .holder_uid = work->holder_uid,
    };

    if (!count_tries(work->card, plan, &question.n_tries, error))
        return FALSE;
    plan->old_pin = mado_agent_ask(work->agent, &question, work->interrupt, error);
    if (plan->old_pin == NULL || !mado_pin_normalise(kind, plan->old_pin, error))
        return FALSE;
    question.purpose = MADO_AGENT_NEW;
    question.n_tries = -1;
    question.timeout_ms = NEW_PIN_TIMEOUT_MS;
    plan->new_pin = mado_agent_ask(work->agent, &question, work->interrupt, error);
    return plan->new_pin != NULL && mado_pin_normalise_new(kind, plan->new_pin, error);
}

/* Durable before the command that changes the card goes out; never with a hash of a PIN. */
static gboolean
write_intent(Plan *plan, GError **error)
{
    MadoJournalIntent intent = {.seq = plan->n_intents, .header = {0x00, 0x24, 0x01, 0x80}};
    MadoJournalEntry *entry;

    if (plan->journal == NULL || !plan->has_card_id)
        return TRUE;
    memcpy(intent.visit, plan->id, sizeof intent.visit);
    entry = mado_journal_entry_new();
    mado_journal_entry_put_intent(entry, &intent);
    if (!mado_journal_write(plan->journal, entry, error))
        return FALSE;
    plan->n_intents++;
    return TRUE;
}

/* One reference: verified once, by what it should hold. */
static gboolean
change_reference(MadoCard *card, Plan *plan, const Reference *reference, GError **error)
{
    if (reference->has_new)
        return mado_pin_verify(card, &reference->pin, plan->new_pin, error);
    return mado_pin_verify(card, &reference->pin, plan->old_pin, error) &&
           write_intent(plan, error) &&
           mado_pin_change(card, &reference->pin, plan->new_pin, error);
}

/* A failure after the first change is not an error but "half": something did happen. The one
 * that was left behind is tried first, so that a wrong PIN changes nothing. */
static gboolean
change_all(MadoWork *work, Plan *plan, gboolean *ret_is_half, GError **error)
{
    g_autoptr(GError) local_error = NULL;
    guint first = plan->references[0].has_new ? 1 : 0;

    if (!change_reference(work->card, plan, &plan->references[first], error))
        return FALSE;
    *ret_is_half = FALSE;
    if (plan->n_references < N_REFERENCES ||
        change_reference(work->card, plan, &plan->references[1 - first], &local_error))
        return TRUE;
    mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_CLAIM, work->request_id,
             "only one of two PIN references was changed: %s", local_error->message);
    *ret_is_half = TRUE;
    return TRUE;
}

static gboolean
open_journal(Plan *plan, MadoJournal *journal, GError **error)
{
    plan->journal = journal;
    if (journal != NULL && RAND_bytes(plan->id, sizeof plan->id) != 1)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making an id");
    return journal == NULL || mado_journal_check_ready(journal, FALSE, error);
}

static gboolean
change_pin(MadoWork *work, MadoChangePin *self, Plan *plan, GError **error)
{
    for (guint i = 0; i < N_REFERENCES; i++) {
        if (mado_pin_reference(self->kind, i, &plan->references[i].pin))
            plan->n_references++;
    }
    return open_journal(plan, self->journal, error) && mado_card_power_on(work->card, error) &&
           look_at_profile(work->card, plan, error) && ask(work, self->kind, plan, error) &&
           change_all(work, plan, &self->is_half, error);
}

gboolean
mado_change_pin_run(MadoWork *work, gpointer job, GError **error)
{
    MadoChangePin *self = job;
    g_auto(Plan) plan = {0};
    g_autoptr(GError) local_error = NULL;
    MadoErrorCode outcome = 0;
    gboolean ok = change_pin(work, self, &plan, &local_error);

    mado_card_power_off(work->card);
    if (!ok)
        outcome = (MadoErrorCode)local_error->code;
    else if (self->is_half)
        outcome = MADO_ERROR_CARD_STATE;
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&local_error));
    /* Once a command went out there is a receipt, whatever became of it. */
    if (plan.n_intents == 0)
        return ok;
    return mado_journal_pin_changed(self->journal, plan.card_id, self->kind, outcome,
                                    ok ? error : NULL) &&
           ok;
}
