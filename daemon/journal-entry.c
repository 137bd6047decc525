/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal-entry.h"

#include "common/envelope.h"
#include "common/error.h"
#include "daemon/journal-meta.h"

#include <string.h>

typedef enum {
    ROW_VISIT,
    ROW_INTENT,
    ROW_ANSWER,
    ROW_MESSAGE,
    ROW_FINISH,
    ROW_CSR,
    ROW_RECEIPT,
    ROW_CENTRE_TIME,
} RowKind;

typedef struct {
    char *key;      /* owned */
    char *endpoint; /* owned, NULL in a FINISH */
    GBytes *body;   /* owned, NULL in a FINISH */
    guint8 visit[MADO_MESSAGE_ID_LEN];
    guint8 hash[MADO_MESSAGE_HASH_LEN];
    gboolean has_hash;
    guint32 attempt;
    guint16 step_number;
    MadoJournalMessageState state;
} MessageRow;

typedef struct {
    RowKind kind;
    union {
        MadoJournalVisit visit;
        MadoJournalIntent intent;
        MadoJournalAnswer answer;
        MessageRow message;
        struct {
            guint8 transaction[MADO_MESSAGE_ID_LEN];
            MadoSlot slot;
            GBytes *der; /* owned */
        } csr;
        struct {
            MadoReceipt draft;
            GBytes *body; /* owned */
        } receipt;
        gint64 centre_ms;
    };
} Row;

struct _MadoJournalEntry {
    guint writer;
    GPtrArray *rows; /* owned Row */
};

static void
row_free(gpointer data)
{
    Row *row = data;

    switch (row->kind) {
    case ROW_MESSAGE:
    case ROW_FINISH:
        g_free(row->message.key);
        g_free(row->message.endpoint);
        g_clear_pointer(&row->message.body, g_bytes_unref);
        break;
    case ROW_CSR:
        g_bytes_unref(row->csr.der);
        break;
    case ROW_RECEIPT:
        g_bytes_unref(row->receipt.body);
        break;
    case ROW_VISIT:
    case ROW_INTENT:
    case ROW_ANSWER:
    case ROW_CENTRE_TIME:
        break;
    }
    g_free(row);
}

MadoJournalEntry *
mado_journal_entry_new(void)
{
    MadoJournalEntry *self = g_new0(MadoJournalEntry, 1);

    self->rows = g_ptr_array_new_with_free_func(row_free);
    return self;
}

void
mado_journal_entry_free(MadoJournalEntry *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->rows);
    g_free(self);
}

void
mado_journal_entry_set_writer(MadoJournalEntry *self, guint writer)
{
    self->writer = writer;
}

guint
mado_journal_entry_writer(const MadoJournalEntry *self)
{
    return self->writer;
}

static Row *
add_row(MadoJournalEntry *self, RowKind kind)
{
    Row *row = g_new0(Row, 1);

    row->kind = kind;
    g_ptr_array_add(self->rows, row);
    return row;
}

void
mado_journal_entry_put_visit(MadoJournalEntry *self, const MadoJournalVisit *visit)
{
    add_row(self, ROW_VISIT)->visit = *visit;
}

void
mado_journal_entry_put_intent(MadoJournalEntry *self, const MadoJournalIntent *intent)
{
    add_row(self, ROW_INTENT)->intent = *intent;
}

void
mado_journal_entry_put_answer(MadoJournalEntry *self, const MadoJournalAnswer *answer)
{
    add_row(self, ROW_ANSWER)->answer = *answer;
}

void
mado_journal_entry_put_message(MadoJournalEntry *self, const MadoJournalMessage *message)
{
    MessageRow *row = &add_row(self, ROW_MESSAGE)->message;

    row->key = g_strdup(message->key);
    row->endpoint = g_strdup(message->endpoint);
    row->body = g_bytes_ref(message->body);
    memcpy(row->visit, message->visit, sizeof row->visit);
    memcpy(row->hash, message->hash, sizeof row->hash);
    row->has_hash = TRUE;
    row->attempt = message->attempt;
    row->step_number = message->step_number;
    row->state = MADO_JOURNAL_MESSAGE_WAITING;
}

void
mado_journal_entry_finish_message(MadoJournalEntry *self,
                                  const char *key,
                                  MadoJournalMessageState state,
                                  const guint8 *reply_hash)
{
    MessageRow *row = &add_row(self, ROW_FINISH)->message;

    row->key = g_strdup(key);
    row->state = state;
    row->has_hash = reply_hash != NULL;
    if (row->has_hash)
        memcpy(row->hash, reply_hash, sizeof row->hash);
}

void
mado_journal_entry_put_csr(MadoJournalEntry *self,
                           const guint8 *transaction,
                           MadoSlot slot,
                           GBytes *der)
{
    Row *row = add_row(self, ROW_CSR);

    memcpy(row->csr.transaction, transaction, sizeof row->csr.transaction);
    row->csr.slot = slot;
    row->csr.der = g_bytes_ref(der);
}

void
mado_journal_entry_put_receipt(MadoJournalEntry *self, const MadoReceipt *draft, GBytes *body)
{
    Row *row = add_row(self, ROW_RECEIPT);

    row->receipt.draft = *draft;
    row->receipt.body = g_bytes_ref(body);
}

void
mado_journal_entry_put_centre_time(MadoJournalEntry *self, gint64 centre_ms)
{
    add_row(self, ROW_CENTRE_TIME)->centre_ms = centre_ms;
}

gboolean
mado_journal_entry_has_receipt(const MadoJournalEntry *self)
{
    for (guint i = 0; i < self->rows->len; i++)
        if (((const Row *)g_ptr_array_index(self->rows, i))->kind == ROW_RECEIPT)
            return TRUE;
    return FALSE;
}

/* ---- writing, on the journal's thread ---- */

static gboolean
write_visit(const MadoJournalVisit *visit, const MadoJournalPen *pen, GError **error)
{
    const MadoJournalValue values[] = {
        mado_journal_store_blob(visit->visit, sizeof visit->visit),
        mado_journal_store_blob(visit->transaction, sizeof visit->transaction),
        mado_journal_store_text(visit->request_id),
        mado_journal_store_integer(visit->procedure),
        mado_journal_store_blob(visit->card_id, sizeof visit->card_id),
        mado_journal_store_text(visit->serial),
        mado_journal_store_integer(visit->state),
        mado_journal_store_integer(visit->step_number),
        mado_journal_store_integer(visit->phase),
        mado_journal_store_integer(visit->begun != FALSE),
        mado_journal_store_integer(visit->attempt),
        mado_journal_store_integer(visit->fencing),
        mado_journal_store_text(visit->operator_id),
        mado_journal_store_integer(visit->error),
        mado_journal_store_text(visit->reason),
        mado_journal_store_integer(visit->started_ms != 0 ? visit->started_ms : pen->now_ms),
        mado_journal_store_integer(pen->now_ms),
    };

    return mado_journal_store_run(
        pen->store,
        "INSERT INTO visits VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)"
        " ON CONFLICT (visit) DO UPDATE SET trans=?2, request=?3, procedure=?4, card_id=?5,"
        " serial=?6, state=?7, step=?8, phase=?9, begun=?10, attempt=?11, fencing=?12,"
        " operator=?13, error=?14, reason=?15, changed_ms=?17",
        values, G_N_ELEMENTS(values), error);
}

static gboolean
write_intent(const MadoJournalIntent *intent, const MadoJournalPen *pen, GError **error)
{
    const MadoJournalValue values[] = {
        mado_journal_store_blob(intent->visit, sizeof intent->visit),
        mado_journal_store_integer(intent->attempt),
        mado_journal_store_integer(intent->seq),
        mado_journal_store_integer(intent->step_number),
        mado_journal_store_blob(intent->header, sizeof intent->header),
        mado_journal_store_blob(intent->has_hash ? intent->hash : NULL, sizeof intent->hash),
        mado_journal_store_integer(pen->now_ms),
    };

    return mado_journal_store_run(
        pen->store,
        "INSERT INTO commands (visit, attempt, seq, step, header, hash, intent_ms)"
        " VALUES (?1,?2,?3,?4,?5,?6,?7)",
        values, G_N_ELEMENTS(values), error);
}

/* An update that must have met its one row. */
static gboolean
run_on_one(const MadoJournalPen *pen,
           const char *sql,
           const MadoJournalValue *values,
           guint n_values,
           GError **error)
{
    if (!mado_journal_store_run(pen->store, sql, values, n_values, error))
        return FALSE;
    if (mado_journal_store_changes(pen->store) == 1)
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_JOURNAL,
                        "journal: the row to finish is not there");
    return FALSE;
}

static gboolean
write_answer(const MadoJournalAnswer *answer, const MadoJournalPen *pen, GError **error)
{
    const MadoJournalValue values[] = {
        mado_journal_store_blob(answer->visit, sizeof answer->visit),
        mado_journal_store_integer(answer->attempt),
        mado_journal_store_integer(answer->seq),
        mado_journal_store_integer(answer->sw),
        mado_journal_store_blob(answer->hash, sizeof answer->hash),
        mado_journal_store_integer(pen->now_ms),
    };

    return run_on_one(pen,
                      "UPDATE commands SET sw=?4, answer_hash=?5, answer_ms=?6"
                      " WHERE visit=?1 AND attempt=?2 AND seq=?3 AND sw IS NULL",
                      values, G_N_ELEMENTS(values), error);
}

static gboolean
write_message(const MessageRow *row, const MadoJournalPen *pen, GError **error)
{
    const MadoJournalValue values[] = {
        mado_journal_store_text(row->key),
        mado_journal_store_blob(row->visit, sizeof row->visit),
        mado_journal_store_integer(row->attempt),
        mado_journal_store_integer(row->step_number),
        mado_journal_store_text(row->endpoint),
        mado_journal_store_bytes(row->body),
        mado_journal_store_blob(row->hash, sizeof row->hash),
        mado_journal_store_integer(row->state),
        mado_journal_store_integer(pen->now_ms),
    };

    return mado_journal_store_run(
        pen->store,
        "INSERT INTO messages (key, visit, attempt, step, endpoint, body, hash, state, made_ms)"
        " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)",
        values, G_N_ELEMENTS(values), error);
}

static gboolean
write_finish(const MessageRow *row, const MadoJournalPen *pen, GError **error)
{
    const MadoJournalValue values[] = {
        mado_journal_store_text(row->key),
        mado_journal_store_integer(row->state),
        mado_journal_store_blob(row->has_hash ? row->hash : NULL, sizeof row->hash),
    };

    return run_on_one(pen,
                      "UPDATE messages SET state=?2, reply_hash=?3, body=NULL"
                      " WHERE key=?1 AND state=1",
                      values, G_N_ELEMENTS(values), error);
}

static gboolean
write_csr(const Row *row, const MadoJournalPen *pen, GError **error)
{
    const MadoJournalValue values[] = {
        mado_journal_store_blob(row->csr.transaction, sizeof row->csr.transaction),
        mado_journal_store_integer(row->csr.slot),
        mado_journal_store_bytes(row->csr.der),
    };

    return mado_journal_store_run(pen->store, "INSERT OR REPLACE INTO csrs VALUES (?1,?2,?3)",
                                  values, G_N_ELEMENTS(values), error);
}

static gboolean
insert_receipt(const MadoReceipt *receipt,
               GBytes *cms,
               const MadoJournalPen *pen,
               GError **error)
{
    guint8 hash[MADO_MESSAGE_HASH_LEN];
    gsize len;
    const guint8 *data = g_bytes_get_data(cms, &len);

    mado_envelope_sha256(data, len, hash);
    const MadoJournalValue values[] = {
        mado_journal_store_integer(receipt->epoch),
        mado_journal_store_integer((gint64)receipt->number),
        mado_journal_store_blob(hash, sizeof hash),
        mado_journal_store_blob(receipt->previous, sizeof receipt->previous),
        mado_journal_store_integer(receipt->kind),
        mado_journal_store_blob(receipt->visit, sizeof receipt->visit),
        mado_journal_store_integer(receipt->time_ms),
        mado_journal_store_text(receipt->operator_id),
        mado_journal_store_bytes(cms),
    };

    return mado_journal_store_run(pen->store,
                                  "INSERT INTO receipts VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,0)",
                                  values, G_N_ELEMENTS(values), error);
}

static gboolean
write_receipt(const Row *row, const MadoJournalPen *pen, GError **error)
{
    MadoReceipt receipt = row->receipt.draft;
    MadoJournalHead head;
    g_autoptr(GBytes) cms = NULL;

    if (!mado_journal_meta_head(pen->store, &head, error) ||
        !mado_journal_meta_centre_time(pen->store, &receipt.centre_time_ms, error))
        return FALSE;
    receipt.realm = pen->realm;
    g_strlcpy(receipt.terminal, pen->terminal, sizeof receipt.terminal);
    receipt.time_ms = pen->now_ms;
    receipt.monotonic_ms = pen->monotonic_ms;
    receipt.epoch = head.epoch;
    receipt.number = head.number + 1;
    memcpy(receipt.previous, head.hash, sizeof receipt.previous);
    memcpy(receipt.boot_id, pen->boot_id, sizeof receipt.boot_id);
    memcpy(receipt.key_id, pen->key_id, sizeof receipt.key_id);
    cms = pen->seal(&receipt, row->receipt.body, pen->seal_data, error);
    return cms != NULL && insert_receipt(&receipt, cms, pen, error);
}

static gboolean
write_row(const Row *row, const MadoJournalPen *pen, GError **error)
{
    switch (row->kind) {
    case ROW_VISIT:
        return write_visit(&row->visit, pen, error);
    case ROW_INTENT:
        return write_intent(&row->intent, pen, error);
    case ROW_ANSWER:
        return write_answer(&row->answer, pen, error);
    case ROW_MESSAGE:
        return write_message(&row->message, pen, error);
    case ROW_FINISH:
        return write_finish(&row->message, pen, error);
    case ROW_CSR:
        return write_csr(row, pen, error);
    case ROW_RECEIPT:
        return write_receipt(row, pen, error);
    case ROW_CENTRE_TIME:
        return mado_journal_meta_set_centre_time(pen->store, row->centre_ms, error);
    }
    g_return_val_if_reached(FALSE);
}

gboolean
mado_journal_entry_apply(const MadoJournalEntry *self,
                         const MadoJournalPen *pen,
                         GError **error)
{
    for (guint i = 0; i < self->rows->len; i++)
        if (!write_row(g_ptr_array_index(self->rows, i), pen, error))
            return FALSE;
    return TRUE;
}
