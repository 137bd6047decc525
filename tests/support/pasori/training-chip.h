/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The training card as a chip behind the antenna: from its slot's folder, or as the bare core.
 */
#pragma once

#include "drivers/training/bay.h"
#include "drivers/training/card.h"
#include "tests/support/pasori/chip.h"

/* Everything that drivers/training/README.md says of a slot's folder holds. bay is borrowed. */
PasoriChip
pasori_training_chip_of_bay(MadoBay *bay);

/* A card that is always there. Borrowed; the chip switches its power. */
PasoriChip
pasori_training_chip_of_card(MadoCard *card);

/* How long a chip would work on this command, in microseconds: long for RSA, short else. */
uint64_t
pasori_training_chip_spent_us(const uint8_t *command, size_t len);
