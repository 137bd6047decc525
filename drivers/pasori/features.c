/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/pasori/features.h"

#include "madoguchi/reader-statistics.h"

#include <stdio.h>
#include <string.h>

#define FEATURE_PROPERTIES 0x12

/* Tags of the properties; their values have the least significant byte first. */
#define PROPERTY_FIRMWARE 0x08
#define PROPERTY_PPDU     0x09
#define PROPERTY_MAX_APDU 0x0A
#define PROPERTY_VENDOR   0x0B
#define PROPERTY_PRODUCT  0x0C

static void
write_feature(MadoWriter *writer, uint8_t tag, uint32_t code)
{
    mado_writer_u8(writer, tag);
    mado_writer_u8(writer, 4);
    mado_writer_u32(writer, code);
}

void
mado_features_list(MadoWriter *writer)
{
    write_feature(writer, FEATURE_PROPERTIES, MADO_FEATURES_CODE_PROPERTIES);
    write_feature(writer, MADO_READER_STATISTICS_FEATURE, MADO_READER_STATISTICS_CODE);
}

static void
write_property(MadoWriter *writer, uint8_t tag, uint32_t value, uint8_t len)
{
    mado_writer_u8(writer, tag);
    mado_writer_u8(writer, len);
    for (uint8_t i = 0; i < len; i++) {
        mado_writer_u8(writer, (uint8_t)(value >> (8 * i) & 0xFF));
    }
}

void
mado_features_properties(const MadoDevicesName *device, uint16_t firmware, MadoWriter *writer)
{
    char text[16];
    size_t len;

    snprintf(text, sizeof(text), "%x.%02x", firmware >> 8 & 0xFFU, firmware & 0xFFU);
    len = strlen(text);
    mado_writer_u8(writer, PROPERTY_FIRMWARE);
    mado_writer_u8(writer, (uint8_t)len);
    mado_writer_bytes(writer, (const uint8_t *)text, len);
    write_property(writer, PROPERTY_PPDU, 0, 1);
    write_property(writer, PROPERTY_MAX_APDU, 65536, 4);
    write_property(writer, PROPERTY_VENDOR, device->vendor, 2);
    write_property(writer, PROPERTY_PRODUCT, device->product, 2);
}

void
mado_features_statistics(const uint64_t *numbers, MadoWriter *writer)
{
    mado_writer_u8(writer, MADO_READER_STATISTICS_VERSION);
    for (size_t i = 0; i < MADO_READER_N_STATISTICS; i++) {
        mado_writer_u64(writer, numbers[i]);
    }
}
