/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/pasori/frame.h"

#include "common/writer.h"

#include <string.h>

#define ERROR_PAYLOAD 0x7F /* of the older relatives */

static const uint8_t start[] = {0x00, 0x00, 0xFF};

const uint8_t mado_frame_ack[MADO_FRAME_ACK_LEN] = {0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00};

static uint8_t
sum_of(const uint8_t *bytes, size_t len)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum = (uint8_t)(sum + bytes[i]);
    }
    return sum;
}

size_t
mado_frame_build(const uint8_t *payload, size_t len, uint8_t *ret_frame, size_t cap)
{
    const uint8_t low = (uint8_t)(len & 0xFF);
    const uint8_t high = (uint8_t)(len >> 8 & 0xFF);
    MadoWriter writer;

    if (len > MADO_FRAME_MAX_PAYLOAD) {
        return 0;
    }
    mado_writer_init(&writer, ret_frame, cap);
    mado_writer_bytes(&writer, start, sizeof(start));
    mado_writer_u16(&writer, 0xFFFF);
    mado_writer_u8(&writer, low);
    mado_writer_u8(&writer, high);
    mado_writer_u8(&writer, (uint8_t) - (low + high));
    mado_writer_bytes(&writer, payload, len);
    mado_writer_u8(&writer, (uint8_t)-sum_of(payload, len));
    mado_writer_u8(&writer, 0x00);
    return mado_writer_len(&writer);
}

/* Whatever of `wanted` is there must be equal. */
static MadoBytesStatus
take_start(MadoCursor *cursor)
{
    uint8_t byte;

    for (size_t i = 0; i < sizeof(start); i++) {
        if (!mado_cursor_u8(cursor, &byte)) {
            return MADO_BYTES_SHORT;
        }
        if (byte != start[i]) {
            return MADO_BYTES_BAD_VALUE;
        }
    }
    return MADO_BYTES_OK;
}

static MadoBytesStatus
take_postamble(MadoCursor *cursor)
{
    uint8_t byte;

    if (!mado_cursor_u8(cursor, &byte)) {
        return MADO_BYTES_SHORT;
    }
    return byte == 0x00 ? MADO_BYTES_OK : MADO_BYTES_BAD_VALUE;
}

static MadoBytesStatus
take_payload(MadoCursor *cursor, size_t len, MadoFrame *ret_frame)
{
    const uint8_t *payload;
    uint8_t dcs;

    if (!mado_cursor_take(cursor, len, &payload) || !mado_cursor_u8(cursor, &dcs)) {
        return MADO_BYTES_SHORT;
    }
    if ((uint8_t)(sum_of(payload, len) + dcs) != 0) {
        return MADO_BYTES_BAD_VALUE;
    }
    if (len == 1 && payload[0] == ERROR_PAYLOAD) {
        *ret_frame = (MadoFrame){.kind = MADO_FRAME_ERROR};
    } else {
        *ret_frame = (MadoFrame){MADO_FRAME_DATA, payload, len};
    }
    return take_postamble(cursor);
}

static MadoBytesStatus
take_extended(MadoCursor *cursor, MadoFrame *ret_frame)
{
    uint8_t low, high, lcs;
    size_t len;

    if (mado_cursor_left(cursor) == 0) {
        *ret_frame = (MadoFrame){.kind = MADO_FRAME_ERROR};
        return MADO_BYTES_OK;
    }
    if (!mado_cursor_u8(cursor, &low) || !mado_cursor_u8(cursor, &high) ||
        !mado_cursor_u8(cursor, &lcs)) {
        return MADO_BYTES_SHORT;
    }
    len = (size_t)low | (size_t)high << 8;
    if ((uint8_t)(low + high + lcs) != 0 || len == 0 || len > MADO_FRAME_MAX_PAYLOAD) {
        return MADO_BYTES_BAD_LENGTH;
    }
    return take_payload(cursor, len, ret_frame);
}

static MadoBytesStatus
take_body(MadoCursor *cursor, MadoFrame *ret_frame)
{
    uint8_t first, second;

    if (!mado_cursor_u8(cursor, &first) || !mado_cursor_u8(cursor, &second)) {
        return MADO_BYTES_SHORT;
    }
    if (first == 0xFF && second == 0xFF) {
        return take_extended(cursor, ret_frame);
    }
    if (first == 0x00 && second == 0xFF) {
        *ret_frame = (MadoFrame){.kind = MADO_FRAME_ACK};
        return take_postamble(cursor);
    }
    if (first == 0xFF && second == 0x00) {
        *ret_frame = (MadoFrame){.kind = MADO_FRAME_ERROR};
        return take_postamble(cursor);
    }
    if ((uint8_t)(first + second) != 0 || first == 0) {
        return MADO_BYTES_BAD_LENGTH;
    }
    return take_payload(cursor, first, ret_frame);
}

MadoBytesStatus
mado_frame_take(MadoCursor *cursor, MadoFrame *ret_frame)
{
    MadoCursor ahead = *cursor;
    MadoFrame frame = {0};
    MadoBytesStatus status = take_start(&ahead);

    if (status == MADO_BYTES_OK) {
        status = take_body(&ahead, &frame);
    }
    if (status == MADO_BYTES_OK) {
        *cursor = ahead;
        *ret_frame = frame;
    }
    return status;
}
