/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each page says, in the language in use; gui/resident/ruby.h draws it. Every sentence of
 * the screen is here. Main thread. */
#pragma once

#include "gui/resident/flow.h"

/* (transfer none) */
const char *
mado_texts_title(const MadoFlow *flow);
/* (transfer full): what stands below the title; may be empty. */
char *
mado_texts_body(const MadoFlow *flow);
/* (transfer none) (nullable): the buttons; NULL where there is none. */
const char *
mado_texts_accept(const MadoFlow *flow);
const char *
mado_texts_decline(const MadoFlow *flow);
/* (transfer full): "2 / 4", empty where there is nothing to count. */
char *
mado_texts_place(const MadoFlow *flow);
/* (transfer none): what the PIN is for; empty outside a prompt. */
const char *
mado_texts_purpose(const MadoFlow *flow);
/* (transfer none): advice below the keys. */
const char *
mado_texts_hint(const MadoFlow *flow);
/* (transfer full): how far the entry is, in words, and how many tries are left. */
char *
mado_texts_filled(const MadoFlow *flow);
char *
mado_texts_tries(const MadoFlow *flow);
/* (transfer full) */
char *
mado_texts_countdown(guint seconds);
/* (transfer full): a day in both calendars where that is usual; @birth as it came when it is
 * none. */
char *
mado_texts_birth(const char *birth, gboolean in_eras);

/* What stands at its fixed place on every page, and the words of the person's data. */
typedef enum {
    MADO_TEXTS_STOP,
    MADO_TEXTS_STAFF,
    MADO_TEXTS_LARGER,
    MADO_TEXTS_CONTRAST,
    MADO_TEXTS_ERASE,
    MADO_TEXTS_NEXT,
    MADO_TEXTS_REVEAL,
    MADO_TEXTS_TRAINING,
    MADO_TEXTS_KEYPAD,
    MADO_TEXTS_KEY_ORDER,
    MADO_TEXTS_BACK,
    MADO_TEXTS_NAME,
    MADO_TEXTS_KANA,
    MADO_TEXTS_BIRTH,
    MADO_TEXTS_SEX,
    MADO_TEXTS_ADDRESS,
    MADO_TEXTS_SUBSTITUTED,
    MADO_TEXTS_N_WORDS
} MadoTextsWord;

/* (transfer none) */
const char *
mado_texts_word(MadoTextsWord word);
