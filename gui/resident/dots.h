/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shows how much of an entry is typed, as dots; for a while, when asked to, as characters. It
 * reads the entry while it draws and keeps nothing of it: no text buffer, no accessible text,
 * no clipboard, no input method. It is the one focus stop of a PIN page. Main thread.
 */
#pragma once

#include "gui/resident/entry.h"

#include <gtk/gtk.h>

#define MADO_TYPE_DOTS (mado_dots_get_type())
G_DECLARE_FINAL_TYPE(MadoDots, mado_dots, MADO, DOTS, GtkDrawingArea)

/* @entry (nullable) is borrowed until the next call. */
void
mado_dots_set_entry(MadoDots *self, const MadoEntry *entry);
void
mado_dots_set_revealed(MadoDots *self, gboolean is_revealed);
gboolean
mado_dots_is_revealed(const MadoDots *self);
