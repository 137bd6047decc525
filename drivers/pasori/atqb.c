/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/pasori/atqb.h"

#include "common/cursor.h"

#include <string.h>

#define ATQB_START     0x50
#define ATTRIB_START   0x1D
#define ATTRIB_FSDI    0x08 /* 256 bytes */
#define DEFAULT_FWI    4    /* for the value that is reserved (14443-3, 7.9.4.5) */
#define RESERVED_FWI   15
#define RESERVED_RATES 0x08 /* set: read as if no rate but 106 were offered (7.9.4.4) */

/* By the code of protocol byte 2; codes above are reserved and read as the last that is known
 * to every edition. */
static const uint16_t frame_sizes[] = {16,  24,  32,  40,   48,   64,  96,
                                       128, 256, 512, 1024, 2048, 4096};

/* A rate's bit in the capabilities, first from the card, then to it. */
static const uint8_t rate_bits[] = {
    [MADO_RATE_106] = 0, [MADO_RATE_212] = 0x10 | 0x01, [MADO_RATE_424] = 0x20 | 0x02};

static MadoRate
fastest_of(uint8_t capabilities)
{
    if ((capabilities & RESERVED_RATES) != 0) {
        return MADO_RATE_106;
    }
    for (MadoRate rate = MADO_RATE_424; rate > MADO_RATE_106; rate--) {
        if ((capabilities & rate_bits[rate]) == rate_bits[rate]) {
            return rate;
        }
    }
    return MADO_RATE_106;
}

static uint16_t
frame_size(uint8_t code)
{
    return code < sizeof(frame_sizes) / sizeof(frame_sizes[0]) ? frame_sizes[code] : 256;
}

MadoBytesStatus
mado_atqb_parse(const uint8_t *bytes, size_t len, MadoAtqb *ret_atqb)
{
    const uint8_t *pupi, *application, *protocol;
    MadoCursor cursor;
    MadoAtqb atqb = {0};
    uint8_t start;

    mado_cursor_init(&cursor, bytes, len);
    if (!mado_cursor_u8(&cursor, &start) || !mado_cursor_take(&cursor, 4, &pupi) ||
        !mado_cursor_take(&cursor, 4, &application) ||
        !mado_cursor_take(&cursor, 3, &protocol)) {
        return MADO_BYTES_SHORT;
    }
    if (start != ATQB_START) {
        return MADO_BYTES_BAD_TAG;
    }
    if (mado_cursor_left(&cursor) > 1) { /* the extended form has one byte more */
        return MADO_BYTES_TRAILING;
    }
    memcpy(atqb.pupi, pupi, 4);
    memcpy(atqb.application, application, 4);
    memcpy(atqb.protocol, protocol, 3);
    atqb.fastest = fastest_of(protocol[0]);
    atqb.fsc = frame_size(protocol[1] >> 4);
    atqb.is_layer_4 = (protocol[1] & 0x01) != 0;
    atqb.attrib_param = protocol[1] & 0x07;
    atqb.fwi = protocol[2] >> 4;
    if (atqb.fwi == RESERVED_FWI) {
        atqb.fwi = DEFAULT_FWI;
    }
    *ret_atqb = atqb;
    return MADO_BYTES_OK;
}

void
mado_atqb_attrib(const MadoAtqb *self, MadoRate rate, uint8_t ret_command[MADO_ATQB_ATTRIB_LEN])
{
    /* b8b7 from the card, b6b5 to it; 0, 1, 2 as MadoRate counts (14443-3, 7.10.4). */
    const uint8_t rates = (uint8_t)((unsigned)rate << 6 | (unsigned)rate << 4);

    ret_command[0] = ATTRIB_START;
    memcpy(ret_command + 1, self->pupi, 4);
    ret_command[5] = 0x00;
    ret_command[6] = rates | ATTRIB_FSDI;
    ret_command[7] = self->attrib_param;
    ret_command[8] = 0x00;
}

MadoBytesStatus
mado_atqb_parse_attrib(const uint8_t *bytes, size_t len, uint8_t *ret_mbli)
{
    MadoCursor cursor;
    uint8_t first;

    mado_cursor_init(&cursor, bytes, len);
    if (!mado_cursor_u8(&cursor, &first)) {
        return MADO_BYTES_SHORT;
    }
    if ((first & 0x0F) != 0) { /* a CID we did not give */
        return MADO_BYTES_BAD_VALUE;
    }
    *ret_mbli = first >> 4;
    return MADO_BYTES_OK;
}

void
mado_atqb_atr(const MadoAtqb *self, uint8_t mbli, uint8_t ret_atr[MADO_ATQB_ATR_LEN])
{
    static const uint8_t head[] = {0x3B, 0x88, 0x80, 0x01};
    uint8_t tck = 0;

    memcpy(ret_atr, head, 4);
    memcpy(ret_atr + 4, self->application, 4);
    memcpy(ret_atr + 8, self->protocol, 3);
    ret_atr[11] = (uint8_t)(mbli << 4);
    for (size_t i = 1; i < MADO_ATQB_ATR_LEN - 1; i++) {
        tck ^= ret_atr[i];
    }
    ret_atr[12] = tck;
}

uint16_t
mado_atqb_kbits(MadoRate rate)
{
    return (uint16_t)(106U << rate);
}
