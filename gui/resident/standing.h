/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the resident's screen runs. In production: as a user of its own, on an X server that
 * nobody else draws on, because who shares either of them sees what is typed (protocol.md 4).
 */
#pragma once

#include <gtk/gtk.h>

/* Before GTK is opened: nobody may read this process, and its pages have no accessibility
 * bridge unless @is_training. */
void
mado_standing_harden(gboolean is_training);
/* NOT_AUTHORIZED, saying what is in the way: root, another user's X server, another client's
 * window. */
gboolean
mado_standing_check(GdkDisplay *display, GError **error);
