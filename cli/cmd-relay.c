/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/cmd-relay.h"

#include "cli/client.h"
#include "cli/progress.h"
#include "common/error.h"
#include "relay/relay.h"

#include <glib/gi18n.h>

#include <madoguchi/limits.h>

#define WATCH_WAIT_MS 60000 /* looks at the backlog at least so often */
#define DELIVERIES_MAX                                                                         \
    (2 * MADO_LIMIT_RECEIPT_BACKLOG) /* per round; more means no progress                      \
                                      */

typedef struct {
    MadoClient *client;
    MadoRelayConfig *config;
    MadoRelay *relay;
    guint n_sent;
    guint backlog;
} Sender;

static void
sender_clear(Sender *sender)
{
    mado_relay_free(sender->relay);
    mado_relay_config_free(sender->config);
    mado_client_free(sender->client);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sender, sender_clear)

static gboolean
open_sender(Sender *sender, const MadoArguments *arguments, GError **error)
{
    sender->config = mado_relay_config_load(mado_arguments_config(arguments), error);
    if (sender->config == NULL)
        return FALSE;
    sender->relay = mado_relay_new(sender->config, NULL, error);
    if (sender->relay == NULL)
        return FALSE;
    sender->client = mado_client_new(error);
    return sender->client != NULL;
}

/* The answer to one receipt; a refusal is an error. A gap or fork comes back to the daemon as
 * what it is: nothing to hand on. */
static MadoRelayAnswer *
post(Sender *sender, const MadoRelayMessage *message, GError **error)
{
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(MadoRelayAnswer) answer = NULL;

    mado_relay_send_async(sender->relay, message, mado_client_cancellable(sender->client),
                          mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    answer = mado_relay_finish(sender->relay, result, error);
    if (answer == NULL)
        return NULL;
    if (answer->status != 200) {
        g_set_error(error, MADO_ERROR,
                    answer->status >= 500 ? MADO_ERROR_CENTRE_UNREACHABLE
                                          : MADO_ERROR_CENTRE_REFUSED,
                    "status %u %s %s", answer->status, answer->problem, answer->title);
        return NULL;
    }
    return g_steal_pointer(&answer);
}

/* Sends one; *ret_sent is FALSE when nothing waits. */
static gboolean
send_one(Sender *sender, gboolean *ret_sent, GError **error)
{
    g_autofree char *endpoint = NULL;
    g_autofree char *delivery = NULL;
    g_autoptr(GBytes) body = NULL;
    g_autoptr(MadoRelayAnswer) answer = NULL;
    MadoRelayMessage message;

    if (!mado_client_next_delivery(sender->client, &endpoint, &delivery, &body, error))
        return FALSE;
    if (endpoint[0] == '\0') {
        *ret_sent = FALSE;
        return TRUE;
    }
    message = (MadoRelayMessage){endpoint, delivery, body};
    answer = post(sender, &message, error);
    if (answer == NULL || !mado_client_finish_delivery(sender->client, delivery, answer->body,
                                                       &sender->backlog, error))
        return FALSE;
    sender->n_sent++;
    *ret_sent = TRUE;
    return TRUE;
}

static gboolean
send_all(Sender *sender, GError **error)
{
    gboolean sent = TRUE;

    for (guint i = 0; sent && i < DELIVERIES_MAX; i++) {
        if (!send_one(sender, &sent, error))
            return FALSE;
    }
    if (!sent)
        sender->backlog = 0;
    return TRUE;
}

/* Until the program is told to stop. A round that fails is said and tried again: the receipts
 * stay with the daemon. */
static gboolean
watch(Sender *sender, MadoProgress *progress, GError **error)
{
    GCancellable *cancellable = mado_client_cancellable(sender->client);
    gboolean is_idle = TRUE;

    while (!g_cancellable_is_cancelled(cancellable)) {
        g_autoptr(GError) failure = NULL;

        is_idle = send_all(sender, &failure);
        if (g_error_matches(failure, MADO_ERROR, MADO_ERROR_DAEMON_GONE)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        if (failure != NULL)
            mado_progress_say(progress, failure->message);
        mado_client_wait_for_backlog(sender->client, WATCH_WAIT_MS, is_idle);
    }
    return TRUE;
}

gboolean
mado_cmd_relay_run(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    g_auto(Sender) sender = {0};
    g_autoptr(MadoProgress) progress = mado_progress_new(arguments);
    gboolean ok;

    if (!open_sender(&sender, arguments, error))
        return FALSE;
    ok = mado_arguments_has(arguments, MADO_OPTION_WATCH) ? watch(&sender, progress, error)
                                                          : send_all(&sender, error);
    json_object_set_int_member(result, "sent", sender.n_sent);
    json_object_set_int_member(result, "backlog", sender.backlog);
    return ok;
}

void
mado_cmd_relay_show(JsonObject *result)
{
    if (!json_object_has_member(result, "sent"))
        return;
    g_print(_("Receipts sent: %d, still waiting: %d\n"),
            (int)json_object_get_int_member(result, "sent"),
            (int)json_object_get_int_member(result, "backlog"));
}
