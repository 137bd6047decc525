/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/clients.h"

#include "common/error.h"

#include <madoguchi/limits.h>

typedef struct {
    MadoClients *clients; /* borrowed: it owns us */
    char *bus_name;
    guint watch;
    guint n_calls;
    guint n_sessions;
    gboolean is_agent;
    gboolean is_gone;
} Client;

struct _MadoClients {
    GDBusConnection *connection;
    GHashTable *by_name; /* of Client */
    MadoClientsGone on_gone;
    gpointer user_data;
};

/* What an invocation in flight carries with it. The table is referenced, not the object: a call
 * may be answered after the object is gone. */
typedef struct {
    GHashTable *by_name;
    char *bus_name;
} Admission;

static void
client_free(gpointer data)
{
    Client *client = data;

    if (client->watch != 0)
        g_bus_unwatch_name(client->watch);
    g_free(client->bus_name);
    g_free(client);
}

static void
drop_if_idle(GHashTable *by_name, Client *client)
{
    if (client->n_calls == 0 && client->n_sessions == 0 && !client->is_agent)
        g_hash_table_remove(by_name, client->bus_name);
}

static void
on_name_vanished(GDBusConnection *connection, const char *name, gpointer user_data)
{
    Client *client = user_data;
    MadoClients *self = client->clients;
    g_autofree char *bus_name = g_strdup(name);

    if (client->is_gone)
        return;
    client->is_gone = TRUE;
    self->on_gone(bus_name, self->user_data); /* may drop the client */
}

MadoClients *
mado_clients_new(GDBusConnection *connection, MadoClientsGone on_gone, gpointer user_data)
{
    MadoClients *self = g_new0(MadoClients, 1);

    self->connection = g_object_ref(connection);
    self->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, client_free);
    self->on_gone = on_gone;
    self->user_data = user_data;
    return self;
}

void
mado_clients_free(MadoClients *self)
{
    if (self == NULL)
        return;
    g_hash_table_remove_all(self->by_name);
    g_hash_table_unref(self->by_name);
    g_object_unref(self->connection);
    g_free(self);
}

static Client *
ensure_client(MadoClients *self, const char *bus_name)
{
    Client *client = g_hash_table_lookup(self->by_name, bus_name);

    if (client != NULL)
        return client;
    client = g_new0(Client, 1);
    client->clients = self;
    client->bus_name = g_strdup(bus_name);
    g_hash_table_insert(self->by_name, client->bus_name, client);
    /* Tells at once, from the main loop, when the name is gone already. */
    client->watch = g_bus_watch_name_on_connection(self->connection, bus_name,
                                                   G_BUS_NAME_WATCHER_FLAGS_NONE, NULL,
                                                   on_name_vanished, client, NULL);
    return client;
}

static void
admission_free(gpointer data)
{
    Admission *admission = data;
    Client *client = g_hash_table_lookup(admission->by_name, admission->bus_name);

    if (client != NULL && client->n_calls > 0) {
        client->n_calls--;
        drop_if_idle(admission->by_name, client);
    }
    g_hash_table_unref(admission->by_name);
    g_free(admission->bus_name);
    g_free(admission);
}

static gboolean
check_arguments(GVariant *arguments, GError **error)
{
    for (gsize i = 0; i < g_variant_n_children(arguments); i++) {
        g_autoptr(GVariant) argument = g_variant_get_child_value(arguments, i);

        if (g_variant_get_size(argument) <= MADO_LIMIT_ARGUMENT_LEN)
            continue;
        g_set_error(error, MADO_ERROR, MADO_ERROR_LIMIT, "an argument is longer than %d bytes",
                    MADO_LIMIT_ARGUMENT_LEN);
        return FALSE;
    }
    return TRUE;
}

gboolean
mado_clients_admit_call(MadoClients *self, GDBusMethodInvocation *invocation, GError **error)
{
    const char *sender = g_dbus_method_invocation_get_sender(invocation);
    Admission *admission;
    Client *client;

    if (!check_arguments(g_dbus_method_invocation_get_parameters(invocation), error))
        return FALSE;
    client = ensure_client(self, sender);
    if (client->n_calls >= MADO_LIMIT_CALLS_IN_FLIGHT_PER_CLIENT) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_LIMIT, "more than %d calls at once",
                    MADO_LIMIT_CALLS_IN_FLIGHT_PER_CLIENT);
        return FALSE;
    }
    client->n_calls++;
    admission = g_new0(Admission, 1);
    admission->by_name = g_hash_table_ref(self->by_name);
    admission->bus_name = g_strdup(sender);
    g_object_set_data_full(G_OBJECT(invocation), "mado-admission", admission, admission_free);
    return TRUE;
}

gboolean
mado_clients_add_session(MadoClients *self, const char *bus_name, GError **error)
{
    Client *client = ensure_client(self, bus_name);

    if (client->n_sessions >= MADO_LIMIT_SESSIONS_PER_CLIENT) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_LIMIT, "more than %d readers for one client",
                    MADO_LIMIT_SESSIONS_PER_CLIENT);
        return FALSE;
    }
    client->n_sessions++;
    return TRUE;
}

void
mado_clients_remove_session(MadoClients *self, const char *bus_name)
{
    Client *client = g_hash_table_lookup(self->by_name, bus_name);

    g_return_if_fail(client != NULL && client->n_sessions > 0);
    client->n_sessions--;
    drop_if_idle(self->by_name, client);
}

void
mado_clients_set_agent(MadoClients *self, const char *bus_name, gboolean is_agent)
{
    Client *client = ensure_client(self, bus_name);

    client->is_agent = is_agent;
    drop_if_idle(self->by_name, client);
}

gboolean
mado_clients_is_alive(const MadoClients *self, const char *bus_name)
{
    const Client *client = g_hash_table_lookup(self->by_name, bus_name);

    return client != NULL && !client->is_gone;
}
