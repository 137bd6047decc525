/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Our place on the bus: the name, the object manager, and which object is where. Main thread.
 * The name is owned only when everything is exported, so a client that sees it can call.
 */
#pragma once

#include "daemon/manager-iface.h"

typedef struct _MadoBus MadoBus;

/* @connection referenced; @guard borrowed, outlives it. (transfer full) */
MadoBus *
mado_bus_new(GDBusConnection *connection, MadoGuard *guard);
/* Takes everything off the bus. */
void
mado_bus_free(MadoBus *self);

/* Exports Manager, once. */
gboolean
mado_bus_export_manager(MadoBus *self,
                        const MadoManagerIfaceSettings *settings,
                        GError **error);
/* Asks for the name; @on_lost when another has it, or it or the bus went. */
void
mado_bus_own_name(MadoBus *self, void (*on_lost)(gpointer user_data), gpointer user_data);
/* No new client finds us any more; what is exported stays. */
void
mado_bus_release_name(MadoBus *self);

/* (transfer none): Manager, for its setters. */
GDBusInterfaceSkeleton *
mado_bus_manager(const MadoBus *self);

void
mado_bus_add_reader(MadoBus *self, const MadoReader *reader);
void
mado_bus_change_reader(MadoBus *self, const MadoReader *reader);
void
mado_bus_set_reader_role(MadoBus *self, const MadoReader *reader, const char *role);
void
mado_bus_remove_reader(MadoBus *self, const MadoReader *reader);

void
mado_bus_add_session(MadoBus *self,
                     MadoSession *session,
                     const char *path,
                     const char *reader_path,
                     const char *owner);
void
mado_bus_change_session(MadoBus *self, const char *path);
void
mado_bus_tell_answer(MadoBus *self, const char *path, const char *page, const char *answer);
void
mado_bus_remove_session(MadoBus *self, const char *path);
