/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interface Manager on the bus → core calls; no decisions. Main thread. */
#pragma once

#include "daemon/claims.h"
#include "daemon/fleet.h"
#include "daemon/guard.h"
#include "daemon/looks.h"

typedef struct {
    MadoGuard *guard; /* all borrowed, outliving the object on the bus */
    MadoClaims *claims;
    MadoClients *clients;
    MadoAgent *agent;
    MadoScreen *screen;
    MadoJournal *journal; /* (nullable) */
    MadoLooks *looks;
    const MadoDesk *desk;
    MadoFleet *fleet;
    MadoRegistry *registry;
    /* A role was bound or taken away. */
    void (*on_bound)(gpointer user_data);
    gpointer user_data;
} MadoManagerIfaceSettings;

/* (transfer full) */
GDBusInterfaceSkeleton *
mado_manager_iface_new(const MadoManagerIfaceSettings *settings);
void
mado_manager_iface_set_service_present(GDBusInterfaceSkeleton *self, gboolean is_present);
void
mado_manager_iface_set_backlog(GDBusInterfaceSkeleton *self, guint n_receipts);
/* The client vanished: if it was the agent it is not any more. */
void
mado_manager_iface_client_gone(GDBusInterfaceSkeleton *self, const char *bus_name);
