/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The card's private keys at work (doc/card-profile.md 1 and 7). */
#pragma once

#include "drivers/training/card-core.h"

/* 80 2A: P1 the scheme, P2 the key. */
uint16_t
mado_card_sign_data(MadoCard *self, const MadoCommand *command, MadoWriter *answer);

/* 00 88, INTERNAL AUTHENTICATE: only the common application's key answers. */
uint16_t
mado_card_sign_challenge(MadoCard *self, const MadoCommand *command, MadoWriter *answer);
