/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/hex.h"

#include <stdbool.h>

MadoBytesStatus
mado_hex_format(const uint8_t *data, size_t len, char *ret_text, size_t cap)
{
    static const char digits[] = "0123456789ABCDEF";

    if (cap == 0 || len > (cap - 1) / 2)
        return MADO_BYTES_FULL;
    for (size_t i = 0; i < len; i++) {
        ret_text[2 * i] = digits[data[i] >> 4];
        ret_text[2 * i + 1] = digits[data[i] & 0x0FU];
    }
    ret_text[2 * len] = '\0';
    return MADO_BYTES_OK;
}

static bool
digit_value(char digit, uint8_t *ret_value)
{
    if (digit >= '0' && digit <= '9')
        *ret_value = (uint8_t)(digit - '0');
    else if (digit >= 'A' && digit <= 'F')
        *ret_value = (uint8_t)(digit - 'A' + 10);
    else if (digit >= 'a' && digit <= 'f')
        *ret_value = (uint8_t)(digit - 'a' + 10);
    else
        return false;
    return true;
}

MadoBytesStatus
mado_hex_parse(
    const char *text, size_t text_len, uint8_t *ret_data, size_t cap, size_t *ret_len)
{
    uint8_t high;
    uint8_t low;

    if (text_len % 2 != 0)
        return MADO_BYTES_BAD_LENGTH;
    for (size_t i = 0; i < text_len; i++) {
        if (!digit_value(text[i], &high))
            return MADO_BYTES_BAD_VALUE;
    }
    if (text_len / 2 > cap)
        return MADO_BYTES_FULL;
    for (size_t i = 0; i < text_len / 2; i++) {
        if (!digit_value(text[2 * i], &high) || !digit_value(text[2 * i + 1], &low))
            return MADO_BYTES_BAD_VALUE;
        ret_data[i] = (uint8_t)(high << 4 | low);
    }
    *ret_len = text_len / 2;
    return MADO_BYTES_OK;
}
