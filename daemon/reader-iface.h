/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interface Reader on the bus: properties that mirror the model. Main thread. */
#pragma once

#include "daemon/guard.h"
#include "daemon/registry.h"

/* (transfer full) */
GDBusInterfaceSkeleton *
mado_reader_iface_new(MadoGuard *guard, const MadoReader *reader);
void
mado_reader_iface_refresh(GDBusInterfaceSkeleton *self, const MadoReader *reader);
void
mado_reader_iface_set_role(GDBusInterfaceSkeleton *self, const char *role);
