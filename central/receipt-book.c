/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/receipt-book.h"

#include "central/problem.h"
#include "common/envelope.h"
#include "common/error.h"

#include <openssl/x509.h>

#include <string.h>

MadoPeer *
mado_receipt_book_new_peer(const MadoKeys *keys,
                           const MadoTerminalRecord *terminal,
                           GError **error)
{
    const guint8 *at = g_bytes_get_data(terminal->encrypt_cert, NULL);
    X509 *certificate = d2i_X509(NULL, &at, (long)g_bytes_get_size(terminal->encrypt_cert));
    MadoPeer *peer;

    if (certificate == NULL) {
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "reading a terminal's certificate");
        return NULL;
    }
    peer = mado_peer_new(certificate, keys->message_ca, terminal->id, error);
    X509_free(certificate);
    return peer;
}

static gboolean
refuse(GError **error, MadoProblem problem, const char *why)
{
    g_set_error_literal(error, MADO_PROBLEM_DOMAIN, (int)problem, why);
    return FALSE;
}

static MadoReceiptRecord *
new_record(const MadoReceiptBookEntry *entry, gint64 now_ms)
{
    MadoReceiptRecord *record = g_new0(MadoReceiptRecord, 1);

    g_strlcpy(record->terminal, entry->header.terminal, sizeof record->terminal);
    record->epoch = entry->header.epoch;
    record->number = entry->header.number;
    mado_envelope_sha256(g_bytes_get_data(entry->cms, NULL), g_bytes_get_size(entry->cms),
                         record->hash);
    record->kind = entry->header.kind;
    memcpy(record->visit, entry->header.visit, sizeof record->visit);
    record->cms = g_bytes_ref(entry->cms);
    record->received_ms = now_ms;
    return record;
}

/* The head of the receipt's own epoch, NULL for none. */
static gboolean
find_head(MadoStore *store,
          const MadoReceipt *header,
          MadoReceiptRecord **ret_head,
          GError **error)
{
    g_autoptr(GError) found = NULL;
    g_autoptr(MadoReceiptRecord) head = store->ops->get_head(store, header->terminal, &found);

    if (head == NULL && !g_error_matches(found, MADO_ERROR, MADO_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&found));
        return FALSE;
    }
    if (head != NULL && head->epoch > header->epoch)
        return refuse(error, MADO_PROBLEM_FENCED, "the terminal has a later epoch");
    if (head != NULL && head->epoch < header->epoch)
        g_clear_pointer(&head, mado_record_types_free_receipt);
    *ret_head = g_steal_pointer(&head);
    return TRUE;
}

/* A number we hold already: the same bytes, or a fork. */
static gboolean
take_again(MadoStore *store,
           const MadoReceiptRecord *record,
           const MadoReceiptRecord *head,
           GError **error)
{
    g_autoptr(MadoReceiptRecord) held =
        store->ops->get_receipt(store, record->terminal, record->epoch, record->number, error);

    if (held == NULL)
        return FALSE;
    if (memcmp(held->hash, record->hash, sizeof held->hash) == 0)
        return TRUE;
    if (!store->ops->add_fork(store, record, error))
        return FALSE;
    return refuse(error, MADO_PROBLEM_FORK, "this number was used for other bytes");
}

static gboolean
take_next(MadoStore *store,
          const MadoReceiptBookEntry *entry,
          const MadoReceiptRecord *record,
          const MadoReceiptRecord *head,
          GError **error)
{
    static const guint8 zeros[32] = {0};
    guint64 head_number = head != NULL ? head->number : 0;

    if (record->number > head_number + 1)
        return refuse(error, MADO_PROBLEM_GAP, "receipts before this one are missing");
    if (!mado_receipt_check_link(&entry->header, head_number, head != NULL ? head->hash : zeros,
                                 NULL))
        return refuse(error, MADO_PROBLEM_BAD_MESSAGE, "the link to the one before is broken");
    return store->ops->add_receipt(store, record, error);
}

gboolean
mado_receipt_book_take(MadoStore *store,
                       const MadoReceiptBookEntry *entry,
                       gint64 now_ms,
                       MadoReceiptRecord **ret_head,
                       GError **error)
{
    g_autoptr(MadoReceiptRecord) record = new_record(entry, now_ms);
    g_autoptr(MadoReceiptRecord) head = NULL;

    if (record->number == 0)
        return refuse(error, MADO_PROBLEM_BAD_MESSAGE, "receipts count from 1");
    if (!find_head(store, &entry->header, &head, error))
        return FALSE;
    if (head != NULL && record->number <= head->number) {
        if (!take_again(store, record, head, error))
            return FALSE;
        *ret_head = g_steal_pointer(&head);
        return TRUE;
    }
    if (!take_next(store, entry, record, head, error))
        return FALSE;
    *ret_head = g_steal_pointer(&record);
    return TRUE;
}

/* ---- verifying what is stored ---- */

typedef struct {
    MadoStore *store;
    const MadoKeys *keys;
    MadoReceiptBookEach each;
    gpointer user_data;
    MadoReceiptBookCount count;
    /* the chain being walked */
    char terminal[MADO_RECORD_ID_MAX + 1];
    guint32 epoch;
    guint64 number;
    guint8 hash[32];
    MadoPeer *peer; /* owned; of that terminal */
} Walk;

/* Terminals are kept in a table of their own while receipts are listed. */
static void
begin_chain(Walk *walk, GHashTable *peers, const MadoReceiptRecord *record)
{
    if (strcmp(walk->terminal, record->terminal) == 0 && walk->epoch == record->epoch)
        return;
    g_strlcpy(walk->terminal, record->terminal, sizeof walk->terminal);
    walk->epoch = record->epoch;
    walk->number = 0;
    memset(walk->hash, 0, sizeof walk->hash);
    walk->peer = g_hash_table_lookup(peers, record->terminal);
}

static gboolean
check_receipt(const Walk *walk,
              const MadoReceiptRecord *record,
              MadoReceipt *ret_header,
              GBytes **ret_body,
              GError **error)
{
    if (walk->peer == NULL)
        return refuse(error, MADO_PROBLEM_TERMINAL, "no certificate of this terminal");
    if (!mado_receipt_open(walk->peer, record->cms, ret_header, ret_body, error))
        return FALSE;
    if (strcmp(ret_header->terminal, record->terminal) != 0 ||
        ret_header->epoch != record->epoch || ret_header->number != record->number)
        return refuse(error, MADO_PROBLEM_BAD_MESSAGE, "filed under another number");
    return mado_receipt_check_link(ret_header, walk->number, walk->hash, error);
}

typedef struct {
    Walk walk;
    GHashTable *peers; /* owned: terminal → MadoPeer */
} Verification;

static gboolean
verify_one(gconstpointer item, gpointer user_data)
{
    const MadoReceiptRecord *record = item;
    Verification *verification = user_data;
    Walk *walk = &verification->walk;
    g_autoptr(GBytes) body = NULL;
    g_autoptr(GError) fault = NULL;
    MadoReceipt header;
    gboolean good;

    memset(&header, 0, sizeof header);
    begin_chain(walk, verification->peers, record);
    good = check_receipt(walk, record, &header, &body, &fault);
    walk->count.n_good += good ? 1 : 0;
    walk->count.n_bad += good ? 0 : 1;
    if (walk->each != NULL) {
        const MadoReceiptBookItem shown = {record, &header, body, fault};

        walk->each(&shown, walk->user_data);
    }
    walk->number = record->number;
    memcpy(walk->hash, record->hash, sizeof walk->hash);
    return TRUE;
}

static gboolean
add_peer(gconstpointer item, gpointer user_data)
{
    const MadoTerminalRecord *terminal = item;
    Verification *verification = user_data;
    MadoPeer *peer = mado_receipt_book_new_peer(verification->walk.keys, terminal, NULL);

    if (peer != NULL)
        g_hash_table_insert(verification->peers, g_strdup(terminal->id), peer);
    return TRUE;
}

static void
free_peer(gpointer peer)
{
    mado_peer_free(peer);
}

gboolean
mado_receipt_book_verify(MadoStore *store,
                         const MadoKeys *keys,
                         MadoReceiptBookEach each,
                         gpointer user_data,
                         MadoReceiptBookCount *ret_count,
                         GError **error)
{
    Verification verification = {
        .walk = {.store = store, .keys = keys, .each = each, .user_data = user_data}};
    gboolean done;

    verification.peers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_peer);
    done = store->ops->list_terminals(store, add_peer, &verification, error) &&
           store->ops->list_receipts(store, NULL, verify_one, &verification, error);
    g_hash_table_unref(verification.peers);
    if (done)
        *ret_count = verification.walk.count;
    return done;
}
