/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/reader-properties.h"

#include "common/cursor.h"

#include <string.h>

#define TAG_FIRMWARE          8
#define TAG_APDU_DATA_LEN_MAX 10
#define TAG_VENDOR            11
#define TAG_PRODUCT           12

bool
mado_reader_properties_find_feature(const uint8_t *data,
                                    size_t len,
                                    uint8_t feature,
                                    uint32_t *ret_code)
{
    MadoCursor cursor;
    uint8_t tag;
    uint8_t value_len;
    uint32_t code;

    mado_cursor_init(&cursor, data, len);
    while (mado_cursor_left(&cursor) > 0) {
        if (!mado_cursor_u8(&cursor, &tag) || !mado_cursor_u8(&cursor, &value_len) ||
            value_len != 4 || !mado_cursor_u32(&cursor, &code))
            return false;
        if (tag == feature) {
            *ret_code = code;
            return true;
        }
    }
    return false;
}

/* The values are little-endian, unlike the control codes. */
static uint32_t
number_of(const uint8_t *value, size_t len)
{
    uint32_t number = 0;

    for (size_t i = len < 4 ? len : 4; i > 0; i--)
        number = number << 8 | value[i - 1];
    return number;
}

static void
take_text(char *text, size_t capacity, const uint8_t *value, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len && n + 1 < capacity; i++) {
        if (value[i] >= 0x20 && value[i] < 0x7F)
            text[n++] = (char)value[i];
    }
    text[n] = '\0';
}

bool
mado_reader_properties_parse(const uint8_t *data,
                             size_t len,
                             MadoReaderProperties *ret_properties)
{
    MadoReaderProperties found = {0};
    MadoCursor cursor;

    mado_cursor_init(&cursor, data, len);
    while (mado_cursor_left(&cursor) > 0) {
        const uint8_t *value;
        uint8_t tag;
        uint8_t value_len;

        if (!mado_cursor_u8(&cursor, &tag) || !mado_cursor_u8(&cursor, &value_len) ||
            !mado_cursor_take(&cursor, value_len, &value))
            return false;
        if (tag == TAG_FIRMWARE)
            take_text(found.firmware, sizeof found.firmware, value, value_len);
        if (tag == TAG_APDU_DATA_LEN_MAX) {
            found.apdu_data_len_max = number_of(value, value_len);
            found.has_apdu_data_len_max = true;
        }
        if (tag == TAG_VENDOR)
            found.vendor = (uint16_t)number_of(value, value_len);
        if (tag == TAG_PRODUCT)
            found.product = (uint16_t)number_of(value, value_len);
    }
    *ret_properties = found;
    return true;
}

bool
mado_reader_properties_parse_counters(const uint8_t *data,
                                      size_t len,
                                      MadoReaderCounters *ret_counters)
{
    MadoReaderCounters found = {0};
    MadoCursor cursor;
    uint8_t version;

    mado_cursor_init(&cursor, data, len);
    if (!mado_cursor_u8(&cursor, &version) || version != MADO_READER_STATISTICS_VERSION)
        return false;
    while (mado_cursor_left(&cursor) > 0 && found.n < MADO_READER_N_STATISTICS) {
        if (!mado_cursor_u64(&cursor, &found.values[found.n]))
            return false;
        found.n++;
    }
    *ret_counters = found;
    return true;
}
