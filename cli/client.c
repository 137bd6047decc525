/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/client.h"

#include "client/bus-error.h"
#include "common/error.h"
#include "data/mado-dbus.h"

#include <gio/gunixfdlist.h>
#include <glib-unix.h>

#include <madoguchi/limits.h>
#include <madoguchi/names.h>
#include <string.h>

struct _MadoClient {
    GDBusObjectManager *objects;
    char *owner; /* unique name of the daemon: one started anew knows nothing of our claim */
    MadoDbusManager *manager;
    GCancellable *cancellable; /* by SIGINT or SIGTERM */
    guint interrupt_source;
    guint terminate_source;
};

/* ---- waiting -------------------------------------------------------------------------- */

void
mado_client_on_ready(GObject *source, GAsyncResult *result, gpointer user_data)
{
    GAsyncResult **slot = user_data;

    *slot = g_object_ref(result);
}

GAsyncResult *
mado_client_wait(GAsyncResult **result)
{
    while (*result == NULL)
        g_main_context_iteration(NULL, TRUE);
    return g_steal_pointer(result);
}

/* ---- the connection ------------------------------------------------------------------- */

static gboolean
on_interrupted(gpointer user_data)
{
    MadoClient *self = user_data;

    g_cancellable_cancel(self->cancellable);
    return G_SOURCE_CONTINUE;
}

/* The first signal cancels; the default comes back, so the second ends the program. */
static gboolean
on_first_interrupt(gpointer user_data)
{
    MadoClient *self = user_data;

    self->interrupt_source = 0;
    on_interrupted(self);
    return G_SOURCE_REMOVE;
}

static gboolean
open_bus(MadoClient *self, GError **error)
{
    GError *failure = NULL;

    self->objects = mado_dbus_object_manager_client_new_for_bus_sync(
        G_BUS_TYPE_SYSTEM, G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_NONE, MADO_BUS_NAME,
        MADO_PATH_MANAGER, NULL, &failure);
    if (self->objects == NULL) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_DAEMON_GONE, "%s", failure->message);
        g_error_free(failure);
        return FALSE;
    }
    self->owner = g_dbus_object_manager_client_get_name_owner(
        G_DBUS_OBJECT_MANAGER_CLIENT(self->objects));
    if (self->owner == NULL) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_DAEMON_GONE, "nobody owns %s on the bus",
                    MADO_BUS_NAME);
        return FALSE;
    }
    self->manager = mado_dbus_manager_proxy_new_sync(
        mado_client_connection(self), G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, self->owner,
        MADO_PATH_MANAGER, NULL, &failure);
    if (self->manager == NULL)
        return mado_bus_error_take(error, failure);
    return TRUE;
}

MadoClient *
mado_client_new(GError **error)
{
    g_autoptr(MadoClient) self = g_new0(MadoClient, 1);

    (void)mado_error_quark(); /* registers the names of our errors with GDBus */
    self->cancellable = g_cancellable_new();
    self->interrupt_source = g_unix_signal_add(SIGINT, on_first_interrupt, self);
    self->terminate_source = g_unix_signal_add(SIGTERM, on_interrupted, self);
    if (!open_bus(self, error))
        return NULL;
    return g_steal_pointer(&self);
}

void
mado_client_free(MadoClient *self)
{
    if (self == NULL)
        return;
    g_clear_handle_id(&self->interrupt_source, g_source_remove);
    g_clear_handle_id(&self->terminate_source, g_source_remove);
    g_clear_object(&self->manager);
    g_clear_object(&self->objects);
    g_clear_object(&self->cancellable);
    g_free(self->owner);
    g_free(self);
}

GDBusConnection *
mado_client_connection(MadoClient *self)
{
    return g_dbus_object_manager_client_get_connection(
        G_DBUS_OBJECT_MANAGER_CLIENT(self->objects));
}

const char *
mado_client_owner(MadoClient *self)
{
    return self->owner;
}

GCancellable *
mado_client_cancellable(MadoClient *self)
{
    return self->cancellable;
}

/* ---- desk and readers ----------------------------------------------------------------- */

static char *
dup_or_empty(const char *text)
{
    return g_strdup(text != NULL ? text : "");
}

void
mado_client_get_desk(MadoClient *self, MadoClientDesk *ret_desk)
{
    *ret_desk = (MadoClientDesk){
        .version = dup_or_empty(mado_dbus_manager_get_version(self->manager)),
        .realm = dup_or_empty(mado_dbus_manager_get_realm(self->manager)),
        .terminal = dup_or_empty(mado_dbus_manager_get_terminal(self->manager)),
        .backlog = mado_dbus_manager_get_backlog(self->manager),
        .has_agent = mado_dbus_manager_get_agent_present(self->manager),
        .has_service = mado_dbus_manager_get_service_present(self->manager),
    };
}

void
mado_client_desk_clear(MadoClientDesk *self)
{
    g_clear_pointer(&self->version, g_free);
    g_clear_pointer(&self->realm, g_free);
    g_clear_pointer(&self->terminal, g_free);
}

static void
reader_free(gpointer data)
{
    MadoClientReader *reader = data;

    g_free(reader->path);
    g_free(reader->name);
    g_free(reader->port);
    g_free(reader->role);
    g_free(reader);
}

static int
compare_readers(gconstpointer a, gconstpointer b)
{
    const MadoClientReader *const *one = a;
    const MadoClientReader *const *other = b;

    return strcmp((*one)->name, (*other)->name);
}

GPtrArray *
mado_client_list_readers(MadoClient *self)
{
    GPtrArray *readers = g_ptr_array_new_with_free_func(reader_free);
    GList *objects = g_dbus_object_manager_get_objects(self->objects);

    for (GList *at = objects; at != NULL; at = at->next) {
        MadoDbusReader *proxy = mado_dbus_object_peek_reader(MADO_DBUS_OBJECT(at->data));
        MadoClientReader *reader;

        if (proxy == NULL)
            continue;
        reader = g_new0(MadoClientReader, 1);
        reader->path = g_strdup(g_dbus_object_get_object_path(at->data));
        reader->name = dup_or_empty(mado_dbus_reader_get_name(proxy));
        reader->port = dup_or_empty(mado_dbus_reader_get_port(proxy));
        reader->role = dup_or_empty(mado_dbus_reader_get_role(proxy));
        reader->has_card = mado_dbus_reader_get_card_present(proxy);
        reader->n_events = mado_dbus_reader_get_card_events(proxy);
        reader->is_claimed = mado_dbus_reader_get_claimed(proxy);
        g_ptr_array_add(readers, reader);
    }
    g_list_free_full(objects, g_object_unref);
    g_ptr_array_sort(readers, compare_readers);
    return readers;
}

/* How well a reader fits what was asked for: 2 before 1, 0 not at all. */
static int
fit(const MadoClientReader *reader, const char *name)
{
    if (name == NULL)
        return reader->has_card ? 2 : 1;
    if (strcmp(reader->name, name) == 0 || strcmp(reader->role, name) == 0)
        return 2;
    return strstr(reader->name, name) != NULL ? 1 : 0;
}

char *
mado_client_choose_reader(MadoClient *self, const char *name, GError **error)
{
    g_autoptr(GPtrArray) readers = mado_client_list_readers(self);
    const MadoClientReader *found = NULL;
    guint n_found = 0;
    int best = 1;

    for (guint i = 0; i < readers->len; i++) {
        const MadoClientReader *reader = g_ptr_array_index(readers, i);
        int fits = fit(reader, name);

        if (fits < best)
            continue;
        n_found = fits > best ? 1 : n_found + 1;
        best = fits;
        found = reader;
    }
    if (n_found == 1)
        return g_strdup(found->path);
    if (n_found == 0 && !mado_dbus_manager_get_service_present(self->manager))
        g_set_error(error, MADO_ERROR, MADO_ERROR_SERVICE_GONE, "pcscd does not answer");
    else if (n_found == 0)
        g_set_error(error, MADO_ERROR, MADO_ERROR_READER_GONE, "reader '%s'",
                    name != NULL ? name : "");
    else if (name == NULL && best == 1)
        g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_ABSENT, "in none of %u readers",
                    n_found);
    else
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                    "%u readers fit, name one with --reader", n_found);
    return NULL;
}

/* ---- calls of the manager ------------------------------------------------------------- */

/* The daemon keeps its own times, polkit's dialog has none: this end waits. */
#define FLAGS G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT

char *
mado_client_claim(MadoClient *self, const char *reader_path, GError **error)
{
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    GError *failure = NULL;
    char *session = NULL;

    mado_dbus_manager_call_claim(self->manager, reader_path, FLAGS, self->cancellable,
                                 mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    if (!mado_dbus_manager_call_claim_finish(self->manager, &session, result, &failure))
        mado_bus_error_take(error, failure);
    return session;
}

gboolean
mado_client_register_agent(MadoClient *self, const char *agent_path, GError **error)
{
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    GError *failure = NULL;

    mado_dbus_manager_call_register_agent(self->manager, agent_path, FLAGS, self->cancellable,
                                          mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    if (!mado_dbus_manager_call_register_agent_finish(self->manager, result, &failure))
        return mado_bus_error_take(error, failure);
    return TRUE;
}

gboolean
mado_client_bind_reader(MadoClient *self,
                        const char *role,
                        const char *reader_path,
                        GError **error)
{
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    GError *failure = NULL;

    mado_dbus_manager_call_bind_reader(self->manager, role, reader_path, FLAGS,
                                       self->cancellable, mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    if (mado_dbus_manager_call_bind_reader_finish(self->manager, result, &failure))
        return TRUE;
    mado_bus_error_take(error, failure);
    return FALSE;
}

GVariant *
mado_client_list_reader_statistics(MadoClient *self, guint n_days, GError **error)
{
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    GError *failure = NULL;
    GVariant *statistics = NULL;

    mado_dbus_manager_call_list_reader_statistics(
        self->manager, n_days, FLAGS, self->cancellable, mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    if (!mado_dbus_manager_call_list_reader_statistics_finish(self->manager, &statistics,
                                                              result, &failure))
        mado_bus_error_take(error, failure);
    return statistics;
}

GVariant *
mado_client_list_visits(MadoClient *self, GError **error)
{
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    GError *failure = NULL;
    GVariant *visits = NULL;

    mado_dbus_manager_call_list_visits(self->manager, FLAGS, self->cancellable,
                                       mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    if (!mado_dbus_manager_call_list_visits_finish(self->manager, &visits, result, &failure))
        mado_bus_error_take(error, failure);
    return visits;
}

GVariant *
mado_client_list_receipts(MadoClient *self, guint64 after, guint limit, GError **error)
{
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    GError *failure = NULL;
    GVariant *receipts = NULL;

    mado_dbus_manager_call_list_receipts(self->manager, after, limit, FLAGS, self->cancellable,
                                         mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    if (!mado_dbus_manager_call_list_receipts_finish(self->manager, &receipts, result,
                                                     &failure))
        mado_bus_error_take(error, failure);
    return receipts;
}

gboolean
mado_client_next_delivery(
    MadoClient *self, char **ret_endpoint, char **ret_key, GBytes **ret_body, GError **error)
{
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GVariant) body = NULL;
    GError *failure = NULL;

    mado_dbus_manager_call_next_delivery(self->manager, FLAGS, self->cancellable,
                                         mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    if (!mado_dbus_manager_call_next_delivery_finish(self->manager, ret_endpoint, ret_key,
                                                     &body, result, &failure))
        return mado_bus_error_take(error, failure);
    *ret_body = g_variant_get_data_as_bytes(body);
    return TRUE;
}

gboolean
mado_client_finish_delivery(
    MadoClient *self, const char *key, GBytes *reply, guint *ret_backlog, GError **error)
{
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    GError *failure = NULL;

    mado_dbus_manager_call_finish_delivery(
        self->manager, key, g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING, reply, TRUE),
        FLAGS, self->cancellable, mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    if (!mado_dbus_manager_call_finish_delivery_finish(self->manager, ret_backlog, result,
                                                       &failure))
        return mado_bus_error_take(error, failure);
    return TRUE;
}

gboolean
mado_client_look(MadoClient *self,
                 const MadoClientLook *look,
                 char **ret_endpoint,
                 char **ret_key,
                 GBytes **ret_body,
                 GError **error)
{
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
    g_autoptr(GVariant) body = NULL;
    GError *failure = NULL;
    int handle = g_unix_fd_list_append(fds, look->query_fd, &failure);

    if (handle < 0)
        return mado_bus_error_take(error, failure);
    mado_dbus_manager_call_look(
        self->manager, g_variant_new_handle(handle),
        g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING, look->decision, TRUE),
        g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING, look->signature, TRUE), FLAGS, fds,
        self->cancellable, mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    if (!mado_dbus_manager_call_look_finish(self->manager, ret_endpoint, ret_key, &body, NULL,
                                            result, &failure))
        return mado_bus_error_take(error, failure);
    *ret_body = g_variant_get_data_as_bytes(body);
    return TRUE;
}

gboolean
mado_client_looked(
    MadoClient *self, const char *key, GBytes *reply, int *ret_rows_fd, GError **error)
{
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GUnixFDList) fds = NULL;
    g_autoptr(GVariant) rows = NULL;
    GError *failure = NULL;
    int fd;

    mado_dbus_manager_call_looked(
        self->manager, key, g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING, reply, TRUE),
        FLAGS, NULL, self->cancellable, mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    if (!mado_dbus_manager_call_looked_finish(self->manager, &rows, &fds, result, &failure))
        return mado_bus_error_take(error, failure);
    fd = fds != NULL ? g_unix_fd_list_get(fds, g_variant_get_handle(rows), &failure) : -1;
    if (fd >= 0) {
        *ret_rows_fd = fd;
        return TRUE;
    }
    if (failure != NULL)
        return mado_bus_error_take(error, failure);
    g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA, "the rows came without their file");
    return FALSE;
}

static gboolean
on_time_out(gpointer user_data)
{
    gboolean *is_over = user_data;

    *is_over = TRUE;
    return G_SOURCE_CONTINUE; /* the caller removes it */
}

void
mado_client_wait_for_backlog(MadoClient *self, guint wait_ms, gboolean until_backlog)
{
    gboolean is_over = FALSE;
    guint source = g_timeout_add(wait_ms, on_time_out, &is_over);

    while (!is_over && !g_cancellable_is_cancelled(self->cancellable) &&
           !(until_backlog && mado_dbus_manager_get_backlog(self->manager) != 0))
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(source);
}
