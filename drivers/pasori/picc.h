/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The card in the reader's field: found, activated, spoken to, released. Type B. One caller at
 * a time; every call ends within a bounded time.
 */
#pragma once

#include "drivers/pasori/atqb.h"
#include "drivers/pasori/iso14443-4.h"
#include "drivers/pasori/port100.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADO_PICC_MAX_WAIT_MS 60000 /* RSA-2048 on a card: 22 s is the worst pair seen */

typedef enum {
    MADO_PICC_OK = 0,
    MADO_PICC_ABSENT,    /* no card */
    MADO_PICC_MUTE,      /* a card, or more than one, that cannot be spoken to */
    MADO_PICC_BROKEN,    /* the exchange went wrong and the session with the card is over */
    MADO_PICC_FULL,      /* as BROKEN: the answer is longer than the caller's buffer */
    MADO_PICC_HUNG,      /* the reader needed a reset, and the session is over */
    MADO_PICC_GONE,      /* the reader is unplugged */
    MADO_PICC_CANCELLED, /* the transport was cancelled */
} MadoPiccStatus;

typedef struct {
    MadoPort100 reader;
    MadoIso14443 link; /* its counts are valid always */

    /* valid while is_active */
    bool is_active;
    MadoAtqb atqb;
    uint8_t mbli;
    MadoRate rate;

    /* about the card that is in, until forget() */
    MadoRate ceiling; /* no faster, because faster failed */
    uint64_t n_slowed;
} MadoPicc;

/* A card is awaited, at the best rate it may offer. */
void
mado_picc_forget(MadoPicc *self);

/* Whether something of Type B answers: OK, or MUTE when it cannot be understood. Leaves the
 * field off. Not while a card is active. */
MadoPiccStatus
mado_picc_find(MadoPicc *self);

/* Activates the card from a field that was off, at the best rate that works. */
MadoPiccStatus
mado_picc_activate(MadoPicc *self);

/*
 * One command and its answer while a card is active: *ret_len bytes of at most cap, on OK only;
 * otherwise what is in ret_answer means nothing. After MADO_PICC_MAX_WAIT_MS (of the
 * transport's clock) it is given up. Anything but OK ends the session; ABSENT: the card is not
 * there any more.
 */
MadoPiccStatus
mado_picc_transmit(MadoPicc *self,
                   const uint8_t *command,
                   size_t len,
                   uint8_t *ret_answer,
                   size_t cap,
                   size_t *ret_len);

/* Whether the active card is there still; if not the session is over: ABSENT, or BROKEN when a
 * card is there but not in this session. */
MadoPiccStatus
mado_picc_check(MadoPicc *self);

/* Deselects an active card and switches the field off. */
MadoPiccStatus
mado_picc_release(MadoPicc *self);
