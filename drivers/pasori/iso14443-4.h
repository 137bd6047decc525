/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reader's side of ISO/IEC 14443-4: a table of states and received blocks, and no I/O.
 *
 *   begin(), deselect() or check()  ─▶  SEND: put out[] on air, wait at most wait_us
 *         ▲                                │ what came back, or that nothing came
 *         └── DONE, or how it failed  ◀── step()
 *
 * Clauses and rules are those of ISO/IEC 14443-4:2001 (the edition of 2016 counts 7.5.3 as
 * 7.5.4 and so on; rules 1 to 13 and A to E keep their names). No CID and no NAD is used: a
 * card that was given CID 0 answers to blocks without one (7.1.1.2).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADO_ISO14443_MAX_BLOCK 254  /* FSD 256 without CRC */
#define MADO_ISO14443_N_RETRIES 3    /* in a row, for one block */
#define MADO_ISO14443_MAX_WTX   1000 /* in one exchange */

/* What came back. CRC and framing are the reader's work. */
typedef enum {
    MADO_ISO14443_BLOCK,   /* bytes with a good CRC */
    MADO_ISO14443_GARBLED, /* a frame with an error */
    MADO_ISO14443_SILENCE, /* nothing within wait_us */
} MadoIso14443Event;

typedef enum {
    MADO_ISO14443_SEND,   /* out[] is to be sent */
    MADO_ISO14443_DONE,   /* the exchange is complete */
    MADO_ISO14443_MUTE,   /* nothing was heard any more, after all retries */
    MADO_ISO14443_BROKEN, /* what was heard was no answer, after all retries */
    MADO_ISO14443_FULL,   /* the answer is longer than the caller's buffer */
} MadoIso14443Do;

/* Never reset here; they only grow. */
typedef struct {
    uint64_t blocks;          /* sent, of all kinds */
    uint64_t silences;        /* waits that ended with nothing */
    uint64_t garbled;         /* frames with an error */
    uint64_t strays;          /* good frames that may not stand where they came */
    uint64_t retries;         /* R(NAK), and R(ACK) or S() sent again */
    uint64_t retransmissions; /* I-blocks sent again, rule 6 */
    uint64_t extensions;      /* S(WTX) granted */
} MadoIso14443Counts;

typedef struct {
    /* always */
    uint8_t state;        /* private */
    uint8_t block_number; /* 0 or 1, rules A and B */
    uint16_t max_inf;     /* bytes of payload the card takes in a block */
    uint32_t fwt_us;      /* of the card; with the tolerance of 7.2 */
    MadoIso14443Counts counts;

    /* after SEND */
    uint8_t out[MADO_ISO14443_MAX_BLOCK];
    size_t out_len;
    uint32_t wait_us;

    /* during an exchange */
    const uint8_t *command; /* (borrowed) */
    size_t command_len;
    size_t at;        /* first byte of the block in flight */
    size_t in_flight; /* bytes of it */
    uint8_t *answer;  /* (borrowed) */
    size_t cap;
    size_t answer_len;
    unsigned n_errors; /* since the last block that was good */
    unsigned n_wtx;
    unsigned n_empty;    /* chained blocks without a byte */
    bool has_asked;      /* the last block sent was R(NAK) */
    uint8_t last_errors; /* bit 0: silence, bit 1: anything else */
} MadoIso14443;

/* For a card just activated: its largest frame (with PCB and CRC, at least 16) and its FWI. */
void
mado_iso14443_init(MadoIso14443 *self, uint16_t fsc, uint8_t fwi);

/*
 * Begins to send a command. Both buffers are borrowed until the exchange has ended; after DONE
 * answer_len bytes are in ret_answer, after anything else they mean nothing. BROKEN at once for
 * an empty command, and when an earlier exchange failed: block numbers are lost then, and only
 * deselect() is left (7.5.6.1).
 */
MadoIso14443Do
mado_iso14443_begin(
    MadoIso14443 *self, const uint8_t *command, size_t len, uint8_t *ret_answer, size_t cap);

/* Ends the session, S(DESELECT): clause 8. */
MadoIso14443Do
mado_iso14443_deselect(MadoIso14443 *self);

/* Asks whether the card is there, by R(NAK): 7.5.5, method 2. Only between exchanges; changes
 * nothing on the card. */
MadoIso14443Do
mado_iso14443_check(MadoIso14443 *self);

/* What happened to out[]. block is looked at for BLOCK only. */
MadoIso14443Do
mado_iso14443_step(MadoIso14443 *self,
                   MadoIso14443Event event,
                   const uint8_t *block,
                   size_t len);

/* The exchange is given up from outside; only deselect() is left. */
void
mado_iso14443_abandon(MadoIso14443 *self);

/* Whether an exchange can begin. */
bool
mado_iso14443_is_usable(const MadoIso14443 *self);

/* Time for a frame's answer to begin: 7.2, in microseconds, without tolerance. fwi 0 … 14. */
uint32_t
mado_iso14443_fwt_us(uint8_t fwi);
