/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A name, character by character as it is written: a base and, where there is one, the
 * variation selector that chooses its form. Names are exact code points: nothing here
 * normalises, cuts or repairs one. Pure; any thread.
 */
#pragma once

#include <glib.h>

typedef struct {
    gunichar base;
    gunichar selector; /* U+FE00 … FE0F or U+E0100 … E01EF; 0: none */
    guint at;          /* bytes of UTF-8, where it begins and how long it is */
    guint len;
} MadoNamePart;

/* (transfer full) (element-type MadoNamePart): @text is valid UTF-8. A selector without a base
 * is a part of its own. */
GArray *
mado_name_text_split(const char *text);
/* Characters as people count them. */
guint
mado_name_text_count(const char *text);
/* (transfer full): "U+845B U+E0100". */
char *
mado_name_text_describe(const MadoNamePart *part);
/* Code points for private use: what they show is agreed nowhere. */
gboolean
mado_name_text_is_private(const MadoNamePart *part);
