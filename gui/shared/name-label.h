/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A label that shows a resident's name (or address) in its own characters. Where no font has
 * the right form it says so: a line under the character, a tooltip with the code points, and
 * the same words for a screen reader. Main thread.
 */
#pragma once

#include "gui/shared/name-fonts.h"

#include <gtk/gtk.h>

/* Puts @name into @label. @fonts: borrowed for the call. */
void
mado_name_label_set(GtkLabel *label, const MadoNameFonts *fonts, const char *name);
/* (transfer full) (nullable): which characters are not shown as they are, in words; NULL when
 * all are. */
char *
mado_name_label_explain(const MadoNameFonts *fonts, const char *name);
