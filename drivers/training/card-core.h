/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of a card, shared by its command groups (card-read.c, card-pin.c …) and nobody
 * else. A command's function appends its answer to the writer and returns the status word;
 * without effect on the state unless it returns through mado_card_core_save().
 */
#pragma once

#include "common/apdu.h"
#include "common/scp03-card.h"
#include "drivers/training/card-layout.h"
#include "drivers/training/card.h"

#define MADO_CARD_CORE_MUTE                                                                    \
    0x0000U /* in place of a status word: the card has lost its power                          \
             */

struct MadoCard {
    /* always */
    MadoCardPorts ports;
    MadoCardState state;
    uint8_t *answer; /* room for any answer, before protection */
    uint8_t *plain;  /* room for any unwrapped command's data */
    uint8_t *out;    /* the answer waiting to be fetched */

    /* while powered */
    bool powered;
    bool fresh; /* no command yet since power-up */
    uint8_t ap; /* MadoAp, the current application */
    bool has_ef;
    uint16_t ef;         /* the current file */
    uint8_t verified_ap; /* whose references are in `verified` */
    uint32_t verified;   /* bit n: state.pins[n] */
    MadoScp03Card channel;
    struct {
        bool is_open;
        uint8_t key[16];
        uint32_t counter; /* of the next message */
    } session;            /* the text application's secure messaging */
    bool is_protected;    /* the command in hand came through the channel */
    uint16_t out_sw;
    size_t out_len; /* bytes of `out` not fetched yet begin at out_at */
    size_t out_at;
};

typedef uint16_t (*MadoCardCommand)(MadoCard *self,
                                    const MadoCommand *command,
                                    MadoWriter *answer);

/* Makes the state durable: 9000, or MUTE. */
uint16_t
mado_card_core_save(MadoCard *self);

/* The current application's file that P2 of VERIFY, CHANGE and signing names: 80 current,
 * 80+SFI. */
uint16_t
mado_card_core_named_ef(const MadoCard *self, uint8_t p2, const MadoCardEf **ret_ef);

/* Whether one of the references that open the file is verified, or none is needed. */
bool
mado_card_core_is_open(const MadoCard *self, const MadoCardEf *ef);

/* Whether suspension or termination of the card forbids PINs and signatures of the current
 * application. */
bool
mado_card_core_is_stopped(const MadoCard *self);

/* The file exists now: staged keys come and go. */
const MadoCardEf *
mado_card_core_find_ef(const MadoCard *self, uint16_t ef);
