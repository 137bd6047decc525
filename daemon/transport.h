/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The border to the smart card service. A MadoTransport is one connection to one reader, made,
 * used and freed by one worker thread; a MadoSensor tells which readers and cards there are and
 * belongs to the monitor thread. Only daemon/transport-pcsc.c knows PC/SC; tests pass their
 * own.
 *
 * Errors, for both: SERVICE_GONE, READER_GONE, CARD_ABSENT, CARD_REMOVED, CARD_MUTE, BUSY
 * (another program holds the card), LIMIT (the reader cannot carry a command this long),
 * INTERNAL. Numbers of the service below never leave the implementation.
 */
#pragma once

#include "common/secret.h"

#include <gio/gio.h>

#include <madoguchi/limits.h>

typedef struct _MadoTransport MadoTransport;

typedef struct {
    const char *name;
    /*
     * Powers the card up, exclusively for us. Worker thread, nothing pending. May block for as
     * long as the service does. On failure the transport is as after close.
     */
    gboolean (*open)(MadoTransport *self, const char *reader, GError **error);
    /*
     * One command, one response, as they are (61xx and 6Cxx included). @command may hold a PIN
     * and is not kept; @response has room for MADO_LIMIT_APDU_LEN bytes and gets its length
     * set. After an error the card counts as unpowered: call close.
     */
    gboolean (*exchange)(MadoTransport *self,
                         const MadoSecret *command,
                         MadoSecret *response,
                         GError **error);
    /* Powers the card down, which clears every security status on it. Harmless when not open.
     */
    void (*close)(MadoTransport *self);
    /* Frees @self after closing it. */
    void (*free)(MadoTransport *self);
} MadoTransportOps;

struct _MadoTransport {
    const MadoTransportOps *ops;
};

/* Makes a transport; called on the worker's own thread, since a PC/SC context belongs to one.
 * (transfer full) (not nullable). */
typedef MadoTransport *(*MadoTransportNew)(gpointer data);

typedef struct {
    char *name;            /* of the reader and slot; unique */
    char *port;            /* its place: "usb:1-1.2", "conf:NAME" (daemon/fleet.h) */
    gboolean card_present; /* a card is in the field, powered or not */
    guint32 card_events;   /* raised by every insertion and removal */
} MadoSensorReader;

typedef struct _MadoSensor MadoSensor;

typedef struct {
    /*
     * Blocks until the list differs from what the last call returned, then gives the whole list
     * (transfer full: GPtrArray of MadoSensorReader, freed by its own element function).
     * Monitor thread. SERVICE_GONE: there is no service; call again after a while. CANCELLED:
     * after interrupt.
     */
    GPtrArray *(*wait)(MadoSensor *self, GError **error);
    /* Any thread: a pending wait returns, and so does every later one. */
    void (*interrupt)(MadoSensor *self);
    void (*free)(MadoSensor *self);
} MadoSensorOps;

struct _MadoSensor {
    const MadoSensorOps *ops;
};
