/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JPEG 2000 in a JP2 file, greyscale, as the card's photo is. */
#pragma once

#include <glib.h>

/* width × height bytes of grey; the file has about `len` bytes, not many more. */
GBytes *
mado_maker_jp2_encode(const guint8 *grey, guint width, guint height, gsize len, GError **error);
