/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who on the bus has something from us: calls in flight, sessions, the agent's place. A client
 * is watched from its first call on; when its bus name vanishes everybody interested is told
 * once. Main thread.
 */
#pragma once

#include <gio/gio.h>

typedef struct _MadoClients MadoClients;

/* @on_gone: a client that held something vanished. @bus_name is not used for anyone else again
 * as long as the bus lives. */
typedef void (*MadoClientsGone)(const char *bus_name, gpointer user_data);

/* (transfer full): @connection referenced. */
MadoClients *
mado_clients_new(GDBusConnection *connection, MadoClientsGone on_gone, gpointer user_data);
void
mado_clients_free(MadoClients *self);

/* Counts @invocation as a call in flight until it is finalised, that is answered. LIMIT beyond
 * MADO_LIMIT_CALLS_IN_FLIGHT_PER_CLIENT or for an argument beyond MADO_LIMIT_ARGUMENT_LEN. */
gboolean
mado_clients_admit_call(MadoClients *self, GDBusMethodInvocation *invocation, GError **error);
/* LIMIT beyond MADO_LIMIT_SESSIONS_PER_CLIENT. */
gboolean
mado_clients_add_session(MadoClients *self, const char *bus_name, GError **error);
void
mado_clients_remove_session(MadoClients *self, const char *bus_name);
/* Keeps a client watched that holds neither call nor session. */
void
mado_clients_set_agent(MadoClients *self, const char *bus_name, gboolean is_agent);
/* FALSE once it has vanished; only for clients with a call in flight. */
gboolean
mado_clients_is_alive(const MadoClients *self, const char *bus_name);
