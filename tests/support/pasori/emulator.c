/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/emulator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_FAULT "fault "

PasoriPiccProfile
pasori_emulator_profile(void)
{
    return (PasoriPiccProfile){
        .pupi = {0x11, 0x22, 0x33, 0x44},
        .app = {0x00, 0x00, 0x41, 0xE0},
        .info = {0xB3, 0x81, 0xA1},
        .multiplier = 4,
    };
}

/* ---- the second card
 * ---------------------------------------------------------------------------------- */

static bool
is_other_in(void *user)
{
    const PasoriEmulator *self = user;

    return self->other_is_in;
}

static bool
power_other_up(void *user)
{
    (void)user;
    return true;
}

static void
ignore_other(void *user)
{
    (void)user;
}

static bool
exchange_with_other(void *user,
                    const uint8_t *command,
                    size_t len,
                    PasoriChipAnswer *ret_answer)
{
    static const uint8_t unknown[] = {0x6D, 0x00};

    (void)user;
    (void)command;
    (void)len;
    memcpy(ret_answer->data, unknown, sizeof(unknown));
    ret_answer->len = sizeof(unknown);
    ret_answer->spent_us = 0;
    return true;
}

static void
add_other(PasoriEmulator *self)
{
    PasoriPiccProfile profile = pasori_emulator_profile();

    profile.pupi[0] ^= 0xFF;
    profile.slot = 1;
    self->other_chip = (PasoriChip){.user = self,
                                    .is_present = is_other_in,
                                    .power_up = power_other_up,
                                    .reset = ignore_other,
                                    .power_down = ignore_other,
                                    .exchange = exchange_with_other};
    (void)pasori_air_add_card(&self->air, &profile, &self->other_chip);
}

void
pasori_emulator_put_other(PasoriEmulator *self, bool in)
{
    self->other_is_in = in;
}

/* ---- life
 * --------------------------------------------------------------------------------------------
 */

PasoriEmulator *
pasori_emulator_new(const PasoriPiccProfile *profile, const PasoriChip *chip)
{
    PasoriPiccProfile usual = pasori_emulator_profile();
    PasoriEmulator *self = calloc(1, sizeof(*self));

    if (self == NULL) {
        return NULL;
    }
    pasori_air_init(&self->air, &self->ledger, &self->script);
    (void)pasori_air_add_card(&self->air, profile == NULL ? &usual : profile, chip);
    add_other(self);
    pasori_reader_init(&self->reader, &self->ledger, &self->air);
    pasori_wire_init(&self->wire, &self->reader, &self->script);
    return self;
}

void
pasori_emulator_free(PasoriEmulator *self)
{
    if (self != NULL) {
        pasori_air_switch(&self->air, false);
        free(self);
    }
}

void
pasori_emulator_forget(PasoriEmulator *self)
{
    uint64_t now_us = self->ledger.now_us;

    memset(&self->ledger, 0, sizeof(self->ledger));
    self->ledger.now_us = now_us;
    for (size_t i = 0; i < self->air.n_cards; i++) {
        self->air.cards[i].n_apdus = 0;
    }
}

static bool
obey(PasoriEmulator *self, const char *line)
{
    size_t len = strlen(line);

    if (len > strlen(WORD_FAULT) && memcmp(line, WORD_FAULT, strlen(WORD_FAULT)) == 0) {
        return pasori_script_parse(&self->script, line + strlen(WORD_FAULT),
                                   len - strlen(WORD_FAULT));
    }
    if (strcmp(line, "clear") == 0) {
        self->script.n_faults = 0;
    } else if (strcmp(line, "forget") == 0) {
        pasori_emulator_forget(self);
    } else if (strcmp(line, "plug") == 0 || strcmp(line, "unplug") == 0) {
        pasori_wire_plug(&self->wire, strcmp(line, "plug") == 0);
    } else if (strcmp(line, "second in") == 0 || strcmp(line, "second out") == 0) {
        pasori_emulator_put_other(self, strcmp(line, "second in") == 0);
    } else {
        return false;
    }
    return true;
}

size_t
pasori_emulator_control(PasoriEmulator *self, const char *line, char *ret_text, size_t cap)
{
    int n;

    if (strcmp(line, "ledger") == 0) {
        return pasori_ledger_format(&self->ledger, ret_text, cap);
    }
    n = snprintf(ret_text, cap, "%s\n", obey(self, line) ? "ok" : "error");
    return n < 0 || (size_t)n >= cap ? 0 : (size_t)n;
}
