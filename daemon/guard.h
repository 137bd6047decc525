/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands before every exported interface: no method of ours is reached but through
 * mado_guard_vtable(), which applies limits, owner and gate in that order. An interface class
 * returns it from its get_vtable, so a handler cannot forget to ask. Main thread.
 */
#pragma once

#include "daemon/clients.h"
#include "daemon/gate.h"

typedef struct _MadoGuard MadoGuard;

/* (transfer full): both borrowed, outlive it (the daemon owns all three). */
MadoGuard *
mado_guard_new(MadoClients *clients, MadoGate *gate);
/* Calls that wait for the authority are then refused. */
void
mado_guard_free(MadoGuard *self);

/* For GDBusInterfaceSkeletonClass.get_vtable of the subclasses of the generated skeletons. */
GDBusInterfaceVTable *
mado_guard_vtable(GDBusInterfaceSkeleton *skeleton);
/* Must precede the export. @owner: bus name that MADO_GATE_OWNER means, or NULL. */
void
mado_guard_protect(MadoGuard *self, GDBusInterfaceSkeleton *skeleton, const char *owner);

/* Unix user of a caller that polkit was asked about (MADO_GATE_ASK). */
guint
mado_guard_caller_uid(GDBusMethodInvocation *invocation);
