/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The centre's storage, as one table of functions that a backend fills (SQLite now; the record
 * types name no SQL). A store is one connection: used by one thread at a time.
 *
 * Every get returns (transfer full) or NULL with MADO_ERROR_NOT_FOUND; a store that cannot be
 * read or written is MADO_ERROR_JOURNAL. put inserts or replaces by the record's key. Personal
 * data is inside sealed blobs (central/vault.h) and nowhere else. Writes need a transaction.
 */
#pragma once

#include "central/look-types.h"
#include "central/record-types.h"

typedef struct MadoStore MadoStore;

/* Called once per record of a list, in order of its key; the record is (transfer none). FALSE
 * stops. */
typedef gboolean (*MadoStoreEach)(gconstpointer record, gpointer user_data);

typedef struct {
    const char *name;
    void (*close)(MadoStore *self);

    /* One transaction at a time; inside it any number of marks, one at a time. commit returns
     * TRUE only after the data is durable. */
    gboolean (*begin)(MadoStore *self, GError **error);
    gboolean (*commit)(MadoStore *self, GError **error);
    void (*rollback)(MadoStore *self);
    gboolean (*mark)(MadoStore *self, GError **error);
    gboolean (*release)(MadoStore *self, gboolean keep, GError **error);

    /* A consistent copy while others write; @path must not exist. */
    gboolean (*backup)(MadoStore *self, const char *path, GError **error);

    /* Small settings of the store itself: realm, restore counter. get: NULL without error when
     * absent. */
    char *(*get_meta)(MadoStore *self, const char *key, GError **error);
    gboolean (*put_meta)(MadoStore *self, const char *key, const char *value, GError **error);

    MadoRequestRecord *(*get_request)(MadoStore *self, const char *id, GError **error);
    /* The request with this search key of a 個人番号 that is not void. */
    MadoRequestRecord *(*find_request)(MadoStore *self,
                                       const guint8 number_key[32],
                                       GError **error);
    gboolean (*put_request)(MadoStore *self, const MadoRequestRecord *record, GError **error);
    /* @municipality NULL: all. The record's sealed parts are not loaded. */
    gboolean (*list_requests)(MadoStore *self,
                              const char *municipality,
                              MadoStoreEach each,
                              gpointer user_data,
                              GError **error);

    /* Replaces what a request is found by. */
    gboolean (*put_search_keys)(MadoStore *self,
                                const char *request_id,
                                const MadoSearchKeys *keys,
                                GError **error);
    /* A request that has no search keys yet (an older version wrote it); NOT_FOUND. */
    MadoRequestRecord *(*find_unindexed)(MadoStore *self, GError **error);
    /* Whole requests that are not void, with their last visit: MadoDirectoryRecord. */
    gboolean (*list_directory)(MadoStore *self,
                               const MadoDirectoryFilter *filter,
                               MadoStoreEach each,
                               gpointer user_data,
                               GError **error);
    /* By terminal and idempotency key; the sealed query is not loaded. */
    MadoLookRecord *(*get_look)(MadoStore *self,
                                const char *terminal,
                                const char *key,
                                GError **error);
    gboolean (*has_look)(MadoStore *self,
                         const guint8 look[MADO_LOOK_LEN],
                         gboolean *ret_has,
                         GError **error);
    gboolean (*add_look)(MadoStore *self, const MadoLookRecord *record, GError **error);
    /* This request's row was in the answer; once more is the same. */
    gboolean (*add_shown)(MadoStore *self,
                          const guint8 look[MADO_LOOK_LEN],
                          const char *request_id,
                          GError **error);
    /* @request_id NULL: all. By time. */
    gboolean (*list_looks)(MadoStore *self,
                           const char *request_id,
                           MadoStoreEach each,
                           gpointer user_data,
                           GError **error);

    MadoCardRecord *(*get_card)(MadoStore *self,
                                const guint8 card_id[MADO_CARD_ID_LEN],
                                GError **error);
    /* The card of a request that is not void. */
    MadoCardRecord *(*get_card_of)(MadoStore *self, const char *request_id, GError **error);
    gboolean (*put_card)(MadoStore *self, const MadoCardRecord *record, GError **error);

    MadoTransactionRecord *(*get_transaction)(MadoStore *self,
                                              const guint8 id[MADO_TRANSACTION_LEN],
                                              GError **error);
    /* The one that is neither COMMITTED nor ABORTED; by card, and by request. */
    MadoTransactionRecord *(*get_open_by_card)(MadoStore *self,
                                               const guint8 card_id[MADO_CARD_ID_LEN],
                                               GError **error);
    MadoTransactionRecord *(*get_open_by_request)(MadoStore *self,
                                                  const char *request_id,
                                                  GError **error);
    gboolean (*put_transaction)(MadoStore *self,
                                const MadoTransactionRecord *record,
                                GError **error);
    gboolean (*list_transactions)(MadoStore *self,
                                  MadoStoreEach each,
                                  gpointer user_data,
                                  GError **error);

    MadoCertificateRecord *(*get_certificate)(MadoStore *self,
                                              const guint8 transaction[MADO_TRANSACTION_LEN],
                                              MadoSlot slot,
                                              GError **error);
    gboolean (*put_certificate)(MadoStore *self,
                                const MadoCertificateRecord *record,
                                GError **error);
    /* Keeps one that is replaced within its transaction (the card made a new key) as revoked.
     */
    gboolean (*add_revoked)(MadoStore *self,
                            const MadoCertificateRecord *record,
                            GError **error);
    /* In one statement each: the held ones of a transaction go live and the live ones of the
     * same card in the same slots are revoked; the held ones of a transaction are revoked. */
    gboolean (*make_live)(MadoStore *self,
                          const guint8 transaction[MADO_TRANSACTION_LEN],
                          const guint8 card_id[MADO_CARD_ID_LEN],
                          GError **error);
    gboolean (*revoke_held)(MadoStore *self,
                            const guint8 transaction[MADO_TRANSACTION_LEN],
                            GError **error);

    gboolean (*add_decision)(MadoStore *self, const MadoDecisionRecord *record, GError **error);
    /* Whether a decision of this kind stands for the transaction. */
    gboolean (*has_decision)(MadoStore *self,
                             const guint8 transaction[MADO_TRANSACTION_LEN],
                             MadoDecisionKind kind,
                             gboolean *ret_has,
                             GError **error);
    /* Whether exactly these bytes were kept for the transaction. */
    gboolean (*knows_decision)(MadoStore *self,
                               const guint8 transaction[MADO_TRANSACTION_LEN],
                               GBytes *bytes,
                               gboolean *ret_known,
                               GError **error);

    /* Idempotency: the stored answer to (terminal, key). */
    MadoAnswerRecord *(*get_answer)(MadoStore *self,
                                    const char *terminal,
                                    const char *key,
                                    GError **error);
    gboolean (*put_answer)(MadoStore *self, const MadoAnswerRecord *record, GError **error);

    MadoReceiptRecord *(*get_receipt)(
        MadoStore *self, const char *terminal, guint32 epoch, guint64 number, GError **error);
    /* The highest number of the highest epoch; its bytes are not loaded. */
    MadoReceiptRecord *(*get_head)(MadoStore *self, const char *terminal, GError **error);
    gboolean (*add_receipt)(MadoStore *self, const MadoReceiptRecord *record, GError **error);
    gboolean (*add_fork)(MadoStore *self, const MadoReceiptRecord *record, GError **error);
    gboolean (*count_forks)(MadoStore *self, guint64 *ret_n_forks, GError **error);
    /* @terminal NULL: all. By terminal, epoch, number. */
    gboolean (*list_receipts)(MadoStore *self,
                              const char *terminal,
                              MadoStoreEach each,
                              gpointer user_data,
                              GError **error);

    MadoTerminalRecord *(*get_terminal)(MadoStore *self, const char *id, GError **error);
    gboolean (*put_terminal)(MadoStore *self, const MadoTerminalRecord *record, GError **error);
    gboolean (*list_terminals)(MadoStore *self,
                               MadoStoreEach each,
                               gpointer user_data,
                               GError **error);

    MadoOperatorRecord *(*get_operator)(MadoStore *self, const char *id, GError **error);
    gboolean (*put_operator)(MadoStore *self, const MadoOperatorRecord *record, GError **error);
    gboolean (*list_operators)(MadoStore *self,
                               MadoStoreEach each,
                               gpointer user_data,
                               GError **error);
} MadoStoreOps;

struct MadoStore {
    const MadoStoreOps *ops;
};

void
mado_store_close(MadoStore *self); /* NULL is allowed */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoStore, mado_store_close)
