/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A card's side of ISO/IEC 14443-3 type B (clause 7: request, slots, selection, halt) and of
 * ISO/IEC 14443-4 (clauses 7 and 8), written from the standard. Frames have no checksum here:
 * one whose checksum was wrong never comes (7.5.6: the card then says nothing).
 */
#pragma once

#include "tests/support/pasori/chip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASORI_MAX_FRAME 256U

/* Every command APDU that ISO/IEC 7816-4 knows, and what an answer may be. */
#define PASORI_MAX_COMMAND (4U + 3U + 65535U + 2U)
#define PASORI_MAX_ANSWER  (65536U + 2U)

typedef enum {
    PASORI_PICC_OFF = 0, /* no field */
    PASORI_PICC_IDLE,
    PASORI_PICC_REQUESTED, /* it drew a slot that has not come yet */
    PASORI_PICC_READY,     /* it sent ATQB */
    PASORI_PICC_PROTOCOL,
    PASORI_PICC_HALT,
} PasoriPiccState;

typedef struct {
    uint8_t pupi[4];
    uint8_t app[4];      /* application data of ATQB */
    uint8_t info[3];     /* protocol info: bit rates; FSCI and type; FWI, ADC and FO */
    uint8_t mbli;        /* of the answer to ATTRIB, 0 to 15 */
    uint8_t slot;        /* the slot it draws, modulo those there are, from 0 */
    uint8_t multiplier;  /* WTXM it asks for, 1 to 59 */
    size_t max_inf;      /* of its own blocks; 0: as many as the reader's frames hold */
    uint8_t extra_waits; /* how often it asks for more time without needing it */
} PasoriPiccProfile;

typedef struct {
    uint8_t data[PASORI_MAX_FRAME];
    size_t len; /* 0: it says nothing */
    uint64_t after_us;
    bool rejected; /* ATTRIB asked for something the card cannot do */
} PasoriPiccReply;

typedef struct {
    PasoriPiccProfile profile; /* always */
    const PasoriChip *chip;    /* always; borrowed */
    PasoriPiccState state;
    bool chip_is_up;
    uint32_t n_apdus; /* that the chip was given */

    /* while REQUESTED */
    uint8_t drawn;

    /* while PROTOCOL */
    uint8_t number; /* the current block number, 7.5.3.2 */
    uint8_t cid;
    size_t fsd;
    unsigned kbps_in;  /* at which it hears */
    unsigned kbps_out; /* at which it speaks */
    bool with_cid;     /* the block in hand had one */
    bool too_long;     /* the command in hand is longer than any can be */
    size_t command_len;
    size_t answer_len; /* of which answer_at bytes went out */
    size_t answer_at;
    bool answering; /* the last I-block it sent was chained */
    uint8_t asked;  /* the multiplier of the S(WTX) that is not answered yet; 0: none */
    uint32_t n_waits;
    uint64_t wait_us; /* what each of these spends, and the answer too */
    PasoriPiccReply last;

    uint8_t command[PASORI_MAX_COMMAND];
    uint8_t answer[PASORI_MAX_ANSWER];
} PasoriPicc;

/* chip is borrowed and outlives the card. */
void
pasori_picc_init(PasoriPicc *self, const PasoriPiccProfile *profile, const PasoriChip *chip);

/* The field came or went, or the card left it. */
void
pasori_picc_power(PasoriPicc *self, bool field);

/* One frame of at least one byte; *ret_reply is always set. */
void
pasori_picc_hear(PasoriPicc *self, const uint8_t *data, size_t len, PasoriPiccReply *ret_reply);

/* Asks n more times for more time before what it was about to send. Only right after hear(),
 * and only when its reply was an I-block or R(ACK) (7.5.4.3, rule 9); *reply is replaced. */
void
pasori_picc_stall(PasoriPicc *self, uint32_t n, uint8_t multiplier, PasoriPiccReply *reply);
