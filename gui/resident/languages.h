/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The languages of the resident's screen, switched while it runs. The texts have a catalogue of
 * their own, po/resident. Main thread. */
#pragma once

#include <glib.h>

typedef struct {
    const char *code;  /* as in po/resident */
    const char *name;  /* in itself */
    const char *order; /* for gettext: where to look, in order */
    const char *pango; /* as Pango names it */
    const char *style; /* class of the style sheet */
} MadoLanguages;

/* (transfer none), static: in the order they are offered; *ret_n of them. */
const MadoLanguages *
mado_languages_all(gsize *ret_n);
/* (transfer none) (nullable) */
const MadoLanguages *
mado_languages_find(const char *code);
/* Once, before any text. */
void
mado_languages_init(void);
/* Texts asked for from now on are in this one. */
void
mado_languages_use(const MadoLanguages *language);
/* (transfer none): @text in the language in use. */
const char *
mado_languages_text(const char *text) G_GNUC_FORMAT(1);
/* (transfer none): with the plural of @n. */
const char *
mado_languages_plural(const char *one, const char *many, guint n) G_GNUC_FORMAT(1)
    G_GNUC_FORMAT(2);
