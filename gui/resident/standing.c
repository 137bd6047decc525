/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/standing.h"

#include "common/error.h"
#include "common/hardening.h"

#include <gdk/gdkx.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

void
mado_standing_harden(gboolean is_training)
{
    mado_hardening_apply();
    if (!is_training) {
        g_setenv("NO_AT_BRIDGE", "1", TRUE);
        g_unsetenv("GTK_MODULES"); /* foreign code in this process */
        g_unsetenv("GTK_DEBUG");   /* the inspector */
        g_unsetenv("GTK_IM_MODULE");
        g_unsetenv("GTK_PATH");
    }
}

static gboolean
refuse(GError **error, const char *text)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_NOT_AUTHORIZED, "%s", text);
    return FALSE;
}

/* The user of the X server at the other end; (uid_t)-1 when it cannot be told. */
static uid_t
server_user(GdkDisplay *display)
{
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t len = sizeof peer;
    int fd = ConnectionNumber(gdk_x11_display_get_xdisplay(display));

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return (uid_t)-1;
    return peer.uid;
}

/* TRUE when the window manager knows of a window that is not ours: at start we have none. */
static gboolean
has_foreign_window(GdkDisplay *display)
{
    GList *stack = gdk_screen_get_window_stack(gdk_display_get_default_screen(display));
    gboolean has_one = stack != NULL;

    g_list_free_full(stack, g_object_unref);
    return has_one;
}

gboolean
mado_standing_check(GdkDisplay *display, GError **error)
{
    uid_t server;

    if (geteuid() == 0)
        return refuse(error, "does not run as root: see madoguchi-resident(1)");
    if (!GDK_IS_X11_DISPLAY(display))
        return refuse(error, "needs an X server of its own");
    server = server_user(display);
    if (server != 0 && server != geteuid())
        return refuse(error, "the X server is another user's");
    if (has_foreign_window(display))
        return refuse(error, "the X server shows another program's windows; with --training "
                             "it may be shared");
    return TRUE;
}
