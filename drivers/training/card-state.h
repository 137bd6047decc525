/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a training card remembers without power: its life cycle, keys, PINs, files and the open
 * transaction of the issuer profile (doc/card-profile.md 4). Plain data; the rules are in
 * card-*.c, the file form in card-format.h. Everything here is secret and wiped when let go.
 */
#pragma once

#include "common/scp03-key.h"

#include <madoguchi/card.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADO_CARD_STATE_MAX_PINS  16U
#define MADO_CARD_STATE_MAX_ITEMS 64U
#define MADO_CARD_STATE_ITEM_LEN  65535U

/* A PIN reference. tries 0 is blocked. */
typedef struct {
    uint8_t ap; /* MadoAp */
    uint16_t ef;
    uint8_t value[16];
    uint8_t len; /* 0 with MADO_PIN_FLAG_UNSET */
    uint8_t tries;
    uint8_t max_tries;
    uint8_t flags; /* MADO_PIN_FLAG_* */
    uint16_t changes;
} MadoCardPin;

typedef enum {
    MADO_CARD_ITEM_FILE = 1,        /* id: EF. A record structured EF holds record 1 */
    MADO_CARD_ITEM_KEY = 2,         /* id: EF; PKCS#1 RSAPrivateKey, DER */
    MADO_CARD_ITEM_OBJECT = 3,      /* id: tag of GET DATA, ap: ISD */
    MADO_CARD_ITEM_STAGED_CERT = 4, /* id: MadoSlot, ap: JPKI; the bytes staged so far */
} MadoCardItemKind;

typedef struct {
    uint8_t kind; /* MadoCardItemKind */
    uint8_t ap;   /* MadoAp */
    uint16_t id;
    uint16_t total; /* staged certificate: its full length */
    uint8_t *data;  /* owned */
    size_t len;
} MadoCardItem;

typedef struct {
    uint8_t card_id[MADO_CARD_ID_LEN];
    uint8_t key_version;
    MadoScp03Keys issuer_keys;
    uint8_t life; /* MadoLifeCycle */
    uint8_t phase;
    uint32_t fencing;
    bool has_committed;
    uint8_t committed[MADO_TRANSACTION_LEN];
    /* while phase is OPEN */
    uint8_t transaction[MADO_TRANSACTION_LEN];
    uint8_t slots;
    uint8_t target; /* MadoLifeCycle */

    MadoCardPin pins[MADO_CARD_STATE_MAX_PINS];
    size_t n_pins;
    MadoCardItem items[MADO_CARD_STATE_MAX_ITEMS];
    size_t n_items;
} MadoCardState;

/* Empty, of an unpersonalised card. */
void
mado_card_state_init(MadoCardState *self);

/* Frees and wipes everything; the state is empty again. */
void
mado_card_state_clear(MadoCardState *self);

/* NULL when there is no such reference; otherwise borrowed from self. */
MadoCardPin *
mado_card_state_pin(MadoCardState *self, uint8_t ap, uint16_t ef);

/* NULL when there is no such item; borrowed from self, until the next put or drop. */
const MadoCardItem *
mado_card_state_item(const MadoCardState *self, MadoCardItemKind kind, uint8_t ap, uint16_t id);

/* Copies the bytes in, over an item of the same name. False, with nothing changed, when there
 * is no room. */
bool
mado_card_state_put(MadoCardState *self, const MadoCardItem *item);

/* Removes the item if it is there. */
void
mado_card_state_drop(MadoCardState *self, MadoCardItemKind kind, uint8_t ap, uint16_t id);

/* Whether the life cycle allows going from one to the other (doc/card-profile.md 5). */
bool
mado_card_state_may_become(uint8_t from, uint8_t to);
