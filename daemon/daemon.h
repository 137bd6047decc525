/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns every part of the daemon and wires them to one another. Main thread. */
#pragma once

#include "daemon/desk.h"
#include "daemon/transport.h"

typedef struct _MadoDaemon MadoDaemon;

typedef struct {
    const MadoDesk *desk; /* borrowed, outlives it */
    GDBusConnection *connection;
    MadoTransportNew new_transport;
    gpointer transport_data;
    MadoSensor *sensor; /* (transfer full) */
    /* The name on the bus, or the bus, was lost; or everything has stopped after
     * mado_daemon_stop(): leave the main loop. */
    void (*on_ended)(gboolean is_failure, gpointer user_data);
    gpointer user_data;
} MadoDaemonSettings;

/* (transfer full): on the bus, watching readers, when it returns. */
MadoDaemon *
mado_daemon_start(const MadoDaemonSettings *settings, GError **error);
/*
 * Takes no new clients, interrupts what runs, puts visits on hold, powers the cards down, and
 * calls on_ended when that is done or MADO_TIMEOUT_EXCHANGE_MS is over. A second stop ends at
 * once.
 */
void
mado_daemon_stop(MadoDaemon *self);
void
mado_daemon_free(MadoDaemon *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoDaemon, mado_daemon_free)
