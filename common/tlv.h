/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BER-TLV as cards write it (ISO/IEC 7816-4, 5.2.2): tags of up to three bytes, lengths of up
 * to four bytes after the first, long forms for short values accepted (the Individual Number
 * Card writes FF40 82 00 9F), indefinite lengths refused. Tags are numbers made of their bytes:
 * 0x5C, 0x7F49, 0xDF21.
 *
 * A function that does not return MADO_BYTES_OK leaves its cursor and its ret_ values
 * untouched.
 */
#pragma once

#include "common/cursor.h"

#define MADO_TLV_MAX_DEPTH 8

typedef struct {
    uint32_t tag;
    const uint8_t *value; /* (borrowed from the bytes parsed) */
    size_t len;
    const uint8_t *raw; /* (borrowed) from the tag on: what signatures cover */
    size_t raw_len;
} MadoTlv;

/* The next object; MISSING when no byte is left. */
MadoBytesStatus
mado_tlv_next(MadoCursor *cursor, MadoTlv *ret_tlv) MADO_MUST_CHECK;

/*
 * The same where a card pads a file: MISSING also when filler begins here, and the cursor then
 * stays at its first byte. Filler is 00, or FF that no tag can begin with (FF FF, FF 00, or FF
 * as the last byte): FF alone is not enough, since FF10, FF20 … are the card's own tags. What
 * follows filler is not looked at.
 */
MadoBytesStatus
mado_tlv_next_filled(MadoCursor *cursor, MadoTlv *ret_tlv) MADO_MUST_CHECK;

/*
 * The first object with this tag at the top level of data, stopping at filler as above. MISSING
 * when there is none. What stands before it must be well formed, what follows is not looked at.
 */
MadoBytesStatus
mado_tlv_find(const uint8_t *data, size_t len, uint32_t tag, MadoTlv *ret_tlv) MADO_MUST_CHECK;

/* data is exactly one object with this tag: else BAD_TAG, TRAILING … */
MadoBytesStatus
mado_tlv_only(const uint8_t *data, size_t len, uint32_t tag, MadoTlv *ret_tlv) MADO_MUST_CHECK;

bool
mado_tlv_is_constructed(uint32_t tag);

/* Called for every object, parents first; depth 0 is the top level. Return false to stop. */
typedef bool (*MadoTlvVisit)(void *user, const MadoTlv *tlv, size_t depth);

/*
 * Walks data and, inside constructed objects, their values. DEPTH when an object lies deeper
 * than max_depth levels (1 = top level only) or deeper than MADO_TLV_MAX_DEPTH. Objects visited
 * before an error was met stay visited. Stopped by the visitor counts as OK.
 */
MadoBytesStatus
mado_tlv_walk(const uint8_t *data, size_t len, size_t max_depth, MadoTlvVisit visit, void *user)
    MADO_MUST_CHECK;
