/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The admin record (doc/card-profile.md 4), computed from the state each time it is asked for.
 */
#pragma once

#include "common/writer.h"
#include "drivers/training/card-state.h"

/* Room for the longest record. */
#define MADO_CARD_RECORD_MAX_LEN 1024U

/* Where a slot's things are. NULL for what is no slot. */
typedef struct {
    uint8_t slot; /* MadoSlot */
    uint16_t live_key;
    uint16_t live_cert;
    uint16_t staged_key;
    uint16_t pin;    /* that guards both keys */
    uint8_t present; /* index into EF 0008 */
} MadoCardSlot;

const MadoCardSlot *
mado_card_record_slot(uint8_t slot);

/* Appends DF70 { … }. False when a key in the state is none. */
bool
mado_card_record_write(const MadoCardState *state, MadoWriter *writer);

/* Whether all of the staged certificate of this slot is there. */
bool
mado_card_record_is_whole(const MadoCardState *state, uint8_t slot);

/* The references that the record tells about, in its order; NULL from n on. */
typedef struct {
    uint8_t ap;
    uint16_t ef;
} MadoCardReference;

const MadoCardReference *
mado_card_record_reference(size_t i);
