/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text application's own secure messaging, as measured on real cards: after the PIN, a
 * terminal delivers an AES-128 key encrypted to EF 0006 (80 AE), and CLA 08 then carries
 * VERIFY, SELECT and READ BINARY encrypted. It hides, and proves nothing: there is no MAC.
 */
#pragma once

#include "drivers/training/card-core.h"

/* SET SESSION KEY; every other application refuses it in its own way. */
uint16_t
mado_card_session_open(MadoCard *self, const MadoCommand *command, MadoWriter *answer);

/* Takes a command of CLA 08 apart: 9000 and *ret_plain with its data in self->plain, or the
 * refusal. */
uint16_t
mado_card_session_enter(MadoCard *self, const MadoCommand *command, MadoCommand *ret_plain);

/* Encrypts what was answered so far. Every command that entered counts, refused or not. */
uint16_t
mado_card_session_leave(MadoCard *self, MadoWriter *answer, uint16_t sw);

/* Forgets the key, as selecting an application or losing the field does. */
void
mado_card_session_close(MadoCard *self);
