/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a reader's driver tells by PC/SC part 10: the list of its features, and its properties
 * (2.6.14); and the counters of our own drivers (include/madoguchi/reader-statistics.h). Bytes
 * of a driver, hostile. Pure, any thread.
 */
#pragma once

#include <madoguchi/reader-statistics.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADO_READER_FEATURE_TLV_PROPERTIES 0x12
#define MADO_READER_FEATURE_VERIFY_PIN     0x06

typedef struct {
    uint32_t apdu_data_len_max; /* dwMaxAPDUDataSize; 0: short APDUs alone */
    bool has_apdu_data_len_max;
    uint16_t vendor; /* 0: not told */
    uint16_t product;
    char firmware[64]; /* printable ASCII, "" when not told */
} MadoReaderProperties;

/* A driver may tell fewer than this program knows: the first @n. */
typedef struct {
    size_t n;
    uint64_t values[MADO_READER_N_STATISTICS];
} MadoReaderCounters;

/* The control code of @feature in an answer to CM_IOCTL_GET_FEATURE_REQUEST; false, nothing
 * written, when it is not there or the list is malformed before it. */
bool
mado_reader_properties_find_feature(const uint8_t *data,
                                    size_t len,
                                    uint8_t feature,
                                    uint32_t *ret_code);
/* False, nothing written, when the list is malformed. Unknown properties are passed over. */
bool
mado_reader_properties_parse(const uint8_t *data,
                             size_t len,
                             MadoReaderProperties *ret_properties);
/* False, nothing written, when the version is not ours or a number is cut. */
bool
mado_reader_properties_parse_counters(const uint8_t *data,
                                      size_t len,
                                      MadoReaderCounters *ret_counters);
