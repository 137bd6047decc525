/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What passes over the bulk endpoints: frames of the NFC Port-100.
 *
 *   00 00 FF | FF FF LENlo LENhi LCS | payload | DCS | 00      extended, the form of this
 * reader 00 00 FF | LEN LCS               | payload | DCS | 00      normal, its older
 * relatives' form 00 00 FF | 00 FF | 00                                      acknowledge; from
 * the host: abort 00 00 FF | FF FF  and nothing more                         the reader did not
 * understand
 *
 * The bytes of the length and LCS, and those of the payload and DCS, sum up to 0 modulo 256.
 */
#pragma once

#include "common/bytes-status.h"
#include "common/cursor.h"

#include <stddef.h>
#include <stdint.h>

#define MADO_FRAME_MAX_PAYLOAD 1001 /* what the reader's firmware can hold */
#define MADO_FRAME_OVERHEAD    10
#define MADO_FRAME_MAX         (MADO_FRAME_MAX_PAYLOAD + MADO_FRAME_OVERHEAD)
#define MADO_FRAME_ACK_LEN     6

typedef enum {
    MADO_FRAME_DATA,
    MADO_FRAME_ACK,
    MADO_FRAME_ERROR, /* an error frame or a negative acknowledge */
} MadoFrameKind;

typedef struct {
    MadoFrameKind kind;
    const uint8_t *payload; /* (borrowed from what was parsed); NULL unless kind is DATA */
    size_t payload_len;
} MadoFrame;

extern const uint8_t mado_frame_ack[MADO_FRAME_ACK_LEN];

/* Writes an extended frame; its length, or 0 when it does not fit. */
size_t
mado_frame_build(const uint8_t *payload, size_t len, uint8_t *ret_frame, size_t cap);

/*
 * Takes the frame at the cursor. SHORT: the bytes may be the beginning of one. BAD_VALUE and
 * BAD_LENGTH: they are not, and nothing behind them can be trusted. Only on OK does the cursor
 * move.
 */
MadoBytesStatus
mado_frame_take(MadoCursor *cursor, MadoFrame *ret_frame) MADO_MUST_CHECK;
