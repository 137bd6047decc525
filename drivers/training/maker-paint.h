/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pictures on a training card: text as 1-bit PNG, and an invented face as JPEG 2000. */
#pragma once

#include <glib.h>

/* Black text on white, in one line or wrapped, as a 1-bit greyscale PNG of this size. */
GBytes *
mado_maker_paint_text(const char *text, int width, int height, GError **error);

/* A face that nobody has, drawn from the seed: 240×320 greyscale JP2 of about 9 kB. */
GBytes *
mado_maker_paint_face(guint32 seed, GError **error);

/* Lets go of what the font libraries keep for the next text; nothing may be painted after it.
 */
void
mado_maker_paint_finish(void);
