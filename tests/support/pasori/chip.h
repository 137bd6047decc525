/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is behind a card's antenna: command APDUs in, answer APDUs out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t *data; /* (borrowed) room for cap bytes */
    size_t cap;
    size_t len;        /* set by exchange() */
    uint64_t spent_us; /* set by exchange(): how long the chip would have worked */
} PasoriChipAnswer;

typedef struct {
    void *user; /* borrowed; outlives the emulator */
    /* Whether the card lies in the field now. */
    bool (*is_present)(void *user);
    /* Cold start. False: it does not come up. */
    bool (*power_up)(void *user);
    /* Activated again without having lost power. */
    void (*reset)(void *user);
    void (*power_down)(void *user);
    /* False: no answer will come. ret_answer->len is then untouched. */
    bool (*exchange)(void *user,
                     const uint8_t *command,
                     size_t len,
                     PasoriChipAnswer *ret_answer);
} PasoriChip;
