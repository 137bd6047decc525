/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One run of madoguchi-photo: a chip's JPEG 2000 in, pixels out. Whatever the bytes do happens
 * in that process (photo/sandbox.h); its reply is checked here. Worker's thread, blocks for at
 * most the child's own limit of some seconds.
 */
#pragma once

#include "daemon/photo/quality.h"

#include <gio/gio.h>

/* (transfer full): the program beside the running one, where both are installed. */
char *
mado_photo_run_program(void);
/*
 * A sealed memfd with the picture as binary PPM (P6, 8 bits); -1 with @error. CARD_DATA: not a
 * picture within the limits of photo/jp2.h, or its decoder died of it. TIMED_OUT. INTERNAL: the
 * program cannot be started.
 */
int
mado_photo_run_decode(const char *program,
                      const guint8 *file,
                      gsize len,
                      MadoQuality *ret_quality,
                      GError **error);
