/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Selecting and reading: the commands that need no issuer (doc/card-profile.md 1). */
#pragma once

#include "drivers/training/card-core.h"

uint16_t
mado_card_read_select(MadoCard *self, const MadoCommand *command, MadoWriter *answer);
uint16_t
mado_card_read_binary(MadoCard *self, const MadoCommand *command, MadoWriter *answer);
uint16_t
mado_card_read_record(MadoCard *self, const MadoCommand *command, MadoWriter *answer);
uint16_t
mado_card_read_data(MadoCard *self, const MadoCommand *command, MadoWriter *answer);
uint16_t
mado_card_read_challenge(MadoCard *self, const MadoCommand *command, MadoWriter *answer);
