/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Status words: one table from number to meaning and English text. A number without a row is
 * PROTOCOL. What the Individual Number Card means by them differs from ISO in one place: a
 * blocked key is 6984 (6983 is taken the same way).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADO_SW_OK 0x9000U

typedef enum {
    MADO_SW_MEANING_OK,               /* 9000 */
    MADO_SW_MEANING_MORE,             /* 61xx: fetch the rest with GET RESPONSE */
    MADO_SW_MEANING_WRONG_LE,         /* 6Cxx: repeat with this Le */
    MADO_SW_MEANING_WARNING,          /* 6281 data may be damaged, 6283 file locked, 6381 … */
    MADO_SW_MEANING_PIN_WRONG,        /* 6300, 63C1 … 63CF */
    MADO_SW_MEANING_PIN_BLOCKED,      /* 63C0, 6983, 6984 */
    MADO_SW_MEANING_CARD_FAULT,       /* 6400, 6581, 6F00 */
    MADO_SW_MEANING_LENGTH,           /* 6700 */
    MADO_SW_MEANING_SECURE_MESSAGING, /* 6882, 6987, 6988, 69FC, 66F1 */
    MADO_SW_MEANING_NOT_ALLOWED,      /* 6981, 6982: security status not satisfied … */
    MADO_SW_MEANING_CONDITIONS,       /* 6985 */
    MADO_SW_MEANING_NO_CURRENT_FILE,  /* 6986 */
    MADO_SW_MEANING_BAD_DATA,         /* 6A80 */
    MADO_SW_MEANING_NOT_FOUND,        /* 6A82, 6A83, 6A88 */
    MADO_SW_MEANING_NO_SPACE,         /* 6A84 */
    MADO_SW_MEANING_BAD_PARAMETERS,   /* 6A86, 6A87 */
    MADO_SW_MEANING_END_OF_FILE,      /* 6B00: offset past the end */
    MADO_SW_MEANING_NOT_SUPPORTED,    /* 6881, 6A81, 6D00, 6E00 */
    MADO_SW_MEANING_PROTOCOL,         /* every other number */
    MADO_SW_N_MEANINGS
} MadoSwMeaning;

MadoSwMeaning
mado_sw_meaning(uint16_t sw);

/* A fragment for logs and messages, lower case, never NULL. Same text for every unknown number.
 */
const char *
mado_sw_text(uint16_t sw);

/* Tries left as told by 63Cx, or 0 by 6983 and 6984; false for every other word, 6300 too. */
bool
mado_sw_tries_left(uint16_t sw, unsigned *ret_n_tries);

/* The length told by 61xx and 6Cxx, 00 meaning 256; false for every other word. */
bool
mado_sw_told_len(uint16_t sw, size_t *ret_len);
