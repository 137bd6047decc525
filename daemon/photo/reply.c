/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/photo/reply.h"

#include "common/cursor.h"

#define MAGIC 0x4D504943u /* "MPIC" */

void
mado_reply_write_head(const MadoReply *reply, MadoWriter *writer)
{
    mado_writer_u32(writer, MAGIC);
    mado_writer_u8(writer, (uint8_t)reply->verdict);
    mado_writer_u16(writer, reply->width);
    mado_writer_u16(writer, reply->height);
    for (size_t i = 0; i < MADO_QUALITY_N_MEASURES; i++) {
        mado_writer_u32(writer, reply->quality.value[i]);
    }
}

static bool
take_head(MadoCursor *cursor, MadoReply *reply)
{
    uint32_t magic;
    uint8_t verdict;

    if (!mado_cursor_u32(cursor, &magic) || magic != MAGIC ||
        !mado_cursor_u8(cursor, &verdict) || verdict >= MADO_JP2_N_VERDICTS ||
        !mado_cursor_u16(cursor, &reply->width) || !mado_cursor_u16(cursor, &reply->height)) {
        return false;
    }
    reply->verdict = (MadoJp2Verdict)verdict;
    for (size_t i = 0; i < MADO_QUALITY_N_MEASURES; i++) {
        if (!mado_cursor_u32(cursor, &reply->quality.value[i])) {
            return false;
        }
    }
    return true;
}

static bool
is_side(uint16_t side)
{
    return side >= MADO_JP2_MIN_SIDE && side <= MADO_JP2_MAX_SIDE;
}

MadoBytesStatus
mado_reply_parse(const uint8_t *data, size_t len, MadoReply *ret_reply)
{
    MadoReply reply = {0};
    MadoCursor cursor;

    mado_cursor_init(&cursor, data, len);
    if (!take_head(&cursor, &reply)) {
        return MADO_BYTES_BAD_VALUE;
    }
    if (reply.verdict != MADO_JP2_OK) {
        if (reply.width != 0 || reply.height != 0) {
            return MADO_BYTES_BAD_VALUE;
        }
    } else {
        if (!is_side(reply.width) || !is_side(reply.height)) {
            return MADO_BYTES_BAD_VALUE;
        }
        reply.pixels_len = (size_t)reply.width * reply.height * 3;
        if (!mado_cursor_take(&cursor, reply.pixels_len, &reply.pixels)) {
            return MADO_BYTES_SHORT;
        }
    }
    if (mado_cursor_left(&cursor) > 0) {
        return MADO_BYTES_TRAILING;
    }
    *ret_reply = reply;
    return MADO_BYTES_OK;
}
