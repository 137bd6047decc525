/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers given, and receipts taken. */
#include "config.h"

#include "central/store-sqlite-parts.h"

static MadoAnswerRecord *
get_answer(MadoStore *self, const char *terminal, const char *key, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self),
        "SELECT body_hash, answer FROM answers WHERE terminal = ? AND key = ?");
    MadoAnswerRecord *record;

    mado_query_put_text(&query, terminal);
    mado_query_put_text(&query, key);
    if (!mado_query_one(&query, "answer", error))
        return NULL;
    record = g_new0(MadoAnswerRecord, 1);
    g_strlcpy(record->terminal, terminal, sizeof record->terminal);
    g_strlcpy(record->key, key, sizeof record->key);
    mado_query_take_blob(&query, record->body_hash, sizeof record->body_hash);
    record->answer = mado_query_take_bytes(&query);
    return record;
}

static gboolean
put_answer(MadoStore *self, const MadoAnswerRecord *record, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self),
        "INSERT INTO answers (terminal, key, body_hash, answer) VALUES (?, ?, ?, ?)");

    mado_query_put_text(&query, record->terminal);
    mado_query_put_text(&query, record->key);
    mado_query_put_blob(&query, record->body_hash, sizeof record->body_hash);
    mado_query_put_bytes(&query, record->answer);
    return mado_query_finish(&query, error);
}

#define RECEIPT_COLUMNS "terminal, epoch, number, hash, kind, visit, cms, received_ms"

static MadoReceiptRecord *
take_receipt(MadoQuery *query)
{
    MadoReceiptRecord *record = g_new0(MadoReceiptRecord, 1);

    mado_query_take_text(query, record->terminal, sizeof record->terminal);
    record->epoch = (guint32)mado_query_take_int(query);
    record->number = (guint64)mado_query_take_int(query);
    mado_query_take_blob(query, record->hash, sizeof record->hash);
    record->kind = mado_query_take_enum(query);
    mado_query_take_blob(query, record->visit, sizeof record->visit);
    record->cms = mado_query_take_bytes(query);
    record->received_ms = mado_query_take_int(query);
    return record;
}

/* Every receipt that comes looks at the head: its bytes stay where they are. */
#define HEAD_COLUMNS "terminal, epoch, number, hash, kind, visit, NULL, received_ms"

static MadoReceiptRecord *
get_receipt(
    MadoStore *self, const char *terminal, guint32 epoch, guint64 number, GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "SELECT " RECEIPT_COLUMNS
                         " FROM receipts WHERE terminal = ? AND epoch = ? AND number = ?");

    mado_query_put_text(&query, terminal);
    mado_query_put_int(&query, epoch);
    mado_query_put_int(&query, (gint64)number);
    return mado_query_one(&query, "receipt", error) ? take_receipt(&query) : NULL;
}

static MadoReceiptRecord *
get_head(MadoStore *self, const char *terminal, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self),
        "SELECT " HEAD_COLUMNS
        " FROM receipts WHERE terminal = ? ORDER BY epoch DESC, number DESC LIMIT 1");

    mado_query_put_text(&query, terminal);
    return mado_query_one(&query, "receipt", error) ? take_receipt(&query) : NULL;
}

static gboolean
insert_receipt(MadoQuery *query, const MadoReceiptRecord *record, GError **error)
{
    mado_query_put_text(query, record->terminal);
    mado_query_put_int(query, record->epoch);
    mado_query_put_int(query, (gint64)record->number);
    mado_query_put_blob(query, record->hash, sizeof record->hash);
    mado_query_put_int(query, record->kind);
    mado_query_put_blob(query, record->visit, sizeof record->visit);
    mado_query_put_bytes(query, record->cms);
    mado_query_put_int(query, record->received_ms);
    return mado_query_finish(query, error);
}

static gboolean
add_receipt(MadoStore *self, const MadoReceiptRecord *record, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(mado_store_sqlite_parts_db(self),
                                               "INSERT INTO receipts (" RECEIPT_COLUMNS ")"
                                               " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

    return insert_receipt(&query, record, error);
}

static gboolean
add_fork(MadoStore *self, const MadoReceiptRecord *record, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self), "INSERT OR IGNORE INTO forks (" RECEIPT_COLUMNS ")"
                                          " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

    return insert_receipt(&query, record, error);
}

static gboolean
count_forks(MadoStore *self, guint64 *ret_n_forks, GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self), "SELECT count(*) FROM forks");

    if (!mado_query_one(&query, "count", error))
        return FALSE;
    *ret_n_forks = (guint64)mado_query_take_int(&query);
    return TRUE;
}

static gboolean
list_receipts(MadoStore *self,
              const char *terminal,
              MadoStoreEach each,
              gpointer user_data,
              GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self),
        "SELECT " RECEIPT_COLUMNS " FROM receipts WHERE ?1 IS NULL OR terminal = ?1"
        " ORDER BY terminal, epoch, number");
    gboolean row;

    mado_query_put_text(&query, terminal);
    while (mado_query_step(&query, &row, error)) {
        g_autoptr(MadoReceiptRecord) record = NULL;

        if (!row)
            return TRUE;
        record = take_receipt(&query);
        if (!each(record, user_data))
            return TRUE;
    }
    return FALSE;
}

void
mado_store_sqlite_parts_fill_receipts(MadoStoreOps *ops)
{
    ops->get_answer = get_answer;
    ops->put_answer = put_answer;
    ops->get_receipt = get_receipt;
    ops->get_head = get_head;
    ops->add_receipt = add_receipt;
    ops->add_fork = add_fork;
    ops->count_forks = count_forks;
    ops->list_receipts = list_receipts;
}
