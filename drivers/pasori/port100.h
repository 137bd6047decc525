/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reader: commands and answers of the NFC Port-100 over usb.h.
 *
 * A command is one frame out, an acknowledge in, an answer in: three bulk transfers. Frames
 * that answer something else are stale and dropped. An acknowledge from the host aborts what
 * the reader is doing; it is how a session begins and how it recovers. One caller at a time.
 */
#pragma once

#include "common/writer.h"
#include "drivers/pasori/atqb.h"
#include "drivers/pasori/frame.h"
#include "drivers/pasori/usb.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADO_PORT100_MAX_AIR 290 /* bytes of a frame on air, without CRC */

typedef enum {
    MADO_PORT100_OK = 0,
    MADO_PORT100_SILENCE,   /* on air: nothing within the time given */
    MADO_PORT100_GARBLED,   /* on air or on the bus: an answer that cannot be used */
    MADO_PORT100_REFUSED,   /* the reader said no */
    MADO_PORT100_HUNG,      /* the reader does not answer; it was reset, and its field is off */
    MADO_PORT100_GONE,      /* unplugged */
    MADO_PORT100_CANCELLED, /* the transport was cancelled */
} MadoPort100Status;

/* Never reset; they only grow. */
typedef struct {
    uint64_t transfers;   /* bulk transfers, both ways */
    uint64_t commands;    /* frames out, acknowledges not counted */
    uint64_t stale;       /* frames that answered something else */
    uint64_t usb_errors;  /* transfers that failed, frames that did not parse */
    uint64_t no_answers;  /* commands that no answer came to in time */
    uint64_t aborts;      /* acknowledges sent to get the reader back */
    uint64_t resets;      /* port resets */
    uint64_t unended;     /* answers whose transfer was not ended by a short packet */
    uint64_t air_errors;  /* CRC, parity, framing, collision, as the reader saw them */
    uint64_t collisions;  /* those that looked like more than one card */
    uint64_t air_timeout; /* waits on air that ended with nothing */
} MadoPort100Counts;

typedef struct {
    MadoUsb *usb; /* (borrowed) */
    uint16_t firmware;
    uint16_t pd_data;     /* version of the reader's parameter data; 0 when it does not say */
    unsigned n_no_answer; /* commands in a row that the reader did not answer */
    MadoPort100Counts counts;
    uint8_t outbox[MADO_FRAME_MAX];
    uint8_t inbox[2048]; /* a multiple of every endpoint's packet, more than two frames */
    size_t inbox_len;
} MadoPort100;

/* Brings the reader from any state to idle with its field off, and learns its versions. */
MadoPort100Status
mado_port100_start(MadoPort100 *self, MadoUsb *usb);

MadoPort100Status
mado_port100_field_off(MadoPort100 *self);

/* Sets chip and framing for Type B. The next exchange() switches the field on. */
MadoPort100Status
mado_port100_set_rate(MadoPort100 *self, MadoRate rate);

/* Throws away what the reader may still have to say: an answer made no sense, and may have been
 * an old one. OK, GONE or CANCELLED. */
MadoPort100Status
mado_port100_flush(MadoPort100 *self);

/*
 * Sends a frame on air and waits for one. data is without CRC, and so is the answer, which is
 * written on OK only; one that does not fit is GARBLED. wait_us is the time until the answer
 * begins, at most 6.5 s.
 */
MadoPort100Status
mado_port100_exchange(
    MadoPort100 *self, const uint8_t *data, size_t len, uint32_t wait_us, MadoWriter *answer);
