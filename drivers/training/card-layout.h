/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which applications and files the card has, and what opens them (doc/card-profile.md 1): one
 * table. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    MADO_CARD_EF_FILE,   /* transparent */
    MADO_CARD_EF_RECORD, /* record structured, one record */
    MADO_CARD_EF_PIN,
    MADO_CARD_EF_KEY,    /* private key */
    MADO_CARD_EF_OPAQUE, /* can be selected, does nothing */
} MadoCardEfKind;

typedef struct {
    uint8_t ap; /* MadoAp */
    uint16_t ef;
    MadoCardEfKind kind;
    bool never; /* no credential opens it */
    /* EFs of the PIN references of which any one opens it; zeros: free */
    uint16_t opened_by[3];
} MadoCardEf;

/* NULL when the application has no such file. */
const MadoCardEf *
mado_card_layout_ef(uint8_t ap, uint16_t ef);

/*
 * The application whose AID begins with these bytes, the first in the table when several do.
 * Only those in `present` count, a set of bits 1 << MadoAp.
 */
bool
mado_card_layout_select(unsigned present, const uint8_t *aid, size_t len, uint8_t *ret_ap);

/* The whole AID of an application. */
void
mado_card_layout_aid(uint8_t ap, const uint8_t **ret_aid, size_t *ret_len);

/* The key that signs when P2 names none; false when the application has no such key. */
bool
mado_card_layout_default_key(uint8_t ap, uint16_t *ret_ef);
