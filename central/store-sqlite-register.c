/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who and what the centre knows: requests, cards, terminals, operators. */
#include "config.h"

#include "central/store-sqlite-parts.h"

MadoRequestRecord *
mado_store_sqlite_parts_take_request(MadoQuery *query)
{
    MadoRequestRecord *record = g_new0(MadoRequestRecord, 1);

    mado_query_take_text(query, record->id, sizeof record->id);
    mado_query_take_text(query, record->municipality, sizeof record->municipality);
    record->state = mado_query_take_enum(query);
    record->slots = (guint8)mado_query_take_int(query);
    mado_query_take_blob(query, record->number_key, sizeof record->number_key);
    record->changed_ms = mado_query_take_int(query);
    mado_query_take_text(query, record->reserved_day, sizeof record->reserved_day);
    mado_query_take_text(query, record->reserved_time, sizeof record->reserved_time);
    record->queue_number = (guint16)mado_query_take_int(query);
    record->procedure = (guint8)mado_query_take_int(query);
    record->alerts = (guint8)mado_query_take_int(query);
    return record;
}

#define REQUEST_COLUMNS MADO_STORE_SQLITE_PARTS_REQUEST

static MadoRequestRecord *
take_whole_request(MadoQuery *query, GError **error)
{
    g_autoptr(MadoRequestRecord) record = NULL;

    if (!mado_query_one(query, "request", error))
        return NULL;
    record = mado_store_sqlite_parts_take_request(query);
    record->person = mado_query_take_bytes(query);
    record->photo = mado_query_take_bytes(query);
    return g_steal_pointer(&record);
}

static MadoRequestRecord *
get_request(MadoStore *self, const char *id, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self),
        "SELECT " REQUEST_COLUMNS ", sealed_person, sealed_photo FROM requests WHERE id = ?");

    mado_query_put_text(&query, id);
    return take_whole_request(&query, error);
}

static MadoRequestRecord *
find_request(MadoStore *self, const guint8 number_key[32], GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "SELECT " REQUEST_COLUMNS ", sealed_person, sealed_photo"
                         " FROM requests WHERE number_key = ? AND state <> 4");

    mado_query_put_blob(&query, number_key, 32);
    return take_whole_request(&query, error);
}

static gboolean
put_request(MadoStore *self, const MadoRequestRecord *record, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self),
        "INSERT INTO requests (id, municipality, state, slots, number_key, changed_ms,"
        " reserved_day, reserved_time, queue_number, procedure, alerts, sealed_person,"
        " sealed_photo) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET municipality = excluded.municipality,"
        " state = excluded.state, slots = excluded.slots, number_key = excluded.number_key,"
        " changed_ms = excluded.changed_ms, reserved_day = excluded.reserved_day,"
        " reserved_time = excluded.reserved_time, queue_number = excluded.queue_number,"
        " procedure = excluded.procedure, alerts = excluded.alerts,"
        " sealed_person = excluded.sealed_person, sealed_photo = excluded.sealed_photo");

    mado_query_put_text(&query, record->id);
    mado_query_put_text(&query, record->municipality);
    mado_query_put_int(&query, record->state);
    mado_query_put_int(&query, record->slots);
    mado_query_put_blob(&query, record->number_key, sizeof record->number_key);
    mado_query_put_int(&query, record->changed_ms);
    mado_query_put_text(&query, record->reserved_day);
    mado_query_put_text(&query, record->reserved_time);
    mado_query_put_int(&query, record->queue_number);
    mado_query_put_int(&query, record->procedure);
    mado_query_put_int(&query, record->alerts);
    mado_query_put_bytes(&query, record->person);
    mado_query_put_bytes(&query, record->photo);
    return mado_query_finish(&query, error);
}

static gboolean
list_requests(MadoStore *self,
              const char *municipality,
              MadoStoreEach each,
              gpointer user_data,
              GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self),
        "SELECT " REQUEST_COLUMNS ", (SELECT t.state FROM transactions t"
        " WHERE t.request_id = requests.id ORDER BY t.opened_ms DESC, t.rowid DESC LIMIT 1)"
        " FROM requests WHERE ?1 IS NULL OR municipality = ?1 ORDER BY municipality, id");
    gboolean row;

    mado_query_put_text(&query, municipality);
    while (mado_query_step(&query, &row, error)) {
        g_autoptr(MadoRequestRecord) record = NULL;

        if (!row)
            return TRUE;
        record = mado_store_sqlite_parts_take_request(&query);
        record->last_transaction = mado_query_take_enum(&query);
        if (!each(record, user_data))
            return TRUE;
    }
    return FALSE;
}

#define CARD_COLUMNS                                                                           \
    "card_id, serial, municipality, expiry, face_key, request_id, fencing, is_void"

static MadoCardRecord *
take_card(MadoQuery *query)
{
    MadoCardRecord *record = g_new0(MadoCardRecord, 1);

    mado_query_take_blob(query, record->card_id, sizeof record->card_id);
    mado_query_take_text(query, record->serial, sizeof record->serial);
    mado_query_take_text(query, record->municipality, sizeof record->municipality);
    mado_query_take_text(query, record->expiry, sizeof record->expiry);
    mado_query_take_blob(query, record->face_key, sizeof record->face_key);
    mado_query_take_text(query, record->request_id, sizeof record->request_id);
    record->fencing = (guint32)mado_query_take_int(query);
    record->is_void = mado_query_take_int(query) != 0;
    return record;
}

static MadoCardRecord *
get_card(MadoStore *self, const guint8 card_id[MADO_CARD_ID_LEN], GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "SELECT " CARD_COLUMNS " FROM cards WHERE card_id = ?");

    mado_query_put_blob(&query, card_id, MADO_CARD_ID_LEN);
    return mado_query_one(&query, "card", error) ? take_card(&query) : NULL;
}

static MadoCardRecord *
get_card_of(MadoStore *self, const char *request_id, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self),
        "SELECT " CARD_COLUMNS " FROM cards WHERE request_id = ? AND is_void = 0");

    mado_query_put_text(&query, request_id);
    return mado_query_one(&query, "card", error) ? take_card(&query) : NULL;
}

static gboolean
put_card(MadoStore *self, const MadoCardRecord *record, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self),
        "INSERT INTO cards (card_id, serial, municipality, expiry, face_key, request_id,"
        " fencing, is_void) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (card_id) DO UPDATE SET serial = excluded.serial,"
        " municipality = excluded.municipality, expiry = excluded.expiry,"
        " face_key = excluded.face_key, request_id = excluded.request_id,"
        " fencing = excluded.fencing, is_void = excluded.is_void");

    mado_query_put_blob(&query, record->card_id, sizeof record->card_id);
    mado_query_put_text(&query, record->serial);
    mado_query_put_text(&query, record->municipality);
    mado_query_put_text(&query, record->expiry);
    mado_query_put_blob(&query, record->face_key, sizeof record->face_key);
    mado_query_put_text(&query, record->request_id);
    mado_query_put_int(&query, record->fencing);
    mado_query_put_int(&query, record->is_void);
    return mado_query_finish(&query, error);
}

static MadoTerminalRecord *
take_terminal(MadoQuery *query)
{
    MadoTerminalRecord *record = g_new0(MadoTerminalRecord, 1);

    mado_query_take_text(query, record->id, sizeof record->id);
    mado_query_take_text(query, record->municipality, sizeof record->municipality);
    record->is_revoked = mado_query_take_int(query) != 0;
    mado_query_take_blob(query, record->tls_hash, sizeof record->tls_hash);
    record->sign_cert = mado_query_take_bytes(query);
    record->encrypt_cert = mado_query_take_bytes(query);
    record->enrolled_ms = mado_query_take_int(query);
    return record;
}

#define TERMINAL_COLUMNS                                                                       \
    "id, municipality, is_revoked, tls_hash, sign_cert, encrypt_cert, enrolled_ms"

static MadoTerminalRecord *
get_terminal(MadoStore *self, const char *id, GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "SELECT " TERMINAL_COLUMNS " FROM terminals WHERE id = ?");

    mado_query_put_text(&query, id);
    return mado_query_one(&query, "terminal", error) ? take_terminal(&query) : NULL;
}

static gboolean
put_terminal(MadoStore *self, const MadoTerminalRecord *record, GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "INSERT OR REPLACE INTO terminals (" TERMINAL_COLUMNS ")"
                         " VALUES (?, ?, ?, ?, ?, ?, ?)");

    mado_query_put_text(&query, record->id);
    mado_query_put_text(&query, record->municipality);
    mado_query_put_int(&query, record->is_revoked);
    mado_query_put_blob(&query, record->tls_hash, sizeof record->tls_hash);
    mado_query_put_bytes(&query, record->sign_cert);
    mado_query_put_bytes(&query, record->encrypt_cert);
    mado_query_put_int(&query, record->enrolled_ms);
    return mado_query_finish(&query, error);
}

static gboolean
list_terminals(MadoStore *self, MadoStoreEach each, gpointer user_data, GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "SELECT " TERMINAL_COLUMNS " FROM terminals ORDER BY id");
    gboolean row;

    while (mado_query_step(&query, &row, error)) {
        g_autoptr(MadoTerminalRecord) record = NULL;

        if (!row)
            return TRUE;
        record = take_terminal(&query);
        if (!each(record, user_data))
            return TRUE;
    }
    return FALSE;
}

static MadoOperatorRecord *
take_operator(MadoQuery *query)
{
    MadoOperatorRecord *record = g_new0(MadoOperatorRecord, 1);

    mado_query_take_text(query, record->id, sizeof record->id);
    record->roles = (guint8)mado_query_take_int(query);
    record->is_revoked = mado_query_take_int(query) != 0;
    record->public_key = mado_query_take_bytes(query);
    return record;
}

static MadoOperatorRecord *
get_operator(MadoStore *self, const char *id, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self),
        "SELECT id, roles, is_revoked, public_key FROM operators WHERE id = ?");

    mado_query_put_text(&query, id);
    return mado_query_one(&query, "operator", error) ? take_operator(&query) : NULL;
}

static gboolean
put_operator(MadoStore *self, const MadoOperatorRecord *record, GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "INSERT OR REPLACE INTO operators (id, roles, is_revoked, public_key)"
                         " VALUES (?, ?, ?, ?)");

    mado_query_put_text(&query, record->id);
    mado_query_put_int(&query, record->roles);
    mado_query_put_int(&query, record->is_revoked);
    mado_query_put_bytes(&query, record->public_key);
    return mado_query_finish(&query, error);
}

static gboolean
list_operators(MadoStore *self, MadoStoreEach each, gpointer user_data, GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "SELECT id, roles, is_revoked, public_key FROM operators ORDER BY id");
    gboolean row;

    while (mado_query_step(&query, &row, error)) {
        g_autoptr(MadoOperatorRecord) record = NULL;

        if (!row)
            return TRUE;
        record = take_operator(&query);
        if (!each(record, user_data))
            return TRUE;
    }
    return FALSE;
}

void
mado_store_sqlite_parts_fill_register(MadoStoreOps *ops)
{
    ops->get_request = get_request;
    ops->find_request = find_request;
    ops->put_request = put_request;
    ops->list_requests = list_requests;
    ops->get_card = get_card;
    ops->get_card_of = get_card_of;
    ops->put_card = put_card;
    ops->get_terminal = get_terminal;
    ops->put_terminal = put_terminal;
    ops->list_terminals = list_terminals;
    ops->get_operator = get_operator;
    ops->put_operator = put_operator;
    ops->list_operators = list_operators;
}
