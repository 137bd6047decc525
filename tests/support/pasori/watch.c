/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/watch.h"

#include "tests/support/pasori/crc-b.h"

#include <string.h>

#define DESELECT_US 4834U /* 65536/fc: the deactivation frame waiting time, 8.1 */

static void
breach(PasoriWatchState *self, const char *clause, const char *what)
{
    pasori_ledger_breach(self->ledger, clause, what);
}

/* ---- sent
 * -------------------------------------------------------------------------------------------
 */

static void
check_number(PasoriWatchState *self, const PasoriBlock *block)
{
    if (block->number != self->number) {
        breach(self, "14443-4 7.5.3.1", "rule B: not the reader's current block number");
    }
}

static void
check_information(PasoriWatchState *self,
                  const PasoriBlock *block,
                  const uint8_t *data,
                  size_t len)
{
    check_number(self, block);
    switch (self->next) {
    case PASORI_WATCH_ACK:
        breach(self, "14443-4 7.5.4.1", "rule 2: an I-block where R(ACK) is due");
        break;
    case PASORI_WATCH_WTX:
        breach(self, "14443-4 7.5.4.1", "rule 3: an I-block where S(WTX) is due");
        break;
    case PASORI_WATCH_RETRY:
        breach(self, "14443-4 7.5.4.2", "rule 4: an I-block where R(NAK) or R(ACK) is due");
        break;
    case PASORI_WATCH_AGAIN:
        if (len != self->last_len || memcmp(data, self->last, len) != 0) {
            breach(self, "14443-4 7.5.4.2", "rule 6: not the I-block that was lost");
        }
        break;
    case PASORI_WATCH_FREE:
    default:
        break;
    }
    self->host_chains = block->chained;
    self->card_chains = false;
    self->waiting = true;
    self->last_len = len < sizeof(self->last) ? len : 0;
    memcpy(self->last, data, self->last_len);
}

static void
check_nak(PasoriWatchState *self, const PasoriBlock *block)
{
    check_number(self, block);
    self->ledger->n_naks++;
    if (self->next == PASORI_WATCH_WTX) {
        breach(self, "14443-4 7.5.4.1", "rule 3: R(NAK) where S(WTX) is due");
    } else if (self->card_chains) {
        breach(self, "14443-4 7.5.4.2", "rule 5: R(NAK) while the card chains");
    } else if (self->next == PASORI_WATCH_AGAIN) {
        breach(self, "14443-4 7.5.4.2", "rule 6: R(NAK) where the I-block is due");
    }
    self->asks = !self->waiting;
}

static void
check_ack(PasoriWatchState *self, const PasoriBlock *block)
{
    check_number(self, block);
    if (!self->card_chains) {
        breach(self, "14443-4 7.5.4.2", "R(ACK) although the card does not chain");
    } else if (self->next == PASORI_WATCH_WTX) {
        breach(self, "14443-4 7.5.4.1", "rule 3: R(ACK) where S(WTX) is due");
    }
}

static void
check_extension(PasoriWatchState *self, const PasoriBlock *block)
{
    if (self->next != PASORI_WATCH_WTX) {
        breach(self, "14443-4 7.5.4.1", "rule 3: S(WTX) that was not asked for");
    } else if (block->inf[0] != self->multiplier) {
        breach(self, "14443-4 7.3", "S(WTX) with another multiplier than was asked for");
    }
    self->ledger->n_extensions++;
    self->extended = true;
}

/* 7.2, 7.3, 8.1: how long the card may take. */
static void
check_patience(PasoriWatchState *self, uint64_t timeout_us)
{
    uint64_t least_us = pasori_block_fwt_us(self->fwi);

    if (self->sent == PASORI_BLOCK_DESELECT) {
        least_us = DESELECT_US;
    } else if (self->extended) {
        least_us = pasori_block_extended_fwt_us(self->fwi, self->multiplier);
    }
    if (timeout_us != 0 && timeout_us < least_us) {
        breach(self, self->extended ? "14443-4 7.3" : "14443-4 7.2",
               "waits less than the card may take");
    }
}

static void
send(PasoriWatchState *self, const uint8_t *data, size_t len, uint64_t timeout_us)
{
    PasoriBlock block;

    self->extended = false;
    self->asks = false;
    if (len + PASORI_CRC_LEN > self->fsc) {
        breach(self, "14443-4 7.1", "a frame longer than FSC");
    }
    if (!pasori_block_parse(data, len, &block)) {
        breach(self, "14443-4 7.1.1.1", "not a block");
        return;
    }
    self->sent = block.kind;
    switch (block.kind) {
    case PASORI_BLOCK_I:
        check_information(self, &block, data, len);
        break;
    case PASORI_BLOCK_NAK:
        check_nak(self, &block);
        break;
    case PASORI_BLOCK_ACK:
        check_ack(self, &block);
        break;
    case PASORI_BLOCK_WTX:
        check_extension(self, &block);
        break;
    case PASORI_BLOCK_DESELECT:
    case PASORI_BLOCK_BAD:
    default:
        break;
    }
    check_patience(self, timeout_us);
}

/* ---- received
 * --------------------------------------------------------------------------------------- */

static void
take_information(PasoriWatchState *self, const PasoriBlock *block)
{
    if (block->number != self->number || !(self->waiting || self->card_chains) ||
        (self->host_chains && self->waiting)) {
        self->next = PASORI_WATCH_RETRY; /* 7.5.6: a protocol error */
        return;
    }
    self->number ^= 1; /* B */
    self->waiting = false;
    self->host_chains = false;
    self->card_chains = block->chained;
    self->next = block->chained ? PASORI_WATCH_ACK : PASORI_WATCH_FREE;
}

static void
take_ack(PasoriWatchState *self, const PasoriBlock *block)
{
    if (self->asks) { /* 7.5.5, method 2 */
        self->next = PASORI_WATCH_FREE;
    } else if (self->card_chains) {
        self->next = PASORI_WATCH_RETRY;
    } else if (block->number != self->number) {
        self->next = PASORI_WATCH_AGAIN; /* 6 */
    } else if (self->host_chains) {
        self->number ^= 1; /* B, 7 */
        self->waiting = false;
        self->next = PASORI_WATCH_FREE;
    } else {
        self->next = PASORI_WATCH_RETRY;
    }
}

static void
take_extension(PasoriWatchState *self, const PasoriBlock *block)
{
    uint8_t multiplier = block->inf[0] & 0x3FU;

    if (multiplier == 0 || multiplier > PASORI_MAX_WTXM ||
        !(self->waiting || self->card_chains)) {
        self->next = PASORI_WATCH_RETRY;
        return;
    }
    self->multiplier = multiplier;
    self->next = PASORI_WATCH_WTX;
}

static void
receive(PasoriWatchState *self, const uint8_t *data, size_t len)
{
    PasoriBlock block;

    if (!pasori_block_parse(data, len, &block)) {
        block.kind = PASORI_BLOCK_BAD;
    }
    if (self->sent == PASORI_BLOCK_DESELECT) {
        self->active = block.kind != PASORI_BLOCK_DESELECT;
        return;
    }
    switch (block.kind) {
    case PASORI_BLOCK_I:
        take_information(self, &block);
        break;
    case PASORI_BLOCK_ACK:
        take_ack(self, &block);
        break;
    case PASORI_BLOCK_WTX:
        take_extension(self, &block);
        break;
    case PASORI_BLOCK_NAK:
    case PASORI_BLOCK_DESELECT:
    case PASORI_BLOCK_BAD:
    default:
        self->next = PASORI_WATCH_RETRY;
        break;
    }
}

/* ---- from outside
 * ----------------------------------------------------------------------------------- */

void
pasori_watch_init(PasoriWatch *self, PasoriLedger *ledger)
{
    memset(self, 0, sizeof(*self));
    self->now.ledger = ledger;
}

void
pasori_watch_start(PasoriWatch *self, size_t fsc, uint8_t fwi)
{
    pasori_watch_init(self, self->now.ledger);
    self->now.active = true;
    self->now.fsc = fsc;
    self->now.fwi = fwi;
}

void
pasori_watch_stop(PasoriWatch *self)
{
    self->now.active = false;
}

static uint32_t
count_breaches(PasoriWatchState state, const uint8_t *data, size_t len, uint64_t timeout_us)
{
    PasoriLedger scratch = {.n_breaches = 0};

    state.ledger = &scratch;
    send(&state, data, len, timeout_us);
    return scratch.n_breaches;
}

void
pasori_watch_sent(PasoriWatch *self, const uint8_t *data, size_t len, uint64_t timeout_us)
{
    if (!self->now.active) {
        return;
    }
    if (self->doubt && count_breaches(self->unheard, data, len, timeout_us) <
                           count_breaches(self->now, data, len, timeout_us)) {
        self->now = self->unheard;
    }
    self->doubt = false;
    send(&self->now, data, len, timeout_us);
}

void
pasori_watch_received(PasoriWatch *self, const uint8_t *data, size_t len)
{
    if (!self->now.active) {
        return;
    }
    self->unheard = self->now;
    receive(&self->unheard, NULL, 0);
    receive(&self->now, data, len);
}

void
pasori_watch_doubt(PasoriWatch *self)
{
    self->doubt = true;
}
