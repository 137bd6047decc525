/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/ccid-descriptor.h"

#include "common/cursor.h"

#define TYPE_INTERFACE  0x04
#define TYPE_CCID       0x21
#define CLASS_SMARTCARD 0x0B
#define CCID_LEN        0x36
#define MAX_SLOT_AT     4
#define FEATURES_AT     40
#define MESSAGE_LEN_AT  44
#define LEVEL_MASK      0x00070000u
#define LEVEL_TPDU      0x00010000u
#define LEVEL_SHORT     0x00020000u
#define LEVEL_EXTENDED  0x00040000u

static uint32_t
little_endian(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

bool
mado_ccid_descriptor_parse(const uint8_t *data, size_t len, MadoCcidDescriptor *ret_descriptor)
{
    MadoCcidDescriptor found = {0};
    bool is_smartcard = false;
    MadoCursor cursor;

    mado_cursor_init(&cursor, data, len);
    while (mado_cursor_left(&cursor) > 0) {
        const uint8_t *body;
        uint8_t body_len;
        uint8_t type;

        if (!mado_cursor_u8(&cursor, &body_len) || body_len < 2 ||
            !mado_cursor_u8(&cursor, &type) ||
            !mado_cursor_take(&cursor, (size_t)body_len - 2, &body))
            return false;
        if (type == TYPE_INTERFACE && body_len >= 6)
            is_smartcard = body[3] == CLASS_SMARTCARD;
        if (type != TYPE_CCID || !is_smartcard || body_len < CCID_LEN || found.is_ccid)
            continue;
        /* The offsets of the standard count from the length byte. */
        found.is_ccid = true;
        found.n_slots = (uint32_t)body[MAX_SLOT_AT - 2] + 1;
        found.features = little_endian(body + FEATURES_AT - 2);
        found.message_len_max = little_endian(body + MESSAGE_LEN_AT - 2);
    }
    *ret_descriptor = found;
    return true;
}

MadoCcidLevel
mado_ccid_descriptor_level(const MadoCcidDescriptor *self)
{
    switch (self->features & LEVEL_MASK) {
    case LEVEL_TPDU:
        return MADO_CCID_LEVEL_TPDU;
    case LEVEL_SHORT:
        return MADO_CCID_LEVEL_SHORT;
    case LEVEL_EXTENDED:
        return MADO_CCID_LEVEL_EXTENDED;
    default:
        return MADO_CCID_LEVEL_CHARACTER;
    }
}
