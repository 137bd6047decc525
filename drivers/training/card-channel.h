/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The card's side of the issuer's secure channel (doc/card-profile.md 2). */
#pragma once

#include "drivers/training/card-core.h"

/* INITIALIZE UPDATE. */
uint16_t
mado_card_channel_initialize(MadoCard *self, const MadoCommand *command, MadoWriter *answer);

/* EXTERNAL AUTHENTICATE, as received. */
uint16_t
mado_card_channel_authenticate(MadoCard *self, const MadoCommand *command);

/* Opens a protected command: 9000 and *ret_plain, or the refusal, which ends the session. */
uint16_t
mado_card_channel_enter(MadoCard *self, const MadoCommand *command, MadoCommand *ret_plain);

/* Moves the first len bytes of self->answer to self->out, protected when the command was.
 * Returns the status word. */
uint16_t
mado_card_channel_leave(MadoCard *self, size_t len, uint16_t sw);

/* Whether the command in hand came at level 33. */
bool
mado_card_channel_is_full(const MadoCard *self);
