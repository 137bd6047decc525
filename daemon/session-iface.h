/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interface Session on the bus → core calls; no decisions. Main thread. */
#pragma once

#include "daemon/guard.h"
#include "daemon/session.h"

/* (transfer full): @session borrowed until mado_session_iface_detach(). */
GDBusInterfaceSkeleton *
mado_session_iface_new(MadoGuard *guard,
                       MadoSession *session,
                       const char *reader_path,
                       const char *owner);
/* The session's properties changed. */
void
mado_session_iface_refresh(GDBusInterfaceSkeleton *self);
/* Signal ResidentAnswered, to the owner alone. */
void
mado_session_iface_answered(GDBusInterfaceSkeleton *self, const char *page, const char *answer);
/* The session is about to go. */
void
mado_session_iface_detach(GDBusInterfaceSkeleton *self);
