/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/block.h"

#include <string.h>

#define CARRIER_HZ  13560000U
#define MAX_FWI     14U
#define DEFAULT_FWI 4U

#define PCB_CHAINED 0x10U
#define PCB_CID     0x08U
#define PCB_NUMBER  0x01U

static PasoriBlockKind
kind_of(uint8_t pcb)
{
    if ((pcb & 0xE6U) == 0x02U) { /* 000x x01x: no NAD */
        return PASORI_BLOCK_I;
    }
    if ((pcb & 0xF6U) == 0xA2U) {
        return PASORI_BLOCK_ACK;
    }
    if ((pcb & 0xF6U) == 0xB2U) {
        return PASORI_BLOCK_NAK;
    }
    if ((pcb & 0xF7U) == 0xF2U) {
        return PASORI_BLOCK_WTX;
    }
    if ((pcb & 0xF7U) == 0xC2U) {
        return PASORI_BLOCK_DESELECT;
    }
    return PASORI_BLOCK_BAD;
}

static bool
inf_fits(PasoriBlockKind kind, size_t inf_len)
{
    switch (kind) {
    case PASORI_BLOCK_I:
        return true;
    case PASORI_BLOCK_WTX:
        return inf_len == 1;
    case PASORI_BLOCK_ACK:
    case PASORI_BLOCK_NAK:
    case PASORI_BLOCK_DESELECT:
        return inf_len == 0;
    case PASORI_BLOCK_BAD:
    default:
        return false;
    }
}

bool
pasori_block_parse(const uint8_t *data, size_t len, PasoriBlock *ret_block)
{
    PasoriBlock block = {0};
    size_t at = 1;

    ret_block->kind = PASORI_BLOCK_BAD;
    if (len == 0) {
        return false;
    }
    block.kind = kind_of(data[0]);
    block.number = data[0] & PCB_NUMBER;
    block.chained = block.kind == PASORI_BLOCK_I && (data[0] & PCB_CHAINED) != 0;
    block.has_cid = (data[0] & PCB_CID) != 0;
    if (block.has_cid) {
        if (len < 2) {
            return false;
        }
        block.cid = data[at++] & 0x0FU; /* the rest tells of power levels, 7.4 */
    }
    block.inf = data + at;
    block.inf_len = len - at;
    if (!inf_fits(block.kind, block.inf_len)) {
        return false;
    }
    *ret_block = block;
    return true;
}

size_t
pasori_block_prologue(const PasoriBlock *block, uint8_t ret_prologue[2])
{
    static const uint8_t codes[] = {
        [PASORI_BLOCK_BAD] = 0xFF, [PASORI_BLOCK_I] = 0x02,   [PASORI_BLOCK_ACK] = 0xA2,
        [PASORI_BLOCK_NAK] = 0xB2, [PASORI_BLOCK_WTX] = 0xF2, [PASORI_BLOCK_DESELECT] = 0xC2,
    };
    uint8_t pcb = codes[block->kind];

    if (block->kind == PASORI_BLOCK_I && block->chained) {
        pcb |= PCB_CHAINED;
    }
    if (block->kind <= PASORI_BLOCK_NAK) {
        pcb |= block->number;
    }
    ret_prologue[0] = pcb;
    if (!block->has_cid) {
        return 1;
    }
    ret_prologue[0] |= PCB_CID;
    ret_prologue[1] = block->cid;
    return 2;
}

size_t
pasori_block_frame_size(uint8_t code)
{
    static const size_t sizes[] = {16, 24, 32, 40, 48, 64, 96, 128, 256};

    return sizes[code < 8 ? code : 8];
}

uint64_t
pasori_block_fwt_us(uint8_t fwi)
{
    uint64_t ticks = 4096ULL << (fwi > MAX_FWI ? DEFAULT_FWI : fwi);

    return (ticks * 1000000 + CARRIER_HZ - 1) / CARRIER_HZ;
}

uint64_t
pasori_block_extended_fwt_us(uint8_t fwi, uint8_t multiplier)
{
    uint64_t longest = pasori_block_fwt_us(MAX_FWI);
    uint64_t extended = pasori_block_fwt_us(fwi) * multiplier;

    return extended < longest ? extended : longest;
}
