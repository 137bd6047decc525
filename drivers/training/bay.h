/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One slot of the training reader: a folder in which `card` is a link to the card that is in,
 * and text files steer it (drivers/training/README.md). Any thread may call; a slot has its own
 * lock, and waiting for simulated time does not hold up mado_bay_stop().
 */
#pragma once

#include "drivers/training/card.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct MadoBay MadoBay;

typedef enum {
    MADO_BAY_OK = 0,
    MADO_BAY_ABSENT, /* no card, or not the one that was powered */
    MADO_BAY_MUTE,   /* card there, no answer */
    MADO_BAY_BAD,    /* the link does not lead to a card that can be used; logged */
    MADO_BAY_CLOSED, /* mado_bay_stop() was called */
} MadoBayStatus;

/* Called with one line without its end; from any thread. */
typedef void (*MadoBayLog)(const char *line);

/* NULL when the folder cannot be watched. One reference belongs to the caller. */
MadoBay *
mado_bay_new(const char *folder, MadoBayLog log);
MadoBay *
mado_bay_ref(MadoBay *self);
void
mado_bay_unref(MadoBay *self);

/* Ends every wait, now and later. */
void
mado_bay_stop(MadoBay *self);

/* Whether a card is in. One that took the place of another is first told as gone, once. */
bool
mado_bay_is_present(MadoBay *self);

/* Returns when what is_present() said last to this thread is no longer true, after timeout_ms,
 * or when it is ended. One thread waits. */
void
mado_bay_wait(MadoBay *self, int timeout_ms);
/* Ends the wait that is going on, or the next. */
void
mado_bay_wake(MadoBay *self);

MadoBayStatus
mado_bay_power_up(MadoBay *self);
MadoBayStatus
mado_bay_reset(MadoBay *self);
void
mado_bay_power_down(MadoBay *self);

/* The answer to reset while powered, else of length 0. Copies at most MADO_CARD_MAX_ATR bytes.
 */
void
mado_bay_atr(MadoBay *self, uint8_t *ret_atr, size_t *ret_len);

/* One exchange. On success *ret_len bytes of at most cap are in ret_answer; otherwise both are
 * untouched. */
MadoBayStatus
mado_bay_transmit(MadoBay *self,
                  const uint8_t *command,
                  size_t command_len,
                  uint8_t *ret_answer,
                  size_t cap,
                  size_t *ret_len);
