/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JPEG 2000 to pixels, by OpenJPEG. Only for a process that may die of it (sandbox.h): the
 * library has had a steady stream of defects found by hostile files.
 */
#pragma once

#include "daemon/photo/jp2.h"

#define MADO_DECODE_MAX_LEN (MADO_JP2_MAX_SIDE * MADO_JP2_MAX_SIDE * 3u)

/*
 * Writes width × height pixels, rows from the top, each red, green, blue in 8 bits; grey is
 * written three times. @pixels has room for MADO_DECODE_MAX_LEN. False: not decodable, the
 * pixels mean nothing.
 */
bool
mado_decode_picture(const MadoJp2 *picture, uint8_t *pixels);
