/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A software Individual Number Card (doc/card-profile.md): command bytes in, answer bytes out.
 * Everything it remembers is in its store before an answer goes out; everything it reads from
 * the reader is hostile.
 *
 * One thread at a time per card. Power: a card is opened without power; power_up begins a
 * session of the field, reset a warm one, power_down ends it. When a save fails the card is
 * mute until the next power_up, which loads what the store holds.
 */
#pragma once

#include "drivers/training/card-ports.h"
#include "drivers/training/card-state.h"

#define MADO_CARD_MAX_ATR 33U

typedef struct MadoCard MadoCard;

typedef enum {
    MADO_CARD_OK = 0,
    MADO_CARD_MUTE,   /* no answer: no power, or it failed inside the card */
    MADO_CARD_ABSENT, /* the store has no file */
    MADO_CARD_BAD,    /* the file is not a card, or damaged */
    MADO_CARD_NEWER,  /* the file is of a newer schema */
    MADO_CARD_MEMORY,
} MadoCardStatus;

typedef enum {
    MADO_CARD_CONTACTLESS,
    MADO_CARD_CONTACT,
} MadoCardInterface;

/* A short English name for logs; never NULL. */
const char *
mado_card_status_name(MadoCardStatus status);

/* Loads the card. ports are copied; what their users point to outlives the card. */
MadoCardStatus
mado_card_open(const MadoCardPorts *ports, MadoCard **ret_card);

/* Wipes and frees; NULL is allowed. */
void
mado_card_close(MadoCard *self);

/* Cold: loads from the store again; the first command will be answered 6F00. */
MadoCardStatus
mado_card_power_up(MadoCard *self);

/* Warm: the card manager is current again, the issuer's channel is gone, verified PINs stay
 * verified. */
void
mado_card_reset(MadoCard *self);

void
mado_card_power_down(MadoCard *self);

/*
 * One command, one answer (data and status word). MUTE when there is none; ret_answer is then
 * untouched. cap is at least MADO_APDU_MAX_RESPONSE for every answer to fit; one that does not
 * fit is cut to 6F00.
 */
MadoCardStatus
mado_card_exchange(MadoCard *self,
                   const uint8_t *command,
                   size_t command_len,
                   uint8_t *ret_answer,
                   size_t cap,
                   size_t *ret_len);

/* What the card remembers now. Secret; borrowed until the next call on the card. */
const MadoCardState *
mado_card_peek_state(const MadoCard *self);

/* The answer to reset of this interface, at most MADO_CARD_MAX_ATR bytes; static. */
void
mado_card_atr(MadoCardInterface interface, const uint8_t **ret_atr, size_t *ret_len);
