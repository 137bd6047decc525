/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/crc-b.h"

uint16_t
pasori_crc_b(const uint8_t *data, size_t len)
{
    uint16_t crc = 0xFFFF;

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (uint16_t)((crc & 1) != 0 ? crc >> 1 ^ 0x8408 : crc >> 1);
        }
    }
    return (uint16_t)~crc;
}

void
pasori_crc_b_append(uint8_t *data, size_t len)
{
    uint16_t crc = pasori_crc_b(data, len);

    data[len] = (uint8_t)crc;
    data[len + 1] = (uint8_t)(crc >> 8);
}

bool
pasori_crc_b_is_right(const uint8_t *data, size_t len)
{
    uint16_t crc;

    if (len < PASORI_CRC_LEN) {
        return false;
    }
    crc = pasori_crc_b(data, len - PASORI_CRC_LEN);
    return data[len - 2] == (uint8_t)crc && data[len - 1] == (uint8_t)(crc >> 8);
}
