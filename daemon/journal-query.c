/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal-query.h"

#include "common/envelope.h"
#include "common/error.h"
#include "common/hex.h"
#include "common/log.h"
#include "daemon/journal-meta.h"

#include <madoguchi/names.h>
#include <string.h>

#define VISIT_COLUMNS                                                                          \
    "visit, trans, request, procedure, card_id, serial, state, step, phase, begun, attempt,"   \
    " fencing, operator, error, reason, started_ms, changed_ms"

#define VISIT_N_COLUMNS 17

#define RECEIPTS_AT_MOST 500

static gboolean
set_damaged(GError **error, const char *what)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_JOURNAL, "journal: %s is damaged", what);
    return FALSE;
}

static gboolean
read_visit(const MadoJournalRow *row, MadoJournalVisit *visit, GError **error)
{
    gint64 numbers[VISIT_N_COLUMNS];

    if (!mado_journal_row_copy(row, 0, visit->visit, sizeof visit->visit) ||
        !mado_journal_row_copy(row, 1, visit->transaction, sizeof visit->transaction) ||
        !mado_journal_row_copy(row, 4, visit->card_id, sizeof visit->card_id))
        return set_damaged(error, "a visit");
    for (int i = 0; i < VISIT_N_COLUMNS; i++)
        numbers[i] = mado_journal_row_integer(row, i);
    g_strlcpy(visit->request_id, mado_journal_row_text(row, 2), sizeof visit->request_id);
    visit->procedure = (MadoProcedure)numbers[3];
    g_strlcpy(visit->serial, mado_journal_row_text(row, 5), sizeof visit->serial);
    visit->state = (MadoJournalVisitState)numbers[6];
    visit->step_number = (guint16)numbers[7];
    visit->phase = (MadoScriptPhase)numbers[8];
    visit->begun = numbers[9] != 0;
    visit->attempt = (guint32)numbers[10];
    visit->fencing = (guint32)numbers[11];
    g_strlcpy(visit->operator_id, mado_journal_row_text(row, 12), sizeof visit->operator_id);
    visit->error = (MadoErrorCode)numbers[13];
    g_strlcpy(visit->reason, mado_journal_row_text(row, 14), sizeof visit->reason);
    visit->started_ms = numbers[15];
    visit->changed_ms = numbers[16];
    return TRUE;
}

typedef struct {
    MadoJournalVisit visit;
    gboolean found;
} FoundVisit;

static gboolean
take_visit(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    FoundVisit *found = user_data;

    found->found = TRUE;
    return read_visit(row, &found->visit, error);
}

static gboolean
find_visit(MadoJournalStore *store,
           const char *sql,
           MadoJournalValue value,
           MadoJournalVisit *ret_visit,
           GError **error)
{
    FoundVisit found = {0};

    if (!mado_journal_store_query(store, sql, &value, 1, take_visit, &found, error))
        return FALSE;
    if (!found.found) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_NOT_FOUND,
                            "no such visit in this desk's journal");
        return FALSE;
    }
    *ret_visit = found.visit;
    return TRUE;
}

gboolean
mado_journal_query_visit(MadoJournalStore *store,
                         const guint8 visit[MADO_MESSAGE_ID_LEN],
                         MadoJournalVisit *ret_visit,
                         GError **error)
{
    return find_visit(store, "SELECT " VISIT_COLUMNS " FROM visits WHERE visit = ?1",
                      mado_journal_store_blob(visit, MADO_MESSAGE_ID_LEN), ret_visit, error);
}

gboolean
mado_journal_query_card(MadoJournalStore *store,
                        const guint8 card_id[MADO_CARD_ID_LEN],
                        MadoJournalVisit *ret_visit,
                        GError **error)
{
    return find_visit(store,
                      "SELECT " VISIT_COLUMNS " FROM visits WHERE card_id = ?1"
                      " AND state IN (1, 2) ORDER BY started_ms DESC LIMIT 1",
                      mado_journal_store_blob(card_id, MADO_CARD_ID_LEN), ret_visit, error);
}

static gboolean
take_bytes(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    GBytes **bytes = user_data;

    g_clear_pointer(bytes, g_bytes_unref);
    *bytes = mado_journal_row_bytes(row, 0);
    return TRUE;
}

GBytes *
mado_journal_query_csr(MadoJournalStore *store,
                       const guint8 transaction[MADO_MESSAGE_ID_LEN],
                       MadoSlot slot,
                       GError **error)
{
    const MadoJournalValue values[] = {
        mado_journal_store_blob(transaction, MADO_MESSAGE_ID_LEN),
        mado_journal_store_integer(slot),
    };
    g_autoptr(GBytes) der = NULL;

    if (!mado_journal_store_query(store, "SELECT der FROM csrs WHERE trans = ?1 AND slot = ?2",
                                  values, G_N_ELEMENTS(values), take_bytes, &der, error))
        return NULL;
    if (der == NULL)
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_NOT_FOUND,
                            "no such certificate request");
    return g_steal_pointer(&der);
}

static gboolean
take_number(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    *(gint64 *)user_data = mado_journal_row_integer(row, 0);
    return TRUE;
}

gboolean
mado_journal_query_backlog(MadoJournalStore *store, guint *ret_n_receipts, GError **error)
{
    gint64 n_receipts = 0;

    if (!mado_journal_store_query(store, "SELECT count(*) FROM receipts WHERE acknowledged = 0",
                                  NULL, 0, take_number, &n_receipts, error))
        return FALSE;
    *ret_n_receipts = (guint)n_receipts;
    return TRUE;
}

/* ---- lists for the bus ---- */

static const char *
step_word(const MadoJournalVisit *visit)
{
    switch (visit->phase) {
    case MADO_SCRIPT_RECORD:
        return "record";
    case MADO_SCRIPT_OPEN:
        return "open";
    case MADO_SCRIPT_STAGE:
        return "stage";
    case MADO_SCRIPT_COMMIT:
        return "commit";
    case MADO_SCRIPT_UNDO:
        return "undo";
    }
    return "lookup";
}

static const char *
procedure_word(MadoProcedure procedure)
{
    if (procedure == MADO_PROCEDURE_PREPARE)
        return "prepare";
    return procedure == MADO_PROCEDURE_ISSUE ? "issue" : "";
}

static gboolean
add_visit(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    GVariantBuilder *list = user_data;
    MadoJournalVisit visit = {0};

    if (!read_visit(row, &visit, error))
        return FALSE;
    g_autofree char *id = mado_message_id_to_hex(visit.visit);
    g_autofree char *transaction = mado_message_id_to_hex(visit.transaction);

    g_variant_builder_open(list, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(list, "{sv}", "visit", g_variant_new_string(id));
    g_variant_builder_add(list, "{sv}", "transaction", g_variant_new_string(transaction));
    g_variant_builder_add(list, "{sv}", "request", g_variant_new_string(visit.request_id));
    g_variant_builder_add(list, "{sv}", "procedure",
                          g_variant_new_string(procedure_word(visit.procedure)));
    g_variant_builder_add(list, "{sv}", "step", g_variant_new_string(step_word(&visit)));
    g_variant_builder_add(list, "{sv}", "held",
                          g_variant_new_boolean(visit.state == MADO_JOURNAL_VISIT_HELD));
    g_variant_builder_add(
        list, "{sv}", "error",
        g_variant_new_string(visit.error != 0 ? mado_error_nick(visit.error) : ""));
    g_variant_builder_add(list, "{sv}", "reason", g_variant_new_string(visit.reason));
    g_variant_builder_add(list, "{sv}", "since",
                          g_variant_new_uint64((guint64)visit.changed_ms));
    g_variant_builder_close(list);
    return TRUE;
}

GVariant *
mado_journal_query_visits(MadoJournalStore *store, GError **error)
{
    GVariantBuilder list;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    if (!mado_journal_store_query(store,
                                  "SELECT " VISIT_COLUMNS " FROM visits WHERE state IN (1, 2)"
                                  " ORDER BY started_ms",
                                  NULL, 0, add_visit, &list, error)) {
        g_variant_builder_clear(&list);
        return NULL;
    }
    return g_variant_new("(aa{sv})", &list);
}

/* Hash of the bytes as they are now, and the link to the row before. */
typedef struct {
    GVariantBuilder list;
    guint8 last_hash[32];
    gint64 last_number;
    gint64 last_epoch;
} ReceiptList;

static GBytes *
read_receipt(const MadoJournalRow *row, ReceiptList *list, gboolean *ret_verified)
{
    g_autoptr(GBytes) cms = mado_journal_row_bytes(row, 8);
    gint64 epoch = mado_journal_row_integer(row, 0);
    gint64 number = mado_journal_row_integer(row, 1);
    guint8 stored[32] = {0};
    guint8 previous[32] = {0};
    guint8 hash[32];
    gboolean follows = list->last_epoch == epoch && list->last_number + 1 == number;

    if (cms == NULL || !mado_journal_row_copy(row, 2, stored, sizeof stored) ||
        !mado_journal_row_copy(row, 3, previous, sizeof previous))
        return NULL;
    mado_envelope_sha256(g_bytes_get_data(cms, NULL), g_bytes_get_size(cms), hash);
    *ret_verified = memcmp(hash, stored, sizeof hash) == 0 &&
                    (list->last_number == 0 ||
                     (follows && memcmp(previous, list->last_hash, sizeof previous) == 0));
    memcpy(list->last_hash, hash, sizeof hash);
    list->last_epoch = epoch;
    list->last_number = number;
    return g_steal_pointer(&cms);
}

static gboolean
add_receipt(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    ReceiptList *receipts = user_data;
    GVariantBuilder *list = &receipts->list;
    gboolean verified = FALSE;
    g_autoptr(GBytes) cms = read_receipt(row, receipts, &verified);
    guint8 visit[MADO_MESSAGE_ID_LEN];
    char hash[MADO_HEX_SIZE(32)];

    if (cms == NULL || !mado_journal_row_copy(row, 5, visit, sizeof visit) ||
        mado_hex_format(receipts->last_hash, 32, hash, sizeof hash) != MADO_BYTES_OK)
        return set_damaged(error, "a receipt");
    g_autofree char *visit_hex = mado_message_id_to_hex(visit);
    g_autofree char *hash_lower = g_ascii_strdown(hash, -1);
    const gint64 kind_number = mado_journal_row_integer(row, 4);
    const char *kind = mado_receipt_kind_name((MadoReceiptKind)kind_number);

    g_variant_builder_open(list, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(list, "{sv}", "number",
                          g_variant_new_uint64((guint64)receipts->last_number));
    g_variant_builder_add(list, "{sv}", "kind", g_variant_new_string(kind));
    g_variant_builder_add(list, "{sv}", "visit", g_variant_new_string(visit_hex));
    g_variant_builder_add(list, "{sv}", "time",
                          g_variant_new_uint64((guint64)mado_journal_row_integer(row, 6)));
    g_variant_builder_add(list, "{sv}", "operator",
                          g_variant_new_string(mado_journal_row_text(row, 7)));
    g_variant_builder_add(list, "{sv}", "acknowledged",
                          g_variant_new_boolean(mado_journal_row_integer(row, 9) != 0));
    g_variant_builder_add(list, "{sv}", "hash", g_variant_new_string(hash_lower));
    g_variant_builder_add(list, "{sv}", "verified", g_variant_new_boolean(verified));
    g_variant_builder_add(list, "{sv}", "cms",
                          g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING, cms, TRUE));
    g_variant_builder_close(list);
    return TRUE;
}

/* The head of the chain before the page, so that the page's first link is looked at too. */
static gboolean
take_link(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    ReceiptList *list = user_data;

    list->last_epoch = mado_journal_row_integer(row, 0);
    list->last_number = mado_journal_row_integer(row, 1);
    return mado_journal_row_copy(row, 2, list->last_hash, sizeof list->last_hash) ||
           set_damaged(error, "a receipt");
}

GVariant *
mado_journal_query_receipts(MadoJournalStore *store, guint64 after, guint limit, GError **error)
{
    const MadoJournalValue values[] = {
        mado_journal_store_integer((gint64)MIN(after, (guint64)G_MAXINT64)),
        mado_journal_store_integer(CLAMP(limit, 1, RECEIPTS_AT_MOST)),
    };
    ReceiptList list = {0};

    g_variant_builder_init(&list.list, G_VARIANT_TYPE("aa{sv}"));
    if (!mado_journal_store_query(store,
                                  "SELECT epoch, number, hash FROM receipts WHERE number = ?1"
                                  " AND epoch = (SELECT value FROM meta WHERE name = 'epoch')",
                                  values, 1, take_link, &list, error) ||
        !mado_journal_store_query(
            store,
            "SELECT epoch, number, hash, previous, kind, visit, time_ms, operator, cms,"
            " acknowledged FROM receipts WHERE number > ?1"
            " AND epoch = (SELECT value FROM meta WHERE name = 'epoch')"
            " ORDER BY number LIMIT ?2",
            values, G_N_ELEMENTS(values), add_receipt, &list, error)) {
        g_variant_builder_clear(&list.list);
        return NULL;
    }
    return g_variant_new("(aa{sv})", &list.list);
}

/* ---- deliveries ---- */

typedef struct {
    gint64 epoch;
    gint64 number;
    GBytes *cms; /* owned */
} Delivery;

static gboolean
take_delivery(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    Delivery *delivery = user_data;

    delivery->epoch = mado_journal_row_integer(row, 0);
    delivery->number = mado_journal_row_integer(row, 1);
    g_clear_pointer(&delivery->cms, g_bytes_unref);
    delivery->cms = mado_journal_row_bytes(row, 2);
    return TRUE;
}

GVariant *
mado_journal_query_delivery(MadoJournalStore *store, const char *terminal, GError **error)
{
    Delivery delivery = {0};
    g_autoptr(GBytes) cms = NULL;
    g_autofree char *endpoint = g_strdup_printf(MADO_ENDPOINT_RECEIPTS, terminal);
    g_autofree char *key = NULL;

    if (!mado_journal_store_query(store,
                                  "SELECT epoch, number, cms FROM receipts"
                                  " WHERE acknowledged = 0 ORDER BY epoch, number LIMIT 1",
                                  NULL, 0, take_delivery, &delivery, error))
        return NULL;
    cms = delivery.cms;
    if (cms == NULL)
        return g_variant_new(
            "(ss@ay)", "", "",
            g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, NULL, 0, sizeof(guint8)));
    key = g_strdup_printf("r-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, delivery.epoch,
                          delivery.number);
    return g_variant_new("(ss@ay)", endpoint, key,
                         g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING, cms, TRUE));
}

/* "r-<epoch>-<number>", decimal and nothing else. */
static gboolean
parse_key(const char *key, gint64 *ret_epoch, gint64 *ret_number)
{
    g_auto(GStrv) parts = g_strsplit(key, "-", 4);
    guint64 epoch;
    guint64 number;

    if (g_strv_length(parts) != 3 || strcmp(parts[0], "r") != 0 ||
        !g_ascii_string_to_unsigned(parts[1], 10, 1, G_MAXUINT32, &epoch, NULL) ||
        !g_ascii_string_to_unsigned(parts[2], 10, 1, G_MAXINT64, &number, NULL))
        return FALSE;
    *ret_epoch = (gint64)epoch;
    *ret_number = (gint64)number;
    return TRUE;
}

typedef struct {
    guint8 hash[32];
    gboolean found;
} FoundHash;

static gboolean
take_hash(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    FoundHash *found = user_data;

    found->found = mado_journal_row_copy(row, 0, found->hash, sizeof found->hash);
    return found->found || set_damaged(error, "a receipt");
}

static gboolean
find_hash(
    MadoJournalStore *store, gint64 epoch, gint64 number, FoundHash *ret_found, GError **error)
{
    const MadoJournalValue values[] = {
        mado_journal_store_integer(epoch),
        mado_journal_store_integer(number),
    };

    return mado_journal_store_query(
        store, "SELECT hash FROM receipts WHERE epoch = ?1 AND number = ?2", values,
        G_N_ELEMENTS(values), take_hash, ret_found, error);
}

gboolean
mado_journal_query_receipt_hash(MadoJournalStore *store,
                                const char *key,
                                guint8 ret_hash[32],
                                GError **error)
{
    gint64 epoch = 0;
    gint64 number = 0;
    FoundHash found = {0};

    if (parse_key(key, &epoch, &number) && !find_hash(store, epoch, number, &found, error))
        return FALSE;
    if (!found.found) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_NOT_FOUND, "no such delivery");
        return FALSE;
    }
    memcpy(ret_hash, found.hash, sizeof found.hash);
    return TRUE;
}

/* Loud, and kept: from now on no visit begins at this desk before a new epoch. */
static gboolean
report_fork(MadoJournalStore *store, const MadoJournalAck *ack, GError **error)
{
    if (!mado_journal_meta_set_forked(store, error))
        return FALSE;
    mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_STORE, NULL,
             "the centre holds another receipt %u/%" G_GUINT64_FORMAT
             " than this journal: restored or doubled desk",
             ack->epoch, ack->head_number);
    g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                "the centre's head %u/%" G_GUINT64_FORMAT " is not in this journal", ack->epoch,
                ack->head_number);
    return FALSE;
}

gboolean
mado_journal_query_acknowledge(MadoJournalStore *store,
                               const MadoJournalAck *ack,
                               GError **error)
{
    FoundHash found = {0};
    const MadoJournalValue values[] = {
        mado_journal_store_integer(ack->epoch),
        mado_journal_store_integer((gint64)MIN(ack->head_number, (guint64)G_MAXINT64)),
    };

    if (ack->head_number == 0)
        return TRUE; /* the centre holds nothing yet */
    if (!find_hash(store, ack->epoch, values[1].integer, &found, error))
        return FALSE;
    if (!found.found || memcmp(found.hash, ack->head_hash, sizeof found.hash) != 0)
        return report_fork(store, ack, error);
    return mado_journal_store_run(store,
                                  "UPDATE receipts SET acknowledged = 1"
                                  " WHERE acknowledged = 0 AND epoch = ?1 AND number <= ?2",
                                  values, G_N_ELEMENTS(values), error);
}

static gboolean
collect_visit(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    GArray *visits = user_data;
    MadoJournalVisit visit = {0};

    if (!read_visit(row, &visit, error))
        return FALSE;
    g_array_append_val(visits, visit);
    return TRUE;
}

GArray *
mado_journal_query_open(MadoJournalStore *store, GError **error)
{
    g_autoptr(GArray) visits = g_array_new(FALSE, FALSE, sizeof(MadoJournalVisit));

    if (!mado_journal_store_query(store,
                                  "SELECT " VISIT_COLUMNS " FROM visits WHERE state = 1"
                                  " ORDER BY started_ms",
                                  NULL, 0, collect_visit, visits, error))
        return NULL;
    return g_steal_pointer(&visits);
}
