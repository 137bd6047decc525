/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PIN references: verifying, changing, counting tries (doc/card-profile.md 1 and 6). */
#pragma once

#include "drivers/training/card-core.h"

/* 00 20: with data verifies, without tells the tries left. */
uint16_t
mado_card_pin_verify(MadoCard *self, const MadoCommand *command, MadoWriter *answer);

/* 00 24: P1 01 new value after VERIFY; P1 00 old and new under a transport PIN. */
uint16_t
mado_card_pin_change(MadoCard *self, const MadoCommand *command, MadoWriter *answer);

/* 80 32, JICSAP CHANGE KEY: the juki and common references' way to a new value after VERIFY. */
uint16_t
mado_card_pin_change_key(MadoCard *self, const MadoCommand *command, MadoWriter *answer);
