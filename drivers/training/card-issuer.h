/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The open issuer profile's commands (doc/card-profile.md 3); the dispatcher lets them in at
 * level 33 only. */
#pragma once

#include "drivers/training/card-core.h"

/* PUT DATA: BEGIN, COMMIT, ROLLBACK. */
uint16_t
mado_card_issuer_put(MadoCard *self, const MadoCommand *command, MadoWriter *answer);

/* SET TRANSPORT PIN. */
uint16_t
mado_card_issuer_set_pin(MadoCard *self, const MadoCommand *command, MadoWriter *answer);

uint16_t
mado_card_issuer_generate(MadoCard *self, const MadoCommand *command, MadoWriter *answer);

/* STAGE CERTIFICATE. */
uint16_t
mado_card_issuer_stage(MadoCard *self, const MadoCommand *command, MadoWriter *answer);

/* Objects that GET DATA answers with the ISD selected, plain or protected: record and staged
 * public keys. */
bool
mado_card_issuer_is_object(uint16_t tag);
uint16_t
mado_card_issuer_get(MadoCard *self, uint16_t tag, MadoWriter *answer);
