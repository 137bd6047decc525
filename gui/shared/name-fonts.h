/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which font shows a name's characters in their right form. Pango never changes font because of
 * a variation selector and never says that one was ignored; so each font is asked whether it
 * has the sequence, and each character gets a font of its own. Fonts are told by file, since
 * their family names change with the locale. Opening them takes some 100 ms, once; a name then
 * some 10 µs. Main thread.
 */
#pragma once

#include "gui/shared/name-text.h"

#include <pango/pango.h>

typedef enum {
    MADO_NAME_MISSING,     /* no font has the character */
    MADO_NAME_APPROXIMATE, /* another form of the same character is shown */
    MADO_NAME_EXACT,
} MadoNameQuality;

typedef struct _MadoNameFonts MadoNameFonts;

/* (transfer full): the fonts named in the order of trust that are installed. @site (nullable):
 * a family that the municipality has, asked first. */
MadoNameFonts *
mado_name_fonts_new(const char *site);
void
mado_name_fonts_free(MadoNameFonts *self); /* NULL is allowed */

/* How a character is shown. *ret_family (nullable out, transfer none): the font. */
MadoNameQuality
mado_name_fonts_probe(const MadoNameFonts *self,
                      const MadoNamePart *part,
                      const char **ret_family);
/* The worst of @name's characters. */
MadoNameQuality
mado_name_fonts_judge(const MadoNameFonts *self, const char *name);
/* (transfer full): a font for each character of @name, the language Japanese, and a line under
 * those that are not exact. */
PangoAttrList *
mado_name_fonts_attributes(const MadoNameFonts *self, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoNameFonts, mado_name_fonts_free)
