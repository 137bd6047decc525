/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The look both applications share: the Digital Agency's colours and shapes (tokens.css). */
#pragma once

#include <gtk/gtk.h>

/* Loads tokens.css and then @resource (nullable), an application's own sheet, for the default
 * screen. Once, after GTK was opened. */
void
mado_style_load(const char *resource);

/* The size of all text in per cent of what the desktop says, 100 to 200. */
void
mado_style_set_text_scale(guint per_cent);
