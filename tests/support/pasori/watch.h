/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks over the host's shoulder: from what it sent and what truly reached it, whether it kept
 * the reader's rules of ISO/IEC 14443-4 (7.2, 7.3, 7.5.3.1, 7.5.4.1, 7.5.4.2). It knows nothing
 * of how the card keeps its own.
 */
#pragma once

#include "tests/support/pasori/block.h"
#include "tests/support/pasori/ledger.h"

typedef enum {
    PASORI_WATCH_FREE = 0, /* a command may begin, or go on; presence may be asked */
    PASORI_WATCH_ACK,      /* the card chains: R(ACK) */
    PASORI_WATCH_WTX,      /* S(WTX) wants its response */
    PASORI_WATCH_AGAIN,    /* rule 6: the last I-block again */
    PASORI_WATCH_RETRY,    /* rules 4 and 5, after silence or nonsense */
} PasoriWatchNext;

typedef struct {
    PasoriLedger *ledger; /* borrowed */
    bool active;
    size_t fsc;
    uint8_t fwi;
    uint8_t number; /* 7.5.3.1 */
    PasoriWatchNext next;
    bool host_chains;   /* its last I-block was chained */
    bool card_chains;   /* the last I-block that reached it was */
    bool asks;          /* R(NAK) with nothing to repeat: is the card still there? */
    bool waiting;       /* an I-block has gone out and no answer has come */
    uint8_t multiplier; /* of the S(WTX) to be answered, or just answered */
    bool extended;      /* for the answer that is awaited, 7.3 */
    PasoriBlockKind sent;
    uint8_t last[256]; /* the last I-block */
    size_t last_len;
} PasoriWatchState;

typedef struct {
    PasoriWatchState now;
    PasoriWatchState unheard; /* as if nothing had reached the host */
    bool doubt;               /* whether anything did */
} PasoriWatch;

void
pasori_watch_init(PasoriWatch *self, PasoriLedger *ledger);

/* The card answered ATTRIB: block numbers begin. */
void
pasori_watch_start(PasoriWatch *self, size_t fsc, uint8_t fwi);

/* The field went, the card was halted or called anew: what was going on is over. */
void
pasori_watch_stop(PasoriWatch *self);

/* The host sends these bytes (no checksum) and is ready to wait so long (0: for ever). */
void
pasori_watch_sent(PasoriWatch *self, const uint8_t *data, size_t len, uint64_t timeout_us);

/* What reached it then; len 0: nothing, or nothing that could be used. */
void
pasori_watch_received(PasoriWatch *self, const uint8_t *data, size_t len);

/* What was received last went through a wire that spoilt something: perhaps the host has it,
 * perhaps not. What it sends next is judged by what it can have meant. */
void
pasori_watch_doubt(PasoriWatch *self);
