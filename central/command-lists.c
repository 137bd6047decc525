/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* requests, visits, receipts: what the centre holds. No personal data. */
#include "config.h"

#include "central/command.h"
#include "central/keys.h"
#include "central/listing.h"
#include "central/receipt-book.h"
#include "central/service.h"
#include "central/visit.h"
#include "common/error.h"
#include "common/message.h"

#include <stdio.h>
#include <string.h>

static gboolean
list_request(gconstpointer item, gpointer user_data)
{
    const MadoRequestRecord *record = item;
    MadoListing *listing = user_data;

    mado_listing_begin_row(listing);
    mado_listing_text(listing, "id", record->id);
    mado_listing_text(listing, "municipality", record->municipality);
    mado_listing_text(listing, "state", mado_service_request_state_name(record->state));
    mado_listing_text(listing, "transaction",
                      mado_service_transaction_state_name(record->last_transaction));
    mado_listing_time(listing, "changed", record->changed_ms);
    return TRUE;
}

int
mado_command_requests(const char *usage, int argc, char **argv)
{
    g_autofree char *config = NULL;
    gboolean is_json = FALSE;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, NULL, NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &is_json, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_auto(MadoCommandCentre) centre = {NULL, NULL};
    g_autoptr(GError) error = NULL;
    MadoListing *listing;
    gboolean done;

    if (!mado_command_parse(usage, entries, &argc, &argv))
        return MADO_COMMAND_USAGE;
    if (argc != 1)
        return mado_command_usage(usage);
    if (!mado_command_open(config, &centre, &error))
        return mado_command_fail(error);
    listing = mado_listing_new(is_json);
    done = centre.store->ops->list_requests(centre.store, NULL, list_request, listing, &error);
    mado_listing_finish(listing);
    return done ? MADO_COMMAND_DONE : mado_command_fail(error);
}

/* ---- visits ---- */

static const char *
procedure_name(MadoProcedure procedure)
{
    switch (procedure) {
    case MADO_PROCEDURE_PREPARE:
        return "prepare";
    case MADO_PROCEDURE_ISSUE:
        return "issue";
    case MADO_PROCEDURE_RENEW:
    case MADO_PROCEDURE_RESET_PIN:
    case MADO_PROCEDURE_REWRITE:
    case MADO_PROCEDURE_SUSPEND:
    case MADO_PROCEDURE_RESUME:
    case MADO_PROCEDURE_RETURN:
        break;
    }
    return "other";
}

static gboolean
list_visit(gconstpointer item, gpointer user_data)
{
    const MadoTransactionRecord *record = item;
    MadoListing *listing = user_data;

    mado_listing_begin_row(listing);
    mado_listing_hex(listing, "transaction", record->id, sizeof record->id);
    mado_listing_hex(listing, "visit", record->visit, sizeof record->visit);
    mado_listing_text(listing, "terminal", record->terminal);
    mado_listing_text(listing, "operator", record->operator_id);
    mado_listing_text(listing, "request", record->request_id);
    mado_listing_hex(listing, "card", record->card_id, sizeof record->card_id);
    mado_listing_text(listing, "procedure", procedure_name(record->procedure));
    mado_listing_text(listing, "state", mado_service_transaction_state_name(record->state));
    mado_listing_text(listing, "stage", mado_visit_table_stage_name(record->stage));
    mado_listing_int(listing, "attempt", record->attempt);
    mado_listing_int(listing, "fencing", record->fencing);
    mado_listing_time(listing, "opened", record->opened_ms);
    mado_listing_time(listing, "changed", record->changed_ms);
    mado_listing_text(listing, "detail", record->detail);
    return TRUE;
}

static gboolean
close_visit(MadoStore *store, const char *hex, const char *reason, GError **error)
{
    guint8 id[MADO_TRANSACTION_LEN];

    if (!mado_message_id_from_hex(hex, id)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                    "a transaction is 32 hex digits");
        return FALSE;
    }
    if (!store->ops->begin(store, error))
        return FALSE;
    if (mado_visit_close(store, id, reason, g_get_real_time() / 1000, error) &&
        store->ops->commit(store, error))
        return TRUE;
    store->ops->rollback(store);
    return FALSE;
}

int
mado_command_visits(const char *usage, int argc, char **argv)
{
    g_autofree char *config = NULL;
    g_autofree char *to_close = NULL;
    g_autofree char *reason = NULL;
    gboolean is_json = FALSE;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, NULL, NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &is_json, NULL, NULL},
        {"close", 0, 0, G_OPTION_ARG_STRING, &to_close, NULL, NULL},
        {"reason", 0, 0, G_OPTION_ARG_STRING, &reason, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_auto(MadoCommandCentre) centre = {NULL, NULL};
    g_autoptr(GError) error = NULL;
    MadoListing *listing;
    gboolean done;

    if (!mado_command_parse(usage, entries, &argc, &argv))
        return MADO_COMMAND_USAGE;
    if (argc != 1 || (to_close != NULL) != (reason != NULL))
        return mado_command_usage(usage);
    if (!mado_command_open(config, &centre, &error))
        return mado_command_fail(error);
    if (to_close != NULL) {
        if (!close_visit(centre.store, to_close, reason, &error))
            return mado_command_fail(error);
        printf("visit closed; its card is void\n");
        return MADO_COMMAND_DONE;
    }
    listing = mado_listing_new(is_json);
    done = centre.store->ops->list_transactions(centre.store, list_visit, listing, &error);
    mado_listing_finish(listing);
    return done ? MADO_COMMAND_DONE : mado_command_fail(error);
}

/* ---- receipts ---- */

typedef struct {
    MadoListing *listing;
    gboolean only_bad;
} ReceiptList;

static void
list_receipt(const MadoReceiptRecord *record,
             const MadoReceipt *header,
             const GError *fault,
             gpointer user_data)
{
    const ReceiptList *list = user_data;
    MadoListing *listing = list->listing;

    if (list->only_bad && fault == NULL)
        return;
    mado_listing_begin_row(listing);
    mado_listing_text(listing, "terminal", record->terminal);
    mado_listing_int(listing, "epoch", record->epoch);
    mado_listing_int(listing, "number", (gint64)record->number);
    mado_listing_text(listing, "kind", mado_receipt_kind_name(record->kind));
    mado_listing_hex(listing, "visit", record->visit, sizeof record->visit);
    mado_listing_text(listing, "operator", header->operator_id);
    mado_listing_time(listing, "time", header->time_ms);
    mado_listing_time(listing, "received", record->received_ms);
    mado_listing_hex(listing, "hash", record->hash, sizeof record->hash);
    mado_listing_text(listing, "verified", fault == NULL ? "yes" : fault->message);
}

static gboolean
report_receipts(const MadoCommandCentre *centre,
                gboolean is_json,
                gboolean verify,
                gboolean *ret_good,
                GError **error)
{
    g_autoptr(MadoKeys) keys = mado_keys_load(centre->settings->keys, error);
    ReceiptList list = {.only_bad = verify && !is_json};
    MadoReceiptBookCount count;
    guint64 n_forks;
    gboolean done;

    if (keys == NULL || !centre->store->ops->count_forks(centre->store, &n_forks, error))
        return FALSE;
    list.listing = mado_listing_new(is_json);
    done = mado_receipt_book_verify(centre->store, keys, list_receipt, &list, &count, error);
    mado_listing_finish(list.listing);
    if (!done)
        return FALSE;
    if (verify)
        fprintf(is_json ? stderr : stdout,
                "%" G_GUINT64_FORMAT " receipts verify, %" G_GUINT64_FORMAT
                " do not, %" G_GUINT64_FORMAT " forks\n",
                count.n_good, count.n_bad, n_forks);
    *ret_good = count.n_bad == 0 && n_forks == 0;
    return TRUE;
}

int
mado_command_receipts(const char *usage, int argc, char **argv)
{
    g_autofree char *config = NULL;
    gboolean is_json = FALSE;
    gboolean verify = FALSE;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, NULL, NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &is_json, NULL, NULL},
        {"verify", 0, 0, G_OPTION_ARG_NONE, &verify, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_auto(MadoCommandCentre) centre = {NULL, NULL};
    g_autoptr(GError) error = NULL;
    gboolean good = FALSE;

    if (!mado_command_parse(usage, entries, &argc, &argv))
        return MADO_COMMAND_USAGE;
    if (argc != 1)
        return mado_command_usage(usage);
    if (!mado_command_open(config, &centre, &error) ||
        !report_receipts(&centre, is_json, verify, &good, &error))
        return mado_command_fail(error);
    return !verify || good ? MADO_COMMAND_DONE : MADO_COMMAND_FAILED;
}
