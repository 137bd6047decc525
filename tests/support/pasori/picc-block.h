/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The block protocol inside picc.c; nobody else's. */
#pragma once

#include "tests/support/pasori/picc.h"

/* Activated: everything as 7.5.3.2 rule C has it. */
void
pasori_picc_block_start(PasoriPicc *self);

/* One frame in the state PROTOCOL. */
void
pasori_picc_block_hear(PasoriPicc *self,
                       const uint8_t *data,
                       size_t len,
                       PasoriPiccReply *ret_reply);
