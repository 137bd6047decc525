/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Sony RC-S380 with a card in its field, in one piece: what the three shells around it share
 * (shell-process.h, shell-umockdev.c, shell-usbip.c). One thread at a time.
 */
#pragma once

#include "tests/support/pasori/wire.h"

#define PASORI_VENDOR_ID  0x054CU
#define PASORI_PRODUCT_ID 0x06C3U /* RC-S380/P */

typedef struct {
    PasoriLedger ledger;
    PasoriScript script;
    PasoriAir air;
    PasoriReader reader;
    PasoriWire wire;
    PasoriChip other_chip; /* of a second card, which understands no command */
    bool other_is_in;
} PasoriEmulator;

/* The Individual Number Card's answers: those that its published ATR is made of. */
PasoriPiccProfile
pasori_emulator_profile(void);

/* Plugged in, with one card; profile NULL: the one above. chip is borrowed and outlives the
 * emulator. NULL: no memory. */
PasoriEmulator *
pasori_emulator_new(const PasoriPiccProfile *profile, const PasoriChip *chip);
void
pasori_emulator_free(PasoriEmulator *self);

/* A second card, which draws another slot, lies in the field too, or is taken away again. */
void
pasori_emulator_put_other(PasoriEmulator *self, bool in);

/* Counters and breaches begin anew; the clock goes on. */
void
pasori_emulator_forget(PasoriEmulator *self);

/*
 * One line of a shell's control socket; the answer's length (lines, without NUL):
 *
 *     fault KIND AT [TIMES [VALUE]]     (script.h)
 *     clear                             no faults any more
 *     forget                            counters begin anew
 *     ledger                            what was counted
 *     plug, unplug
 *     second in, second out             pasori_emulator_put_other()
 *
 * "ok", "error" for a line that means nothing, or the ledger.
 */
size_t
pasori_emulator_control(PasoriEmulator *self, const char *line, char *ret_text, size_t cap);
