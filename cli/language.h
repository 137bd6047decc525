/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The language of the texts: the user's locale, or one that was asked for. */
#pragma once

#include <glib.h>

/* Before any text is looked up; again when @language ("en", "ja") was given. Where the locale
 * is C, C.UTF-8 takes its place, so that translations are found and wide characters printed. */
void
mado_language_init(const char *language);
