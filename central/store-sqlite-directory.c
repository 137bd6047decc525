/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The queue: what requests are found by, and who looked. */
#include "config.h"

#include "central/store-sqlite-parts.h"

/* ---- search keys ---- */

static gboolean
put_birth_key(MadoStore *self, const char *request_id, const guint8 *key, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self), "UPDATE requests SET birth_key = ? WHERE id = ?");

    mado_query_put_blob(&query, key, MADO_VAULT_TERM_LEN);
    mado_query_put_text(&query, request_id);
    return mado_query_finish(&query, error);
}

static gboolean
drop_readings(MadoStore *self, const char *request_id, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(mado_store_sqlite_parts_db(self),
                                               "DELETE FROM readings WHERE request_id = ?");

    mado_query_put_text(&query, request_id);
    return mado_query_finish(&query, error);
}

static gboolean
put_reading(MadoStore *self, const char *request_id, const guint8 *key, GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "INSERT OR IGNORE INTO readings (key, request_id) VALUES (?, ?)");

    mado_query_put_blob(&query, key, MADO_VAULT_TERM_LEN);
    mado_query_put_text(&query, request_id);
    return mado_query_finish(&query, error);
}

static gboolean
put_search_keys(MadoStore *self,
                const char *request_id,
                const MadoSearchKeys *keys,
                GError **error)
{
    if (!put_birth_key(self, request_id, keys->birth, error) ||
        !drop_readings(self, request_id, error))
        return FALSE;
    for (guint i = 0; i < keys->n_readings; i++)
        if (!put_reading(self, request_id, keys->readings[i], error))
            return FALSE;
    return TRUE;
}

static MadoRequestRecord *
find_unindexed(MadoStore *self, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(mado_store_sqlite_parts_db(self),
                                               "SELECT " MADO_STORE_SQLITE_PARTS_REQUEST
                                               ", sealed_person FROM requests"
                                               " WHERE birth_key IS NULL LIMIT 1");
    MadoRequestRecord *record;

    if (!mado_query_one(&query, "request", error))
        return NULL;
    record = mado_store_sqlite_parts_take_request(&query);
    record->person = mado_query_take_bytes(&query);
    return record;
}

/* ---- the queue ---- */

/* A request and its last visit. */
#define SELECT                                                                                 \
    "SELECT r.id, r.municipality, r.state, r.slots, r.number_key, r.changed_ms,"               \
    " r.reserved_day, r.reserved_time, r.queue_number, r.procedure, r.alerts,"                 \
    " r.sealed_person, t.state, t.changed_ms, t.terminal, t.detail"                            \
    " FROM requests r LEFT JOIN transactions t ON t.rowid = (SELECT v.rowid"                   \
    " FROM transactions v WHERE v.request_id = r.id"                                           \
    " ORDER BY v.opened_ms DESC, v.rowid DESC LIMIT 1)"                                        \
    " WHERE r.state <> 4 AND r.municipality = ? AND "
#define ORDER                                                                                  \
    " ORDER BY r.reserved_day = '', r.reserved_day, r.reserved_time = '', r.reserved_time,"    \
    " r.queue_number = 0, r.queue_number, r.id"

/* One statement per choosing field, so that each has its index. */
static MadoQuery
begin_directory(MadoStore *self, const MadoDirectoryFilter *filter)
{
    MadoSqlite *db = mado_store_sqlite_parts_db(self);
    MadoQuery query;

    if (filter->request_id != NULL)
        query = mado_query_begin(db, SELECT "r.id = ?" ORDER);
    else if (filter->reading != NULL)
        query = mado_query_begin(
            db, SELECT "r.id IN (SELECT request_id FROM readings WHERE key = ?)" ORDER);
    else if (filter->birth != NULL)
        query = mado_query_begin(db, SELECT "r.birth_key = ?" ORDER);
    else if (filter->with_unfinished)
        query =
            mado_query_begin(db, SELECT "(r.reserved_day = ? OR r.id IN (SELECT request_id"
                                        " FROM transactions WHERE state NOT IN (3, 4)))" ORDER);
    else
        query = mado_query_begin(db, SELECT "r.reserved_day = ?" ORDER);
    mado_query_put_text(&query, filter->municipality);
    if (filter->request_id != NULL)
        mado_query_put_text(&query, filter->request_id);
    else if (filter->reading != NULL)
        mado_query_put_blob(&query, filter->reading, MADO_VAULT_TERM_LEN);
    else if (filter->birth != NULL)
        mado_query_put_blob(&query, filter->birth, MADO_VAULT_TERM_LEN);
    else
        mado_query_put_text(&query, filter->day);
    return query;
}

static MadoDirectoryRecord *
take_directory(MadoQuery *query)
{
    MadoDirectoryRecord *record = g_new0(MadoDirectoryRecord, 1);

    record->request = mado_store_sqlite_parts_take_request(query);
    record->request->person = mado_query_take_bytes(query);
    record->request->last_transaction = mado_query_take_enum(query);
    record->since_ms = mado_query_take_int(query);
    mado_query_take_text(query, record->terminal, sizeof record->terminal);
    mado_query_take_text(query, record->reason, sizeof record->reason);
    return record;
}

static gboolean
list_directory(MadoStore *self,
               const MadoDirectoryFilter *filter,
               MadoStoreEach each,
               gpointer user_data,
               GError **error)
{
    g_auto(MadoQuery) query = begin_directory(self, filter);
    gboolean row;

    while (mado_query_step(&query, &row, error)) {
        g_autoptr(MadoDirectoryRecord) record = NULL;

        if (!row)
            return TRUE;
        record = take_directory(&query);
        if (!each(record, user_data))
            return TRUE;
    }
    return FALSE;
}

/* ---- who looked ---- */

#define LOOK_COLUMNS                                                                           \
    "look, terminal, key, operator_id, kind, purpose, body_hash, decision, signature, at_ms"

static MadoLookRecord *
take_look(MadoQuery *query)
{
    MadoLookRecord *record = g_new0(MadoLookRecord, 1);

    mado_query_take_blob(query, record->look, sizeof record->look);
    mado_query_take_text(query, record->terminal, sizeof record->terminal);
    mado_query_take_text(query, record->key, sizeof record->key);
    mado_query_take_text(query, record->operator_id, sizeof record->operator_id);
    record->kind = mado_query_take_enum(query);
    record->purpose = mado_query_take_enum(query);
    mado_query_take_blob(query, record->body_hash, sizeof record->body_hash);
    record->decision = mado_query_take_bytes(query);
    record->signature = mado_query_take_bytes(query);
    record->at_ms = mado_query_take_int(query);
    return record;
}

static MadoLookRecord *
get_look(MadoStore *self, const char *terminal, const char *key, GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "SELECT " LOOK_COLUMNS " FROM looks WHERE terminal = ? AND key = ?");

    mado_query_put_text(&query, terminal);
    mado_query_put_text(&query, key);
    return mado_query_one(&query, "look", error) ? take_look(&query) : NULL;
}

static gboolean
has_look(MadoStore *self, const guint8 look[MADO_LOOK_LEN], gboolean *ret_has, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(mado_store_sqlite_parts_db(self),
                                               "SELECT 1 FROM looks WHERE look = ?");

    mado_query_put_blob(&query, look, MADO_LOOK_LEN);
    return mado_query_step(&query, ret_has, error);
}

static gboolean
add_look(MadoStore *self, const MadoLookRecord *record, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self), "INSERT INTO looks (" LOOK_COLUMNS ", sealed_query)"
                                          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

    mado_query_put_blob(&query, record->look, sizeof record->look);
    mado_query_put_text(&query, record->terminal);
    mado_query_put_text(&query, record->key);
    mado_query_put_text(&query, record->operator_id);
    mado_query_put_int(&query, record->kind);
    mado_query_put_int(&query, record->purpose);
    mado_query_put_blob(&query, record->body_hash, sizeof record->body_hash);
    mado_query_put_bytes(&query, record->decision);
    mado_query_put_bytes(&query, record->signature);
    mado_query_put_int(&query, record->at_ms);
    mado_query_put_bytes(&query, record->query);
    return mado_query_finish(&query, error);
}

static gboolean
add_shown(MadoStore *self,
          const guint8 look[MADO_LOOK_LEN],
          const char *request_id,
          GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "INSERT OR IGNORE INTO shown (request_id, look) VALUES (?, ?)");

    mado_query_put_text(&query, request_id);
    mado_query_put_blob(&query, look, MADO_LOOK_LEN);
    return mado_query_finish(&query, error);
}

static gboolean
list_looks(MadoStore *self,
           const char *request_id,
           MadoStoreEach each,
           gpointer user_data,
           GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self),
        "SELECT " LOOK_COLUMNS ", (SELECT count(*) FROM shown s WHERE s.look = looks.look)"
        " FROM looks WHERE ?1 IS NULL OR look IN"
        " (SELECT look FROM shown WHERE request_id = ?1) ORDER BY at_ms, look");
    gboolean row;

    mado_query_put_text(&query, request_id);
    while (mado_query_step(&query, &row, error)) {
        g_autoptr(MadoLookRecord) record = NULL;

        if (!row)
            return TRUE;
        record = take_look(&query);
        record->n_shown = (guint)mado_query_take_int(&query);
        if (!each(record, user_data))
            return TRUE;
    }
    return FALSE;
}

void
mado_store_sqlite_parts_fill_directory(MadoStoreOps *ops)
{
    ops->put_search_keys = put_search_keys;
    ops->find_unindexed = find_unindexed;
    ops->list_directory = list_directory;
    ops->get_look = get_look;
    ops->has_look = has_look;
    ops->add_look = add_look;
    ops->add_shown = add_shown;
    ops->list_looks = list_looks;
}
