/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The field above the reader: the cards in it, what is lost and spoilt between them and the
 * reader, and how long everything takes.
 */
#pragma once

#include "tests/support/pasori/ledger.h"
#include "tests/support/pasori/picc.h"
#include "tests/support/pasori/script.h"
#include "tests/support/pasori/watch.h"

#define PASORI_MAX_CARDS 2U

/* Bits of InCommRF's status that the air gives rise to (Port-100). */
#define PASORI_AIR_CRC     0x00000004U
#define PASORI_AIR_TIMEOUT 0x00000080U
#define PASORI_AIR_RF_OFF  0x00000400U

typedef struct {
    const uint8_t *data; /* as it leaves the antenna, checksum and all */
    size_t len;
    unsigned kbps_out; /* reader to card */
    unsigned kbps_in;
    uint64_t timeout_us; /* 0: for ever */
    bool type_b;         /* framed as type B frames are */
    bool checks; /* the reader looks at the checksum of what it hears, and takes it off */
} PasoriAirFrame;

typedef struct {
    uint32_t status; /* 0: data came */
    bool never;      /* nothing will ever come, and the reader waits for ever */
    uint8_t data[PASORI_MAX_FRAME];
    size_t len;
} PasoriAirAnswer;

typedef struct {
    PasoriLedger *ledger;       /* borrowed */
    const PasoriScript *script; /* borrowed */
    PasoriWatch watch;
    bool field;
    uint64_t field_since_us;
    PasoriPicc cards[PASORI_MAX_CARDS];
    size_t n_cards;
    bool is_in[PASORI_MAX_CARDS];
    bool pulled; /* the first card, by a fault, until the chip says that it is gone */
    bool deaf;   /* the first card, by a fault, until the field goes */
    uint8_t stale[PASORI_MAX_FRAME];
    size_t stale_len;
} PasoriAir;

/* Both are borrowed and outlive the air. */
void
pasori_air_init(PasoriAir *self, PasoriLedger *ledger, const PasoriScript *script);

/* False when there is no room for it. chip is borrowed. */
bool
pasori_air_add_card(PasoriAir *self, const PasoriPiccProfile *profile, const PasoriChip *chip);

void
pasori_air_switch(PasoriAir *self, bool field);

/* One frame out, and what comes back in time. */
void
pasori_air_exchange(PasoriAir *self, const PasoriAirFrame *frame, PasoriAirAnswer *ret_answer);

/* The time of a frame of len bytes on the air. */
uint64_t
pasori_air_frame_us(size_t len, unsigned kbps);
