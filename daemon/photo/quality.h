/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can be said of a picture without finding a face in it. The measures carry the names of
 * ISO/IEC 29794-5, and no conformance is claimed. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Thousandths of the unit. */
typedef enum {
    MADO_QUALITY_LUMINANCE_MEAN,     /* 0 black to 1 white */
    MADO_QUALITY_LUMINANCE_VARIANCE, /* of the same scale */
    MADO_QUALITY_UNDER_EXPOSURE,     /* share of pixels below 25 of 255 */
    MADO_QUALITY_OVER_EXPOSURE,      /* share of pixels above 247 of 255 */
    MADO_QUALITY_DYNAMIC_RANGE,      /* entropy of the luminance in bits, 0 to 8 */
    MADO_QUALITY_SHARPNESS,          /* standard deviation of the Laplacian, in levels of 255 */
    MADO_QUALITY_COMPRESSION,        /* bytes of the file per pixel */
    MADO_QUALITY_N_MEASURES
} MadoQualityMeasure;

typedef struct {
    uint32_t value[MADO_QUALITY_N_MEASURES];
} MadoQuality;

/* @pixels: width × height times red, green, blue; both sides at least 3. @file_len: bytes it
 * was decoded from. */
void
mado_quality_measure(const uint8_t *pixels,
                     uint32_t width,
                     uint32_t height,
                     size_t file_len,
                     MadoQuality *ret_quality);
/* As on the bus: "luminance-mean". NULL for an unknown number. */
const char *
mado_quality_name(MadoQualityMeasure measure);
