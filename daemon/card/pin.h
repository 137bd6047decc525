/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PINs of all applications. A machine never repeats VERIFY or CHANGE: each function sends its
 * command once, whatever happens. Worker's thread. Besides the card's errors: PIN_WRONG
 * ("tries=N", N left on the card), PIN_BLOCKED, PIN_FORM, CARD_STATE (6985).
 */
#pragma once

#include "daemon/card/card.h"

/* A PIN reference on the card. */
typedef struct {
    MadoAp ap;
    guint16 ef;
} MadoPin;

#define MADO_PIN_TRIES_UNLIMITED (-2)
#define MADO_PIN_TRIES_BLOCKED   (-1)

/* The reference of a kind; JUKI has two: index 0 is common, 1 is juki. FALSE beyond the last.
 */
gboolean
mado_pin_reference(MadoPinKind kind, guint index, MadoPin *ret_pin);
/* "sign", "auth", "juki", "text". */
const char *
mado_pin_kind_name(MadoPinKind kind);
gboolean
mado_pin_kind_from_name(const char *name, MadoPinKind *ret_kind);
/* Upper-cases a signature password in place, then looks at its form: PIN_FORM. */
gboolean
mado_pin_normalise(MadoPinKind kind, MadoSecret *pin, GError **error);

/* The same for a PIN being chosen: a signature password needs a letter and a digit, too. Weak
 * choices are the counter's advice, not refused here. */
gboolean
mado_pin_normalise_new(MadoPinKind kind, MadoSecret *pin, GError **error);

/* Tries left, by the empty VERIFY, which costs none. */
gboolean
mado_pin_tries(MadoCard *card, const MadoPin *pin, int *ret_n_tries, GError **error);
gboolean
mado_pin_verify(MadoCard *card, const MadoPin *pin, const MadoSecret *value, GError **error);
/* An ordinary change, after VERIFY: 24 01 in JPKI and text, 80 32 in common and juki. */
gboolean
mado_pin_change(MadoCard *card, const MadoPin *pin, const MadoSecret *value, GError **error);
/* 24 00 with transport PIN ‖ new PIN (doc/card-profile.md 6). */
gboolean
mado_pin_replace_transport(MadoCard *card,
                           const MadoPin *pin,
                           const MadoSecret *transport,
                           const MadoSecret *value,
                           GError **error);
