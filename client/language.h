/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The language of the texts: the user's locale, or one that was asked for. */
#pragma once

#include <glib.h>

/* Before any text is looked up. @language: "en", "ja", or NULL for the locale's. Where the
 * locale is C, C.UTF-8 takes its place, so that translations are found and wide characters
 * printed. */
void
mado_language_init(const char *language);
/* (transfer none) (nullable): what follows --lang, looked for before the line is parsed, so
 * that what is wrong with the line can be said in that language. */
const char *
mado_language_named(int argc, char *const *argv);
