/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* requests, visits, receipts: what the centre holds. No personal data but in what an auditor
 * opens. */
#include "config.h"

#include "central/command.h"
#include "central/keys.h"
#include "central/listing.h"
#include "central/pki.h"
#include "central/receipt-book.h"
#include "central/service.h"
#include "central/visit.h"
#include "common/body-receipt.h"
#include "common/envelope.h"
#include "common/error.h"
#include "common/message.h"
#include "common/operator-key.h"
#include "common/wipe.h"

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

/* How receipts are shown. */
typedef struct {
    MadoListing *listing;         /* owned while listing */
    const MadoIdentity *identity; /* opens bodies; NULL: they stay closed */
    char *operator_id;            /* owned, as the rest; of the auditor */
    char *key_path;
    int passphrase_fd;
    gboolean is_json;
    gboolean verify;
    gboolean only_bad;
} ReceiptView;

static void
clear_view(ReceiptView *view)
{
    g_free(view->operator_id);
    g_free(view->key_path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ReceiptView, clear_view)

/* What the desk encrypted to the centre. Every row gets the same columns. */
static void
list_body(const ReceiptView *view, GBytes *body)
{
    g_autoptr(MadoSecret) plain =
        body != NULL ? mado_envelope_decrypt(view->identity, body, NULL) : NULL;
    MadoBodyReceipt content;

    memset(&content, 0, sizeof content);
    if (plain != NULL && !mado_body_receipt_parse(mado_secret_peek(plain),
                                                  mado_secret_len(plain), &content, NULL))
        memset(&content, 0, sizeof content);
    mado_listing_text(view->listing, "request", content.request_id);
    mado_listing_text(view->listing, "procedure",
                      content.procedure != 0 ? procedure_name(content.procedure) : "");
    mado_listing_int(view->listing, "outcome", content.outcome);
    mado_listing_text(view->listing, "detail", content.detail);
    mado_wipe(&content, sizeof content);
}

static void
list_receipt(const MadoReceiptBookItem *item, gpointer user_data)
{
    const ReceiptView *view = user_data;
    const MadoReceiptRecord *record = item->record;
    MadoListing *listing = view->listing;

    if (view->only_bad && item->fault == NULL)
        return;
    mado_listing_begin_row(listing);
    mado_listing_text(listing, "terminal", record->terminal);
    mado_listing_int(listing, "epoch", record->epoch);
    mado_listing_int(listing, "number", (gint64)record->number);
    mado_listing_text(listing, "kind", mado_receipt_kind_name(record->kind));
    mado_listing_hex(listing, "visit", record->visit, sizeof record->visit);
    mado_listing_text(listing, "operator", item->header->operator_id);
    mado_listing_time(listing, "time", item->header->time_ms);
    mado_listing_time(listing, "received", record->received_ms);
    mado_listing_hex(listing, "hash", record->hash, sizeof record->hash);
    mado_listing_text(listing, "verified", item->fault == NULL ? "yes" : item->fault->message);
    if (view->identity != NULL)
        list_body(view, item->body);
}

static gboolean
give_passphrase(guint8 *buffer, gsize capacity, gsize *ret_len, gpointer user_data)
{
    const ReceiptView *view = user_data;
    g_autoptr(MadoSecret) line =
        mado_command_ask_secret("Passphrase of the key", view->passphrase_fd, NULL);

    if (line == NULL || mado_secret_len(line) > capacity)
        return FALSE;
    memcpy(buffer, mado_secret_peek(line), mado_secret_len(line));
    *ret_len = mado_secret_len(line);
    return TRUE;
}

/* Bodies are opened for somebody who holds the key of a registered auditor. */
static gboolean
check_auditor(MadoStore *store, ReceiptView *view, GError **error)
{
    g_autoptr(MadoOperatorRecord) record =
        store->ops->get_operator(store, view->operator_id, error);
    g_autoptr(MadoOperatorKey) key = NULL;
    g_autoptr(GBytes) public_key = NULL;

    if (record == NULL)
        return FALSE;
    key = mado_operator_key_load(view->key_path, give_passphrase, view, error);
    if (key == NULL)
        return FALSE;
    public_key = mado_pki_public_key_to_der(mado_operator_key_peek(key));
    if (!record->is_revoked && (record->roles & MADO_ROLE_AUDITOR) != 0 &&
        g_bytes_equal(public_key, record->public_key))
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_OPERATOR, "%s is no auditor with this key",
                view->operator_id);
    return FALSE;
}

static gboolean
report_receipts(const MadoCommandCentre *centre,
                ReceiptView *view,
                gboolean *ret_good,
                GError **error)
{
    g_autoptr(MadoKeys) keys = mado_keys_load(centre->settings->keys, error);
    MadoReceiptBookCount count;
    guint64 n_forks;
    gboolean done;

    if (keys == NULL || !centre->store->ops->count_forks(centre->store, &n_forks, error))
        return FALSE;
    if (view->operator_id != NULL) {
        if (!check_auditor(centre->store, view, error))
            return FALSE;
        view->identity = keys->identity;
    }
    /* Whoever asks whether they verify wants to see those that do not. */
    view->only_bad = view->verify && !view->is_json && view->identity == NULL;
    view->listing = mado_listing_new(view->is_json);
    done = mado_receipt_book_verify(centre->store, keys, list_receipt, view, &count, error);
    mado_listing_finish(g_steal_pointer(&view->listing));
    if (!done)
        return FALSE;
    if (view->verify)
        fprintf(view->is_json ? stderr : stdout,
                "%" G_GUINT64_FORMAT " receipts verify, %" G_GUINT64_FORMAT
                " do not, %" G_GUINT64_FORMAT " forks\n",
                count.n_good, count.n_bad, n_forks);
    *ret_good = count.n_bad == 0 && n_forks == 0;
    return TRUE;
}

int
mado_command_receipts(const char *usage, int argc, char **argv)
{
    g_auto(ReceiptView) view = {.passphrase_fd = -1};
    g_autofree char *config = NULL;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, NULL, NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &view.is_json, NULL, NULL},
        {"verify", 0, 0, G_OPTION_ARG_NONE, &view.verify, NULL, NULL},
        {"open-as", 0, 0, G_OPTION_ARG_STRING, &view.operator_id, NULL, NULL},
        {"key", 0, 0, G_OPTION_ARG_FILENAME, &view.key_path, NULL, NULL},
        {"passphrase-fd", 0, 0, G_OPTION_ARG_INT, &view.passphrase_fd, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_auto(MadoCommandCentre) centre = {NULL, NULL};
    g_autoptr(GError) error = NULL;
    gboolean good = FALSE;

    if (!mado_command_parse(usage, entries, &argc, &argv))
        return MADO_COMMAND_USAGE;
    if (argc != 1 || (view.operator_id != NULL) != (view.key_path != NULL))
        return mado_command_usage(usage);
    if (!mado_command_open(config, &centre, &error) ||
        !report_receipts(&centre, &view, &good, &error))
        return mado_command_fail(error);
    return !view.verify || good ? MADO_COMMAND_DONE : MADO_COMMAND_FAILED;
}
