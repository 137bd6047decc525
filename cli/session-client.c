/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/session-client.h"

#include "client/bus-error.h"
#include "common/error.h"
#include "data/mado-dbus.h"

struct _MadoSessionClient {
    MadoClient *client; /* borrowed; outlives us by contract */
    MadoDbusSession *proxy;
    gulong cancel_handler;
    MadoSessionClientProgress progress; /* (nullable) */
    gpointer progress_data;
};

/* One call in flight: what every wrapper needs. */
typedef struct {
    GAsyncResult *slot;
    GAsyncResult *result; /* owned, after wait_for() */
    GError *failure;
} Call;

static void
call_clear(Call *call)
{
    g_clear_object(&call->result);
    g_clear_error(&call->failure);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Call, call_clear)

static GAsyncResult *
wait_for(Call *call)
{
    call->result = mado_client_wait(&call->slot);
    return call->result;
}

static gboolean
take_failure(Call *call, GError **error)
{
    return mado_bus_error_take(error, g_steal_pointer(&call->failure));
}

/* ---- life ----------------------------------------------------------------------------- */

static void
on_cancelled(GCancellable *cancellable, gpointer user_data)
{
    MadoSessionClient *self = user_data;

    /* The answer is of no use: what was running answers with Cancelled. */
    mado_dbus_session_call_cancel(self->proxy, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL,
                                  NULL);
}

static void
on_progress_changed(GObject *object, GParamSpec *spec, gpointer user_data)
{
    MadoSessionClient *self = user_data;
    GVariant *progress = mado_dbus_session_get_progress(self->proxy);
    guint n_done = 0;
    guint n_all = 0;
    guint rest_ms = 0;

    if (self->progress == NULL || progress == NULL)
        return;
    g_variant_get(progress, "(uuu)", &n_done, &n_all, &rest_ms);
    self->progress(n_done, n_all, rest_ms, self->progress_data);
}

MadoSessionClient *
mado_session_client_new(MadoClient *client, const char *reader_name, GError **error)
{
    g_autoptr(MadoSessionClient) self = g_new0(MadoSessionClient, 1);
    g_autofree char *reader = mado_client_choose_reader(client, reader_name, error);
    g_autofree char *path = NULL;
    GError *failure = NULL;

    self->client = client;
    if (reader == NULL)
        return NULL;
    path = mado_client_claim(client, reader, error);
    if (path == NULL)
        return NULL;
    self->proxy = mado_dbus_session_proxy_new_sync(
        mado_client_connection(client), G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
        mado_client_owner(client), path, NULL, &failure);
    if (self->proxy == NULL) {
        mado_bus_error_take(error, failure);
        return NULL;
    }
    g_signal_connect(self->proxy, "notify::progress", G_CALLBACK(on_progress_changed), self);
    self->cancel_handler = g_cancellable_connect(mado_client_cancellable(client),
                                                 G_CALLBACK(on_cancelled), self, NULL);
    return g_steal_pointer(&self);
}

static void
release(MadoSessionClient *self)
{
    g_auto(Call) call = {0};

    mado_dbus_session_call_release(self->proxy, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL,
                                   mado_client_on_ready, &call.slot);
    /* A claim that cannot be released has ended already. */
    (void)mado_dbus_session_call_release_finish(self->proxy, wait_for(&call), &call.failure);
}

void
mado_session_client_free(MadoSessionClient *self)
{
    if (self == NULL)
        return;
    if (self->cancel_handler != 0)
        g_cancellable_disconnect(mado_client_cancellable(self->client), self->cancel_handler);
    if (self->proxy != NULL) {
        release(self);
        g_signal_handlers_disconnect_by_data(self->proxy, self);
        g_object_unref(self->proxy);
    }
    g_free(self);
}

void
mado_session_client_set_progress(MadoSessionClient *self,
                                 MadoSessionClientProgress callback,
                                 gpointer user_data)
{
    self->progress = callback;
    self->progress_data = user_data;
}

const char *
mado_session_client_visit(MadoSessionClient *self)
{
    const char *visit = mado_dbus_session_get_visit(self->proxy);

    return visit != NULL ? visit : "";
}

/* ---- the card ------------------------------------------------------------------------- */

/* The daemon keeps its own times (data/org.madoguchi.Counter1.xml); this end waits. */
#define FLAGS G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT

GVariant *
mado_session_client_inspect(MadoSessionClient *self, GError **error)
{
    g_auto(Call) call = {0};
    GVariant *card = NULL;

    mado_dbus_session_call_inspect(self->proxy, FLAGS, NULL, mado_client_on_ready, &call.slot);
    if (!mado_dbus_session_call_inspect_finish(self->proxy, &card, wait_for(&call),
                                               &call.failure))
        take_failure(&call, error);
    return card;
}

/* (transfer full): a list with @fd as handle 0. */
static GUnixFDList *
make_fds(int fd, GError **error)
{
    g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();

    if (g_unix_fd_list_append(fds, fd, error) < 0) {
        mado_error_convert(error);
        return NULL;
    }
    return g_steal_pointer(&fds);
}

gboolean
mado_session_client_read(MadoSessionClient *self,
                         const MadoSessionClientRead *wanted,
                         GVariant **ret_files,
                         GUnixFDList **ret_fds,
                         GVariant **ret_checks,
                         GError **error)
{
    g_auto(Call) call = {0};
    g_autoptr(GUnixFDList) fds = make_fds(wanted->secret_fd, error);

    if (fds == NULL)
        return FALSE;
    mado_dbus_session_call_read(self->proxy, wanted->what, wanted->credential,
                                g_variant_new_handle(0), FLAGS, fds, NULL, mado_client_on_ready,
                                &call.slot);
    if (!mado_dbus_session_call_read_finish(self->proxy, ret_files, ret_checks, ret_fds,
                                            wait_for(&call), &call.failure))
        return take_failure(&call, error);
    return TRUE;
}

gboolean
mado_session_client_change_pin(MadoSessionClient *self,
                               const char *kind,
                               char **ret_state,
                               GError **error)
{
    g_auto(Call) call = {0};

    mado_dbus_session_call_change_pin(self->proxy, kind, FLAGS, NULL, mado_client_on_ready,
                                      &call.slot);
    if (!mado_dbus_session_call_change_pin_finish(self->proxy, ret_state, wait_for(&call),
                                                  &call.failure))
        return take_failure(&call, error);
    return TRUE;
}

/* ---- the steps of a visit ------------------------------------------------------------- */

/* All of these replies have one shape, so one finish function serves them (generated code
 * checks the reply's signature, which is the same). */
typedef gboolean (*FinishStep)(MadoDbusSession *proxy,
                               char **ret_name,
                               GVariant **ret_details,
                               GUnixFDList **ret_fds,
                               GAsyncResult *result,
                               GError **error);

static gboolean
finish_step(MadoSessionClient *self,
            Call *call,
            FinishStep finish,
            MadoClientStep *ret_step,
            GError **error)
{
    MadoClientStep step = {0};

    if (!finish(self->proxy, &step.name, &step.details, &step.fds, wait_for(call),
                &call->failure))
        return take_failure(call, error);
    *ret_step = step;
    return TRUE;
}

gboolean
mado_session_client_begin(MadoSessionClient *self,
                          const char *procedure,
                          const char *request,
                          int number_b_fd,
                          MadoClientStep *ret_step,
                          GError **error)
{
    g_auto(Call) call = {0};
    g_autoptr(GUnixFDList) fds = make_fds(number_b_fd, error);

    if (fds == NULL)
        return FALSE;
    mado_dbus_session_call_begin(self->proxy, procedure, request, g_variant_new_handle(0),
                                 FLAGS, fds, NULL, mado_client_on_ready, &call.slot);
    return finish_step(self, &call, mado_dbus_session_call_begin_finish, ret_step, error);
}

gboolean
mado_session_client_resume(MadoSessionClient *self,
                           const char *visit,
                           gboolean has_resident,
                           int number_b_fd,
                           MadoClientStep *ret_step,
                           GError **error)
{
    g_auto(Call) call = {0};
    g_autoptr(GUnixFDList) fds = make_fds(number_b_fd, error);

    if (fds == NULL)
        return FALSE;
    mado_dbus_session_call_resume(self->proxy, visit, has_resident, g_variant_new_handle(0),
                                  FLAGS, fds, NULL, mado_client_on_ready, &call.slot);
    return finish_step(self, &call, mado_dbus_session_call_resume_finish, ret_step, error);
}

static GVariant *
make_bytes(GBytes *bytes)
{
    return g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
}

gboolean
mado_session_client_decide(MadoSessionClient *self,
                           GBytes *decision,
                           GBytes *signature,
                           MadoClientStep *ret_step,
                           GError **error)
{
    g_auto(Call) call = {0};

    mado_dbus_session_call_decide(self->proxy, make_bytes(decision), make_bytes(signature),
                                  FLAGS, NULL, NULL, mado_client_on_ready, &call.slot);
    return finish_step(self, &call, mado_dbus_session_call_decide_finish, ret_step, error);
}

gboolean
mado_session_client_reply(MadoSessionClient *self,
                          const char *key,
                          GBytes *reply,
                          MadoClientStep *ret_step,
                          GError **error)
{
    g_auto(Call) call = {0};

    mado_dbus_session_call_reply(self->proxy, key, make_bytes(reply), FLAGS, NULL, NULL,
                                 mado_client_on_ready, &call.slot);
    return finish_step(self, &call, mado_dbus_session_call_reply_finish, ret_step, error);
}

gboolean
mado_session_client_fail(MadoSessionClient *self,
                         const char *key,
                         guint status,
                         const char *problem,
                         MadoClientStep *ret_step,
                         GError **error)
{
    g_auto(Call) call = {0};

    mado_dbus_session_call_fail(self->proxy, key, status, problem, FLAGS, NULL, NULL,
                                mado_client_on_ready, &call.slot);
    return finish_step(self, &call, mado_dbus_session_call_fail_finish, ret_step, error);
}

gboolean
mado_session_client_continue(MadoSessionClient *self, MadoClientStep *ret_step, GError **error)
{
    g_auto(Call) call = {0};

    mado_dbus_session_call_continue(self->proxy, FLAGS, NULL, NULL, mado_client_on_ready,
                                    &call.slot);
    return finish_step(self, &call, mado_dbus_session_call_continue_finish, ret_step, error);
}

gboolean
mado_session_client_choose_pins(MadoSessionClient *self,
                                MadoClientStep *ret_step,
                                GError **error)
{
    g_auto(Call) call = {0};

    mado_dbus_session_call_choose_pins(self->proxy, FLAGS, NULL, NULL, mado_client_on_ready,
                                       &call.slot);
    return finish_step(self, &call, mado_dbus_session_call_choose_pins_finish, ret_step, error);
}
