/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables, and how a file of an older version becomes one of this version. */
#include "config.h"

#include "central/store-sqlite-parts.h"
#include "central/store-sqlite.h"
#include "common/error.h"

/* Version 1. Blobs named sealed_* are AEAD under a key outside the database. */
static const char schema_1[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE requests (id TEXT PRIMARY KEY, municipality TEXT NOT NULL,"
    " state INTEGER NOT NULL, slots INTEGER NOT NULL, number_key BLOB NOT NULL,"
    " sealed_person BLOB NOT NULL, sealed_photo BLOB, changed_ms INTEGER NOT NULL);"
    "CREATE INDEX requests_by_place ON requests (municipality, id);"
    /* One living request per person: a second one would make a second card. */
    "CREATE UNIQUE INDEX requests_by_number ON requests (number_key) WHERE state <> 4;"
    "CREATE TABLE cards (card_id BLOB PRIMARY KEY, serial TEXT NOT NULL UNIQUE,"
    " municipality TEXT NOT NULL, expiry TEXT NOT NULL, face_key BLOB NOT NULL,"
    " request_id TEXT NOT NULL REFERENCES requests (id), fencing INTEGER NOT NULL,"
    " is_void INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX card_of_request ON cards (request_id) WHERE is_void = 0;"
    "CREATE TABLE transactions (id BLOB PRIMARY KEY, visit BLOB NOT NULL,"
    " terminal TEXT NOT NULL, request_id TEXT NOT NULL REFERENCES requests (id),"
    " card_id BLOB NOT NULL REFERENCES cards (card_id), procedure INTEGER NOT NULL,"
    " state INTEGER NOT NULL, stage INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    " fencing INTEGER NOT NULL, step INTEGER NOT NULL, slots INTEGER NOT NULL,"
    " n_failures INTEGER NOT NULL, may_start INTEGER NOT NULL, has_script INTEGER NOT NULL,"
    " is_commit_sent INTEGER NOT NULL, centre_nonce BLOB NOT NULL, host_challenge BLOB,"
    " session BLOB NOT NULL, operator_id TEXT NOT NULL, opened_ms INTEGER NOT NULL,"
    " changed_ms INTEGER NOT NULL, detail TEXT NOT NULL);"
    /* No card and no request is ever in two visits. */
    "CREATE UNIQUE INDEX open_by_card ON transactions (card_id) WHERE state NOT IN (3, 4);"
    "CREATE UNIQUE INDEX open_by_request ON transactions (request_id)"
    " WHERE state NOT IN (3, 4);"
    "CREATE INDEX transactions_by_request ON transactions (request_id, opened_ms);"
    "CREATE TABLE certificates (txn BLOB NOT NULL REFERENCES transactions (id),"
    " slot INTEGER NOT NULL, state INTEGER NOT NULL, card_id BLOB NOT NULL, key_hash BLOB,"
    " csr BLOB, cmp_request BLOB, cmp_nonce BLOB, der BLOB, serial TEXT,"
    " is_staged INTEGER NOT NULL, is_confirmed INTEGER NOT NULL,"
    " PRIMARY KEY (txn, slot)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX certificates_by_serial ON certificates (serial)"
    " WHERE serial IS NOT NULL;"
    "CREATE UNIQUE INDEX live_by_card ON certificates (card_id, slot) WHERE state = 2;"
    "CREATE TABLE revoked (serial TEXT PRIMARY KEY, txn BLOB NOT NULL, slot INTEGER NOT NULL,"
    " card_id BLOB NOT NULL, der BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE decisions (txn BLOB NOT NULL REFERENCES transactions (id),"
    " kind INTEGER NOT NULL, operator_id TEXT NOT NULL, attempt INTEGER NOT NULL,"
    " bytes BLOB NOT NULL, signature BLOB NOT NULL, received_ms INTEGER NOT NULL);"
    "CREATE INDEX decisions_by_transaction ON decisions (txn, kind);"
    "CREATE TABLE answers (terminal TEXT NOT NULL, key TEXT NOT NULL,"
    " body_hash BLOB NOT NULL, answer BLOB NOT NULL, PRIMARY KEY (terminal, key))"
    " WITHOUT ROWID;"
    "CREATE TABLE receipts (terminal TEXT NOT NULL, epoch INTEGER NOT NULL,"
    " number INTEGER NOT NULL, hash BLOB NOT NULL, kind INTEGER NOT NULL, visit BLOB NOT NULL,"
    " cms BLOB NOT NULL, received_ms INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX receipts_in_order ON receipts (terminal, epoch, number);"
    "CREATE TABLE forks (terminal TEXT NOT NULL, epoch INTEGER NOT NULL,"
    " number INTEGER NOT NULL, hash BLOB NOT NULL, kind INTEGER NOT NULL, visit BLOB NOT NULL,"
    " cms BLOB NOT NULL, received_ms INTEGER NOT NULL,"
    " PRIMARY KEY (terminal, epoch, number, hash)) WITHOUT ROWID;"
    "CREATE TABLE terminals (id TEXT PRIMARY KEY, municipality TEXT NOT NULL,"
    " is_revoked INTEGER NOT NULL, tls_hash BLOB NOT NULL, sign_cert BLOB NOT NULL,"
    " encrypt_cert BLOB NOT NULL, enrolled_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE operators (id TEXT PRIMARY KEY, roles INTEGER NOT NULL,"
    " is_revoked INTEGER NOT NULL, public_key BLOB NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version = 1;";

/* Version 2: the queue, and who looked at it. A request without birth_key waits for
 * mado_directory_index_all(), which has the vault's key. */
static const char schema_2[] =
    "ALTER TABLE requests ADD COLUMN reserved_day TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE requests ADD COLUMN reserved_time TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE requests ADD COLUMN queue_number INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN procedure INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN alerts INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN birth_key BLOB;"
    "CREATE INDEX requests_by_day ON requests (municipality, reserved_day);"
    "CREATE INDEX requests_by_birth ON requests (birth_key);"
    "CREATE TABLE readings (key BLOB NOT NULL, request_id TEXT NOT NULL"
    " REFERENCES requests (id), PRIMARY KEY (key, request_id)) WITHOUT ROWID;"
    "CREATE INDEX readings_by_request ON readings (request_id);"
    "CREATE INDEX transactions_not_over ON transactions (request_id)"
    " WHERE state NOT IN (3, 4);"
    "CREATE TABLE looks (look BLOB PRIMARY KEY, terminal TEXT NOT NULL, key TEXT NOT NULL,"
    " operator_id TEXT NOT NULL, kind INTEGER NOT NULL, purpose INTEGER NOT NULL,"
    " body_hash BLOB NOT NULL, decision BLOB NOT NULL, signature BLOB NOT NULL,"
    " sealed_query BLOB NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX looks_by_key ON looks (terminal, key);"
    "CREATE INDEX looks_by_time ON looks (at_ms);"
    "CREATE TABLE shown (request_id TEXT NOT NULL REFERENCES requests (id),"
    " look BLOB NOT NULL REFERENCES looks (look), PRIMARY KEY (request_id, look))"
    " WITHOUT ROWID;"
    "CREATE INDEX shown_by_look ON shown (look);"
    "PRAGMA user_version = 2;";

/* Step n turns a file of version n into one of version n + 1. */
static const char *const steps[MADO_STORE_SQLITE_SCHEMA] = {schema_1, schema_2};

static gboolean
read_version(MadoSqlite *db, gint64 *ret_version, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(db, "PRAGMA user_version");

    if (!mado_query_one(&query, "schema version", error))
        return FALSE;
    *ret_version = mado_query_take_int(&query);
    return TRUE;
}

static gboolean
migrate(MadoSqlite *db, gint64 version, GError **error)
{
    for (; version < MADO_STORE_SQLITE_SCHEMA; version++)
        if (!mado_query_run(db, steps[version], error))
            return FALSE;
    return TRUE;
}

gboolean
mado_store_sqlite_parts_prepare_schema(MadoSqlite *db, gboolean create, GError **error)
{
    gint64 version;

    if (!mado_query_run(db, "BEGIN IMMEDIATE", error))
        return FALSE;
    if (!read_version(db, &version, error)) {
        mado_query_run(db, "ROLLBACK", NULL);
        return FALSE;
    }
    if (version > MADO_STORE_SQLITE_SCHEMA || (version == 0 && !create)) {
        mado_query_run(db, "ROLLBACK", NULL);
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG,
                    version == 0 ? "not a database of the centre"
                                 : "the database has schema %" G_GINT64_FORMAT
                                   ", this program knows %d: use a newer program",
                    version, MADO_STORE_SQLITE_SCHEMA);
        return FALSE;
    }
    if (!migrate(db, version, error)) {
        mado_query_run(db, "ROLLBACK", NULL);
        return FALSE;
    }
    return mado_query_run(db, "COMMIT", error);
}
