/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ISO/IEC 14443-4, clause 7, the card's part. The letters and numbers in comments are the rules
 * of 7.5.3 and 7.5.4.
 */
#include "config.h"

#include "tests/support/pasori/picc-block.h"

#include "tests/support/pasori/block.h"
#include "tests/support/pasori/crc-b.h"

#include <string.h>

#define ANSWER_US 300U

void
pasori_picc_block_start(PasoriPicc *self)
{
    self->number = 1; /* C */
    self->command_len = 0;
    self->too_long = false;
    self->answer_len = 0;
    self->answer_at = 0;
    self->answering = false;
    self->asked = 0;
    self->n_waits = 0;
    self->wait_us = 0;
    self->last.len = 0;
}

static uint8_t
fwi_of(const PasoriPicc *self)
{
    return self->profile.info[2] >> 4;
}

/* ---- speaking
 * --------------------------------------------------------------------------------------- */

/* Sends a block and remembers it for rule 11. */
static void
say(PasoriPicc *self, PasoriBlock block, uint64_t after_us, PasoriPiccReply *ret_reply)
{
    size_t n;

    block.number = self->number;
    block.has_cid = self->with_cid;
    block.cid = self->cid;
    n = pasori_block_prologue(&block, ret_reply->data);
    if (block.inf_len > 0) {
        memcpy(ret_reply->data + n, block.inf, block.inf_len);
    }
    ret_reply->len = n + block.inf_len;
    ret_reply->after_us = after_us;
    self->last = *ret_reply;
}

static void
say_ack(PasoriPicc *self, PasoriPiccReply *ret_reply)
{
    say(self, (PasoriBlock){.kind = PASORI_BLOCK_ACK}, ANSWER_US, ret_reply);
}

static void
say_wait(PasoriPicc *self, uint8_t multiplier, uint64_t after_us, PasoriPiccReply *ret_reply)
{
    self->asked = multiplier;
    say(self, (PasoriBlock){.kind = PASORI_BLOCK_WTX, .inf = &multiplier, .inf_len = 1},
        after_us, ret_reply);
}

/* The next part of the answer: 7.5.2, chained while more is left than one frame holds. */
static void
say_answer(PasoriPicc *self, uint64_t after_us, PasoriPiccReply *ret_reply)
{
    size_t left = self->answer_len - self->answer_at;
    size_t room = self->fsd - 1 - (self->with_cid ? 1 : 0) - PASORI_CRC_LEN;
    PasoriBlock block = {.kind = PASORI_BLOCK_I, .inf = self->answer + self->answer_at};

    if (self->profile.max_inf != 0 && self->profile.max_inf < room) {
        room = self->profile.max_inf;
    }
    block.chained = left > room;
    block.inf_len = left > room ? room : left;
    self->answer_at += block.inf_len;
    self->answering = block.chained;
    say(self, block, after_us, ret_reply);
}

/* 9: S(WTX) as often as the work needs, then what the host waits for. */
static void
go_on(PasoriPicc *self, PasoriPiccReply *ret_reply)
{
    if (self->n_waits > 0) {
        self->n_waits--;
        say_wait(self, self->profile.multiplier, self->wait_us, ret_reply);
    } else {
        say_answer(self, self->wait_us + ANSWER_US, ret_reply);
    }
}

/* ---- the command
 * ------------------------------------------------------------------------------------ */

static void
append(PasoriPicc *self, const PasoriBlock *block)
{
    if (block->inf_len > sizeof(self->command) - self->command_len) {
        self->too_long = true;
        return;
    }
    if (block->inf_len > 0) {
        memcpy(self->command + self->command_len, block->inf, block->inf_len);
    }
    self->command_len += block->inf_len;
}

/* Splits the chip's time into spans that the host has agreed to wait. */
static void
plan_waits(PasoriPicc *self, uint64_t spent_us)
{
    uint64_t fwt_us = pasori_block_fwt_us(fwi_of(self));
    uint64_t extended_us = pasori_block_extended_fwt_us(fwi_of(self), self->profile.multiplier);

    self->n_waits = self->profile.extra_waits;
    self->wait_us = spent_us;
    if (spent_us * 4 > fwt_us * 3) { /* asked for in time, not at the last moment */
        uint64_t span_us = (extended_us < fwt_us ? extended_us : fwt_us) * 3 / 4;

        self->n_waits += (uint32_t)((spent_us + span_us - 1) / span_us);
    }
    self->wait_us = spent_us / (self->n_waits + 1ULL);
}

static void
run(PasoriPicc *self, PasoriPiccReply *ret_reply)
{
    PasoriChipAnswer answer = {.data = self->answer, .cap = sizeof(self->answer)};
    size_t command_len = self->command_len;

    self->command_len = 0;
    if (self->too_long) {
        self->too_long = false;
        return;
    }
    self->answer_at = 0;
    self->answer_len = 0;
    self->n_apdus += command_len > 0 ? 1 : 0;
    if (command_len ==
        0) { /* 7.5.5, method 1: an empty I-block only asks whether it is there */
        self->n_waits = 0;
        self->wait_us = 0;
    } else if (self->chip->exchange(self->chip->user, self->command, command_len, &answer)) {
        self->answer_len = answer.len;
        plan_waits(self, answer.spent_us);
    } else {
        self->state = PASORI_PICC_OFF; /* mute until the field goes */
        return;
    }
    go_on(self, ret_reply);
}

/* ---- hearing
 * ---------------------------------------------------------------------------------------- */

/* 10; D and 2 while the host chains. */
static void
hear_information(PasoriPicc *self, const PasoriBlock *block, PasoriPiccReply *ret_reply)
{
    self->number ^= 1; /* D: whatever its number */
    self->answering = false;
    self->asked = 0;
    append(self, block);
    if (block->chained) {
        say_ack(self, ret_reply); /* 2 */
    } else {
        run(self, ret_reply);
    }
}

static void
hear_supervision(PasoriPicc *self, const PasoriBlock *block, PasoriPiccReply *ret_reply)
{
    if (block->number == self->number) {
        *ret_reply = self->last; /* 11 */
    } else if (block->kind == PASORI_BLOCK_NAK) {
        say_ack(self, ret_reply); /* 12 */
    } else if (self->answering) {
        self->number ^= 1;                      /* E */
        say_answer(self, ANSWER_US, ret_reply); /* 13 */
    }
}

static void
hear_extension(PasoriPicc *self, const PasoriBlock *block, PasoriPiccReply *ret_reply)
{
    if (self->asked == 0 || (block->inf[0] & 0x3FU) != self->asked) {
        return; /* 3: only as the answer to a request */
    }
    self->asked = 0;
    go_on(self, ret_reply);
}

/* 7.1.1.2: which blocks are for this card. */
static bool
is_for_me(const PasoriPicc *self, const PasoriBlock *block)
{
    if (!block->has_cid) {
        return self->cid == 0;
    }
    return block->cid == self->cid && (self->profile.info[2] & 0x01U) != 0;
}

void
pasori_picc_block_hear(PasoriPicc *self,
                       const uint8_t *data,
                       size_t len,
                       PasoriPiccReply *ret_reply)
{
    PasoriBlock block;

    if (len + PASORI_CRC_LEN > pasori_block_frame_size(self->profile.info[1] >> 4) ||
        !pasori_block_parse(data, len, &block) || !is_for_me(self, &block)) {
        return; /* 7.5.6: it goes on listening */
    }
    self->with_cid = block.has_cid;
    switch (block.kind) {
    case PASORI_BLOCK_I:
        hear_information(self, &block, ret_reply);
        break;
    case PASORI_BLOCK_ACK:
    case PASORI_BLOCK_NAK:
        hear_supervision(self, &block, ret_reply);
        break;
    case PASORI_BLOCK_WTX:
        hear_extension(self, &block, ret_reply);
        break;
    case PASORI_BLOCK_DESELECT:
        say(self, (PasoriBlock){.kind = PASORI_BLOCK_DESELECT}, ANSWER_US, ret_reply);
        self->state = PASORI_PICC_HALT; /* 8 */
        self->kbps_in = 106;
        self->kbps_out = 106;
        break;
    case PASORI_BLOCK_BAD:
    default:
        break;
    }
}

void
pasori_picc_stall(PasoriPicc *self, uint32_t n, uint8_t multiplier, PasoriPiccReply *reply)
{
    PasoriBlock said;

    if (n == 0 || !pasori_block_parse(reply->data, reply->len, &said) ||
        said.kind != PASORI_BLOCK_I) {
        return;
    }
    /* The part that was said is taken back; go_on() will say it again. */
    self->answer_at -= said.inf_len;
    self->answering = false;
    self->n_waits += n - 1;
    self->wait_us = 0;
    say_wait(self, multiplier, ANSWER_US, reply);
}
