/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/tlv.h"

#include <stddef.h>

#define TAG_NUMBER_FOLLOWS 0x1FU /* ISO/IEC 7816-4, 5.2.2.1 */
#define TAG_CONSTRUCTED    0x20U
#define TAG_MORE           0x80U
#define TAG_MAX_BYTES      3U
#define LENGTH_LONG        0x80U /* ISO/IEC 7816-4, 5.2.2.2 */
#define LENGTH_MAX_BYTES   4U

static MadoBytesStatus
read_tag(MadoCursor *cursor, uint32_t *ret_tag)
{
    uint32_t tag;
    uint8_t byte;

    if (!mado_cursor_u8(cursor, &byte))
        return MADO_BYTES_SHORT;
    if (byte == 0)
        return MADO_BYTES_BAD_TAG;
    tag = byte;
    if ((byte & TAG_NUMBER_FOLLOWS) != TAG_NUMBER_FOLLOWS) {
        *ret_tag = tag;
        return MADO_BYTES_OK;
    }
    for (unsigned n_bytes = 1; n_bytes < TAG_MAX_BYTES; n_bytes++) {
        if (!mado_cursor_u8(cursor, &byte))
            return MADO_BYTES_SHORT;
        /* No number begins with an empty group of seven bits. */
        if (n_bytes == 1 && (byte & ~TAG_MORE) == 0)
            return MADO_BYTES_BAD_TAG;
        tag = tag << 8 | byte;
        if ((byte & TAG_MORE) == 0) {
            *ret_tag = tag;
            return MADO_BYTES_OK;
        }
    }
    return MADO_BYTES_BAD_TAG;
}

static MadoBytesStatus
read_length(MadoCursor *cursor, size_t *ret_len)
{
    size_t len = 0;
    uint8_t byte;
    unsigned n_bytes;

    if (!mado_cursor_u8(cursor, &byte))
        return MADO_BYTES_SHORT;
    if (byte < LENGTH_LONG) {
        *ret_len = byte;
        return MADO_BYTES_OK;
    }
    n_bytes = byte & 0x7FU;
    if (n_bytes == 0 || n_bytes > LENGTH_MAX_BYTES)
        return MADO_BYTES_BAD_LENGTH;
    while (n_bytes-- > 0) {
        if (!mado_cursor_u8(cursor, &byte))
            return MADO_BYTES_SHORT;
        len = len << 8 | byte;
    }
    *ret_len = len;
    return MADO_BYTES_OK;
}

MadoBytesStatus
mado_tlv_next(MadoCursor *cursor, MadoTlv *ret_tlv)
{
    MadoCursor ahead = *cursor;
    MadoTlv tlv = {0};
    MadoBytesStatus status;

    if (mado_cursor_left(&ahead) == 0)
        return MADO_BYTES_MISSING;
    tlv.raw = ahead.data + ahead.at;
    status = read_tag(&ahead, &tlv.tag);
    if (status != MADO_BYTES_OK)
        return status;
    status = read_length(&ahead, &tlv.len);
    if (status != MADO_BYTES_OK)
        return status;
    if (!mado_cursor_take(&ahead, tlv.len, &tlv.value))
        return MADO_BYTES_SHORT;
    tlv.raw_len = ahead.at - cursor->at;
    *cursor = ahead;
    *ret_tlv = tlv;
    return MADO_BYTES_OK;
}

static bool
is_at_filler(const MadoCursor *cursor)
{
    uint8_t byte;

    if (!mado_cursor_peek_u8(cursor, 0, &byte))
        return false;
    if (byte == 0x00)
        return true;
    if (byte != 0xFF)
        return false;
    if (!mado_cursor_peek_u8(cursor, 1, &byte))
        return true;
    return byte == 0xFF || byte == 0x00;
}

MadoBytesStatus
mado_tlv_next_filled(MadoCursor *cursor, MadoTlv *ret_tlv)
{
    if (is_at_filler(cursor))
        return MADO_BYTES_MISSING;
    return mado_tlv_next(cursor, ret_tlv);
}

MadoBytesStatus
mado_tlv_find(const uint8_t *data, size_t len, uint32_t tag, MadoTlv *ret_tlv)
{
    MadoCursor cursor;
    MadoTlv tlv;
    MadoBytesStatus status;

    mado_cursor_init(&cursor, data, len);
    do {
        status = mado_tlv_next_filled(&cursor, &tlv);
        if (status != MADO_BYTES_OK)
            return status;
    } while (tlv.tag != tag);
    *ret_tlv = tlv;
    return MADO_BYTES_OK;
}

MadoBytesStatus
mado_tlv_only(const uint8_t *data, size_t len, uint32_t tag, MadoTlv *ret_tlv)
{
    MadoCursor cursor;
    MadoTlv tlv;
    MadoBytesStatus status;

    mado_cursor_init(&cursor, data, len);
    status = mado_tlv_next(&cursor, &tlv);
    if (status != MADO_BYTES_OK)
        return status;
    if (tlv.tag != tag)
        return MADO_BYTES_BAD_TAG;
    if (mado_cursor_left(&cursor) > 0)
        return MADO_BYTES_TRAILING;
    *ret_tlv = tlv;
    return MADO_BYTES_OK;
}

bool
mado_tlv_is_constructed(uint32_t tag)
{
    while (tag > 0xFF)
        tag >>= 8;
    return (tag & TAG_CONSTRUCTED) != 0;
}

MadoBytesStatus
mado_tlv_walk(const uint8_t *data, size_t len, size_t max_depth, MadoTlvVisit visit, void *user)
{
    /* A stack of our own: bytes from outside never decide how deep the program's stack grows.
     */
    MadoCursor levels[MADO_TLV_MAX_DEPTH];
    size_t depth = 0;

    if (max_depth > MADO_TLV_MAX_DEPTH)
        max_depth = MADO_TLV_MAX_DEPTH;
    if (max_depth == 0)
        return MADO_BYTES_DEPTH;
    mado_cursor_init(&levels[0], data, len);
    for (;;) {
        MadoTlv tlv;
        MadoBytesStatus status = mado_tlv_next(&levels[depth], &tlv);

        if (status == MADO_BYTES_MISSING) {
            if (depth == 0)
                return MADO_BYTES_OK;
            depth--;
            continue;
        }
        if (status != MADO_BYTES_OK)
            return status;
        if (!visit(user, &tlv, depth))
            return MADO_BYTES_OK;
        if (!mado_tlv_is_constructed(tlv.tag) || tlv.len == 0)
            continue;
        if (++depth == max_depth)
            return MADO_BYTES_DEPTH;
        mado_cursor_init(&levels[depth], tlv.value, tlv.len);
    }
}
