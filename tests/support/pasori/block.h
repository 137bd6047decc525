/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blocks of ISO/IEC 14443-4, 7.1, without their epilogue. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASORI_MAX_WTXM 59U /* 7.3; 0 and 60 to 63 are reserved */

typedef enum {
    PASORI_BLOCK_BAD = 0, /* none of the codings of 7.1.1.1 */
    PASORI_BLOCK_I,
    PASORI_BLOCK_ACK,
    PASORI_BLOCK_NAK,
    PASORI_BLOCK_WTX,
    PASORI_BLOCK_DESELECT,
} PasoriBlockKind;

typedef struct {
    PasoriBlockKind kind;
    bool chained;   /* I */
    uint8_t number; /* I, ACK, NAK: 0 or 1 */
    bool has_cid;
    uint8_t cid;        /* valid with has_cid */
    const uint8_t *inf; /* (borrowed); one byte for WTX, none for ACK, NAK, DESELECT */
    size_t inf_len;
} PasoriBlock;

/* False, kind BAD and nothing else set for anything that 7.1 does not allow. NAD is not
 * supported (7.1.1.3) and so not allowed. */
bool
pasori_block_parse(const uint8_t *data, size_t len, PasoriBlock *ret_block);

/* PCB and CID in front of inf_len bytes that the caller puts there; how many they are, 1 or 2.
 */
size_t
pasori_block_prologue(const PasoriBlock *block, uint8_t ret_prologue[2]);

/* The frame size that an FSCI or FSDI stands for (ISO/IEC 14443-3, table of 7.9.4.4): 16 to
 * 256. */
size_t
pasori_block_frame_size(uint8_t code);

/* FWT of this FWI in microseconds, rounded up: 302 µs times 2 to the FWI (7.2; 15 counts as
 * 4). */
uint64_t
pasori_block_fwt_us(uint8_t fwi);

/* The waiting time after S(WTX), never more than that of FWI 14 (7.3). */
uint64_t
pasori_block_extended_fwt_us(uint8_t fwi, uint8_t multiplier);
