/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text on a terminal: how many columns it takes, and that it cannot steer the terminal. */
#pragma once

#include <glib.h>

/* (transfer full): valid UTF-8 without control characters (C0, C1, bidirectional overrides);
 * each becomes U+FFFD. Names of readers and everything read off a card come through here. */
char *
mado_text_clean(const char *text);
/* (transfer full): the same for bytes without an end mark. */
char *
mado_text_clean_bytes(const guint8 *data, gsize len);

/* Columns on a terminal: East Asian wide characters take two, marks that combine none. */
guint
mado_text_width(const char *text);
