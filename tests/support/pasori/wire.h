/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reader at the end of its cable: two bulk endpoints, packet by packet, and what goes wrong
 * there. A transfer ends with a packet shorter than the largest (USB 2.0, 5.8.3).
 */
#pragma once

#include "tests/support/pasori/reader.h"

#define PASORI_PACKET       64U
#define PASORI_ENDPOINT_OUT 0x02U
#define PASORI_ENDPOINT_IN  0x81U
#define PASORI_WIRE_QUEUE   8U

typedef enum {
    PASORI_WIRE_OK = 0,
    PASORI_WIRE_WAIT,  /* the device takes or gives nothing (more) now */
    PASORI_WIRE_GONE,  /* it is not plugged in */
    PASORI_WIRE_STALL, /* the endpoint is halted, or more came than there is room for */
} PasoriWireStatus;

/* One frame on its way to the host. */
typedef struct {
    uint8_t bytes[PASORI_MAX_USB];
    size_t len;
    size_t at;
    bool open;  /* no empty packet ends it */
    bool ended; /* only that empty packet is left */
    bool last;  /* after it the device is gone */
} PasoriWireItem;

typedef struct {
    PasoriLedger *ledger; /* borrowed, as the three that follow */
    const PasoriScript *script;
    PasoriAir *air;
    PasoriReader *reader;
    bool plugged;
    bool hung;     /* answers nothing until ACK */
    bool deaf;     /* takes nothing until the port's reset */
    bool dead;     /* … until it is plugged in again */
    bool stalled;  /* the endpoint in */
    bool reproved; /* the open transfer was noted */
    uint8_t out[PASORI_MAX_USB + PASORI_PACKET];
    size_t out_len; /* of a transfer that has not ended */
    PasoriWireItem queue[PASORI_WIRE_QUEUE];
    size_t n_queued;
    uint8_t before[PASORI_MAX_USB]; /* the answer before this one */
    size_t before_len;
} PasoriWire;

void
pasori_wire_init(PasoriWire *self, PasoriReader *reader, const PasoriScript *script);

/* Plugged in (freshly powered) or torn out. */
void
pasori_wire_plug(PasoriWire *self, bool in);

/* The host resets the port. GONE or OK. */
PasoriWireStatus
pasori_wire_reset(PasoriWire *self);

void
pasori_wire_clear_halt(PasoriWire *self);

/* One transfer out as the host gave it; nothing is added. WAIT: it was not taken. */
PasoriWireStatus
pasori_wire_out(PasoriWire *self, const uint8_t *data, size_t len);

/* One transfer in of at most cap bytes, a multiple of PASORI_PACKET. *ret_len bytes came; WAIT:
 * so far, and the transfer is not over. */
PasoriWireStatus
pasori_wire_in(PasoriWire *self, uint8_t *ret_data, size_t cap, size_t *ret_len);
