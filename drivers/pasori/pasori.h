/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One reader as pcscd uses it. Any thread may call anything: exchanges come one after another,
 * the wait for a card never holds one up, and stop() ends whatever is going on.
 *
 * A session with a card that broke is told as the card's removal, once, to the thread that
 * waits (pcscd's event thread), so that every client learns that the card has forgotten what it
 * was told. A reset in between makes that unnecessary.
 */
#pragma once

#include "drivers/pasori/atqb.h"
#include "drivers/pasori/usb.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct MadoPasori MadoPasori;

typedef enum {
    MADO_PASORI_OK = 0,
    MADO_PASORI_ABSENT,    /* no card */
    MADO_PASORI_UNPOWERED, /* power_up() comes first */
    MADO_PASORI_MUTE,      /* a card that cannot be spoken to */
    MADO_PASORI_BROKEN,    /* the exchange failed and the card needs a power_up() */
    MADO_PASORI_FULL,      /* as BROKEN: the answer is longer than the buffer */
    MADO_PASORI_HUNG,      /* the reader does not do its work; the card needs a power_up() */
    MADO_PASORI_GONE,      /* unplugged, or stop() was called */
} MadoPasoriStatus;

/* Called with one line without its end; from any thread. */
typedef void (*MadoPasoriLog)(const char *line);

/* Takes usb (transfer full), in any case, and brings the reader up. OK: *ret_self (transfer
 * full) has one reference, the caller's. */
MadoPasoriStatus
mado_pasori_new(MadoUsb *usb, MadoPasoriLog log, MadoPasori **ret_self);
MadoPasori *
mado_pasori_ref(MadoPasori *self);
void
mado_pasori_unref(MadoPasori *self);

/* Ends every call, now and later, with GONE, and waits until the caller's is the only
 * reference, at most 5 s. The field is switched off unless an exchange is in the way. */
void
mado_pasori_stop(MadoPasori *self);

/* OK, ABSENT, HUNG or GONE. Asks the card; never in the middle of an exchange. */
MadoPasoriStatus
mado_pasori_find(MadoPasori *self);

/* Returns OK when what find() said last to this thread is no longer true, after timeout_ms, or
 * when wake() is called; GONE as find(). */
MadoPasoriStatus
mado_pasori_wait(MadoPasori *self, int timeout_ms);
/* Ends the wait that is going on, or the next. */
void
mado_pasori_wake(MadoPasori *self);

MadoPasoriStatus
mado_pasori_power_up(MadoPasori *self);
/* As power_up(), with the field off in between. */
MadoPasoriStatus
mado_pasori_reset(MadoPasori *self);
MadoPasoriStatus
mado_pasori_power_down(MadoPasori *self);

/* The answer to reset while a card is active, else of length 0. */
void
mado_pasori_atr(MadoPasori *self, uint8_t ret_atr[MADO_ATQB_ATR_LEN], size_t *ret_len);

/* One exchange; len is not 0. On OK *ret_len bytes of at most cap are in ret_answer; otherwise
 * *ret_len is untouched. */
MadoPasoriStatus
mado_pasori_transmit(MadoPasori *self,
                     const uint8_t *command,
                     size_t len,
                     uint8_t *ret_answer,
                     size_t cap,
                     size_t *ret_len);

/* MADO_READER_N_STATISTICS numbers, as madoguchi/reader-statistics.h orders them. */
void
mado_pasori_statistics(MadoPasori *self, uint64_t *ret_numbers);
