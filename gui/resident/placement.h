/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps a window on one monitor, over all of it, and away while that monitor is gone: window
 * managers would put it on the clerk's. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

typedef struct _MadoPlacement MadoPlacement;

/*
 * (transfer full): @window is shown as soon as its monitor is there. @monitor: the connector
 * (DP-1) or model of the monitor; NULL: the one that is not the primary, or the only one.
 * @on_shown (nullable) tells each time the window comes or goes.
 */
MadoPlacement *
mado_placement_new(GtkWindow *window,
                   const char *monitor,
                   void (*on_shown)(gboolean is_shown, gpointer user_data),
                   gpointer user_data);
void
mado_placement_free(MadoPlacement *self); /* NULL is allowed */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoPlacement, mado_placement_free)
