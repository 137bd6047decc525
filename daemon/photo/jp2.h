/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A look at a JPEG 2000 picture before any decoder sees it: the boxes of ISO/IEC 15444-1 Annex
 * I and the main header of Annex A. OpenJPEG has no limit of memory or time, and believes a
 * picture of 11 kB that says it has 60,000 columns; after this check the picture is as small as
 * it looks. Pure; every byte is hostile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADO_JP2_MIN_SIDE   32u
#define MADO_JP2_MAX_SIDE   1280u /* pixels; photos on cards seen are below 500 */
#define MADO_JP2_MAX_TILES  16u
#define MADO_JP2_MAX_LEVELS 8u  /* of decomposition */
#define MADO_JP2_MAX_LAYERS 64u /* of quality */

typedef enum {
    MADO_JP2_OK,
    MADO_JP2_NOT_JP2,    /* neither the file format nor a bare codestream */
    MADO_JP2_TRUNCATED,  /* a box or segment is longer than what is there */
    MADO_JP2_BOXES,      /* a box is missing, twice or where it may not be */
    MADO_JP2_SIZE,       /* sides, offsets or tiles beyond the limits above */
    MADO_JP2_COMPONENTS, /* not one or three of 8 bits, unsigned, all of one size */
    MADO_JP2_COLOUR,     /* not grey, sRGB or sYCC, or not as many components as it needs */
    MADO_JP2_CODING, /* a marker that may not stand there, or levels or layers beyond limits */
    MADO_JP2_DISAGREES,   /* the header box says another size than the codestream */
    MADO_JP2_UNDECODABLE, /* told by the decoder (decode.h), never by mado_jp2_check */
    MADO_JP2_N_VERDICTS
} MadoJp2Verdict;

typedef enum {
    MADO_JP2_GREY,
    MADO_JP2_SRGB,
    MADO_JP2_SYCC,
} MadoJp2Colour;

typedef struct {
    uint32_t width, height;
    uint16_t n_components; /* 1 or 3 */
    MadoJp2Colour colour;
    const uint8_t *codestream; /* (borrowed) */
    size_t codestream_len;
} MadoJp2;

/* The file format or a bare codestream (grey or sRGB by its components). *ret_picture is set
 * when the answer is OK. */
MadoJp2Verdict
mado_jp2_check(const uint8_t *data, size_t len, MadoJp2 *ret_picture);
/* A short English word for logs, never NULL. */
const char *
mado_jp2_verdict_name(MadoJp2Verdict verdict);
