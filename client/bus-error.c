/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/bus-error.h"

#include "common/error.h"

static gboolean
is_daemon_gone(const GError *failure)
{
    return g_error_matches(failure, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
           g_error_matches(failure, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
           g_error_matches(failure, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
           g_error_matches(failure, G_DBUS_ERROR, G_DBUS_ERROR_DISCONNECTED) ||
           g_error_matches(failure, G_DBUS_ERROR, G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND) ||
           g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

gboolean
mado_bus_error_take(GError **error, GError *failure)
{
    g_dbus_error_strip_remote_error(failure);
    if (is_daemon_gone(failure)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_DAEMON_GONE, "%s", failure->message);
        g_error_free(failure);
        return FALSE;
    }
    mado_error_convert(&failure);
    g_propagate_error(error, failure);
    return FALSE;
}
