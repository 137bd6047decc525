/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens in visits: transactions, certificates, decisions. */
#include "config.h"

#include "central/store-sqlite-parts.h"

#define TRANSACTION_COLUMNS                                                                    \
    "id, visit, terminal, request_id, card_id, procedure, state, stage, attempt, fencing,"     \
    " step, slots, n_failures, may_start, has_script, is_commit_sent, centre_nonce,"           \
    " host_challenge, session, operator_id, opened_ms, changed_ms, detail"

static MadoTransactionRecord *
take_transaction(MadoQuery *query)
{
    MadoTransactionRecord *record = g_new0(MadoTransactionRecord, 1);
    g_autoptr(GBytes) challenge = NULL;
    gsize len = 0;

    mado_query_take_blob(query, record->id, sizeof record->id);
    mado_query_take_blob(query, record->visit, sizeof record->visit);
    mado_query_take_text(query, record->terminal, sizeof record->terminal);
    mado_query_take_text(query, record->request_id, sizeof record->request_id);
    mado_query_take_blob(query, record->card_id, sizeof record->card_id);
    record->procedure = mado_query_take_enum(query);
    record->state = mado_query_take_enum(query);
    record->stage = mado_query_take_enum(query);
    record->attempt = (guint32)mado_query_take_int(query);
    record->fencing = (guint32)mado_query_take_int(query);
    record->step = (guint16)mado_query_take_int(query);
    record->slots = (guint8)mado_query_take_int(query);
    record->n_failures = (guint8)mado_query_take_int(query);
    record->may_start = mado_query_take_int(query) != 0;
    record->has_script = mado_query_take_int(query) != 0;
    record->is_commit_sent = mado_query_take_int(query) != 0;
    mado_query_take_blob(query, record->centre_nonce, sizeof record->centre_nonce);
    challenge = mado_query_take_bytes(query);
    if (challenge != NULL)
        len = g_bytes_get_size(challenge);
    record->has_challenge = len == sizeof record->host_challenge;
    if (record->has_challenge)
        memcpy(record->host_challenge, g_bytes_get_data(challenge, NULL), len);
    mado_query_take_blob(query, record->session, sizeof record->session);
    mado_query_take_text(query, record->operator_id, sizeof record->operator_id);
    record->opened_ms = mado_query_take_int(query);
    record->changed_ms = mado_query_take_int(query);
    mado_query_take_text(query, record->detail, sizeof record->detail);
    return record;
}

static MadoTransactionRecord *
get_transaction(MadoStore *self, const guint8 id[MADO_TRANSACTION_LEN], GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "SELECT " TRANSACTION_COLUMNS " FROM transactions WHERE id = ?");

    mado_query_put_blob(&query, id, MADO_TRANSACTION_LEN);
    return mado_query_one(&query, "transaction", error) ? take_transaction(&query) : NULL;
}

static MadoTransactionRecord *
get_open_by_card(MadoStore *self, const guint8 card_id[MADO_CARD_ID_LEN], GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "SELECT " TRANSACTION_COLUMNS
                         " FROM transactions WHERE card_id = ? AND state NOT IN (3, 4)");

    mado_query_put_blob(&query, card_id, MADO_CARD_ID_LEN);
    return mado_query_one(&query, "open transaction", error) ? take_transaction(&query) : NULL;
}

static MadoTransactionRecord *
get_open_by_request(MadoStore *self, const char *request_id, GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "SELECT " TRANSACTION_COLUMNS
                         " FROM transactions WHERE request_id = ? AND state NOT IN (3, 4)");

    mado_query_put_text(&query, request_id);
    return mado_query_one(&query, "open transaction", error) ? take_transaction(&query) : NULL;
}

/* In the order of TRANSACTION_COLUMNS, as the statement below. */
static void
bind_transaction(MadoQuery *query, const MadoTransactionRecord *record)
{
    mado_query_put_blob(query, record->id, sizeof record->id);
    mado_query_put_blob(query, record->visit, sizeof record->visit);
    mado_query_put_text(query, record->terminal);
    mado_query_put_text(query, record->request_id);
    mado_query_put_blob(query, record->card_id, sizeof record->card_id);
    mado_query_put_int(query, record->procedure);
    mado_query_put_int(query, record->state);
    mado_query_put_int(query, record->stage);
    mado_query_put_int(query, record->attempt);
    mado_query_put_int(query, record->fencing);
    mado_query_put_int(query, record->step);
    mado_query_put_int(query, record->slots);
    mado_query_put_int(query, record->n_failures);
    mado_query_put_int(query, record->may_start);
    mado_query_put_int(query, record->has_script);
    mado_query_put_int(query, record->is_commit_sent);
    mado_query_put_blob(query, record->centre_nonce, sizeof record->centre_nonce);
    if (record->has_challenge)
        mado_query_put_blob(query, record->host_challenge, sizeof record->host_challenge);
    else
        mado_query_put_bytes(query, NULL);
    mado_query_put_blob(query, record->session, sizeof record->session);
    mado_query_put_text(query, record->operator_id);
    mado_query_put_int(query, record->opened_ms);
    mado_query_put_int(query, record->changed_ms);
    mado_query_put_text(query, record->detail);
}

static gboolean
put_transaction(MadoStore *self, const MadoTransactionRecord *record, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self),
        "INSERT INTO transactions (" TRANSACTION_COLUMNS ") VALUES"
        " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET visit = excluded.visit,"
        " terminal = excluded.terminal, state = excluded.state, stage = excluded.stage,"
        " attempt = excluded.attempt, fencing = excluded.fencing, step = excluded.step,"
        " slots = excluded.slots, n_failures = excluded.n_failures,"
        " may_start = excluded.may_start, has_script = excluded.has_script,"
        " is_commit_sent = excluded.is_commit_sent,"
        " centre_nonce = excluded.centre_nonce, host_challenge = excluded.host_challenge,"
        " session = excluded.session, operator_id = excluded.operator_id,"
        " changed_ms = excluded.changed_ms, detail = excluded.detail");

    bind_transaction(&query, record);
    return mado_query_finish(&query, error);
}

static gboolean
list_transactions(MadoStore *self, MadoStoreEach each, gpointer user_data, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(mado_store_sqlite_parts_db(self),
                                               "SELECT " TRANSACTION_COLUMNS
                                               " FROM transactions ORDER BY opened_ms, rowid");
    gboolean row;

    while (mado_query_step(&query, &row, error)) {
        g_autoptr(MadoTransactionRecord) record = NULL;

        if (!row)
            return TRUE;
        record = take_transaction(&query);
        if (!each(record, user_data))
            return TRUE;
    }
    return FALSE;
}

#define CERTIFICATE_COLUMNS                                                                    \
    "txn, slot, state, card_id, key_hash, csr, cmp_request, cmp_nonce, der, serial,"           \
    " is_staged, is_confirmed"

static MadoCertificateRecord *
get_certificate(MadoStore *self,
                const guint8 transaction[MADO_TRANSACTION_LEN],
                MadoSlot slot,
                GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(mado_store_sqlite_parts_db(self),
                                               "SELECT " CERTIFICATE_COLUMNS
                                               " FROM certificates WHERE txn = ? AND slot = ?");
    MadoCertificateRecord *record;
    g_autoptr(GBytes) key_hash = NULL;

    mado_query_put_blob(&query, transaction, MADO_TRANSACTION_LEN);
    mado_query_put_int(&query, slot);
    if (!mado_query_one(&query, "certificate", error))
        return NULL;
    record = g_new0(MadoCertificateRecord, 1);
    mado_query_take_blob(&query, record->transaction, sizeof record->transaction);
    record->slot = mado_query_take_enum(&query);
    record->state = mado_query_take_enum(&query);
    mado_query_take_blob(&query, record->card_id, sizeof record->card_id);
    key_hash = mado_query_take_bytes(&query);
    record->has_key_hash =
        key_hash != NULL && g_bytes_get_size(key_hash) == sizeof record->key_hash;
    if (record->has_key_hash)
        memcpy(record->key_hash, g_bytes_get_data(key_hash, NULL), sizeof record->key_hash);
    record->csr = mado_query_take_bytes(&query);
    record->cmp_request = mado_query_take_bytes(&query);
    record->cmp_nonce = mado_query_take_bytes(&query);
    record->der = mado_query_take_bytes(&query);
    mado_query_take_text(&query, record->serial, sizeof record->serial);
    record->is_staged = mado_query_take_int(&query) != 0;
    record->is_confirmed = mado_query_take_int(&query) != 0;
    return record;
}

static gboolean
put_certificate(MadoStore *self, const MadoCertificateRecord *record, GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "INSERT OR REPLACE INTO certificates (" CERTIFICATE_COLUMNS ")"
                         " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

    mado_query_put_blob(&query, record->transaction, sizeof record->transaction);
    mado_query_put_int(&query, record->slot);
    mado_query_put_int(&query, record->state);
    mado_query_put_blob(&query, record->card_id, sizeof record->card_id);
    if (record->has_key_hash)
        mado_query_put_blob(&query, record->key_hash, sizeof record->key_hash);
    else
        mado_query_put_bytes(&query, NULL);
    mado_query_put_bytes(&query, record->csr);
    mado_query_put_bytes(&query, record->cmp_request);
    mado_query_put_bytes(&query, record->cmp_nonce);
    mado_query_put_bytes(&query, record->der);
    mado_query_put_text(&query, record->serial[0] != '\0' ? record->serial : NULL);
    mado_query_put_int(&query, record->is_staged);
    mado_query_put_int(&query, record->is_confirmed);
    return mado_query_finish(&query, error);
}

static gboolean
add_revoked(MadoStore *self, const MadoCertificateRecord *record, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(
        mado_store_sqlite_parts_db(self),
        "INSERT INTO revoked (serial, txn, slot, card_id, der) VALUES (?, ?, ?, ?, ?)");

    mado_query_put_text(&query, record->serial);
    mado_query_put_blob(&query, record->transaction, sizeof record->transaction);
    mado_query_put_int(&query, record->slot);
    mado_query_put_blob(&query, record->card_id, sizeof record->card_id);
    mado_query_put_bytes(&query, record->der);
    return mado_query_finish(&query, error);
}

static gboolean
revoke_superseded(MadoStore *self,
                  const guint8 transaction[MADO_TRANSACTION_LEN],
                  const guint8 card_id[MADO_CARD_ID_LEN],
                  GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "UPDATE certificates SET state = 3 WHERE card_id = ?2 AND state = 2"
                         " AND txn <> ?1 AND slot IN (SELECT slot FROM certificates"
                         " WHERE txn = ?1 AND state = 1)");

    mado_query_put_blob(&query, transaction, MADO_TRANSACTION_LEN);
    mado_query_put_blob(&query, card_id, MADO_CARD_ID_LEN);
    return mado_query_finish(&query, error);
}

static gboolean
make_live(MadoStore *self,
          const guint8 transaction[MADO_TRANSACTION_LEN],
          const guint8 card_id[MADO_CARD_ID_LEN],
          GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "UPDATE certificates SET state = 2 WHERE txn = ? AND state = 1");

    if (!revoke_superseded(self, transaction, card_id, error))
        return FALSE;
    mado_query_put_blob(&query, transaction, MADO_TRANSACTION_LEN);
    return mado_query_finish(&query, error);
}

static gboolean
revoke_held(MadoStore *self, const guint8 transaction[MADO_TRANSACTION_LEN], GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "UPDATE certificates SET state = 3 WHERE txn = ? AND state = 1");

    mado_query_put_blob(&query, transaction, MADO_TRANSACTION_LEN);
    return mado_query_finish(&query, error);
}

static gboolean
add_decision(MadoStore *self, const MadoDecisionRecord *record, GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "INSERT INTO decisions (txn, kind, operator_id, attempt, bytes,"
                         " signature, received_ms) VALUES (?, ?, ?, ?, ?, ?, ?)");

    mado_query_put_blob(&query, record->transaction, sizeof record->transaction);
    mado_query_put_int(&query, record->kind);
    mado_query_put_text(&query, record->operator_id);
    mado_query_put_int(&query, record->attempt);
    mado_query_put_bytes(&query, record->bytes);
    mado_query_put_bytes(&query, record->signature);
    mado_query_put_int(&query, record->received_ms);
    return mado_query_finish(&query, error);
}

static gboolean
has_decision(MadoStore *self,
             const guint8 transaction[MADO_TRANSACTION_LEN],
             MadoDecisionKind kind,
             gboolean *ret_has,
             GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "SELECT 1 FROM decisions WHERE txn = ? AND kind = ? LIMIT 1");

    mado_query_put_blob(&query, transaction, MADO_TRANSACTION_LEN);
    mado_query_put_int(&query, kind);
    return mado_query_step(&query, ret_has, error);
}

static gboolean
knows_decision(MadoStore *self,
               const guint8 transaction[MADO_TRANSACTION_LEN],
               GBytes *bytes,
               gboolean *ret_known,
               GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "SELECT 1 FROM decisions WHERE txn = ? AND bytes = ? LIMIT 1");

    mado_query_put_blob(&query, transaction, MADO_TRANSACTION_LEN);
    mado_query_put_bytes(&query, bytes);
    return mado_query_step(&query, ret_known, error);
}

void
mado_store_sqlite_parts_fill_visits(MadoStoreOps *ops)
{
    ops->get_transaction = get_transaction;
    ops->get_open_by_card = get_open_by_card;
    ops->get_open_by_request = get_open_by_request;
    ops->put_transaction = put_transaction;
    ops->list_transactions = list_transactions;
    ops->get_certificate = get_certificate;
    ops->put_certificate = put_certificate;
    ops->add_revoked = add_revoked;
    ops->make_live = make_live;
    ops->revoke_held = revoke_held;
    ops->add_decision = add_decision;
    ops->has_decision = has_decision;
    ops->knows_decision = knows_decision;
}
