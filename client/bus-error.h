/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a client makes of a failed call to the daemon. */
#pragma once

#include <gio/gio.h>

/* Takes @failure (transfer full) and puts an error of ours into @error (nullable): what the
 * daemon named, DAEMON_GONE when it is not there. Returns FALSE always. */
gboolean
mado_bus_error_take(GError **error, GError *failure);
