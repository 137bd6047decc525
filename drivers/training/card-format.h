/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The card file: one BER-TLV object with a schema version and a checksum. The format is
 * described in drivers/training/README.md. Files of a newer schema are refused by name, older
 * ones are read.
 */
#pragma once

#include "drivers/training/card-state.h"

#define MADO_CARD_FORMAT_SCHEMA 1

typedef enum {
    MADO_CARD_FORMAT_OK = 0,
    MADO_CARD_FORMAT_BAD,   /* not a card file, or damaged */
    MADO_CARD_FORMAT_NEWER, /* of a schema this program does not know */
    MADO_CARD_FORMAT_MEMORY,
} MadoCardFormatStatus;

/*
 * Reads a card file into an empty state, which stays empty on failure. *ret_schema (nullable)
 * is set whenever the file is one, also with NEWER.
 */
MadoCardFormatStatus
mado_card_format_parse(const uint8_t *data,
                       size_t len,
                       MadoCardState *ret_state,
                       unsigned *ret_schema);

/* *ret_data (transfer full) holds secrets: mado_wipe() and free(). False when out of memory. */
bool
mado_card_format_write(const MadoCardState *state, uint8_t **ret_data, size_t *ret_len);
