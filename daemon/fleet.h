/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the readers of this desk wear: counted per place and day, kept for MADO_FLEET_DAYS in a
 * file of its own beside the journal; and which role each place has. Nothing in it is about a
 * person. A place is "usb:" and the physical port ("usb:1-1.2"), or "conf:" and the name of a
 * reader that is configured, not plugged in.
 *
 * One thread owns the file. Nothing waits for it, and nothing fails because of it: without a
 * file (a desk that is not enrolled, a full disk) counts are dropped.
 */
#pragma once

#include "common/clock.h"
#include "common/latency.h"

#include <gio/gio.h>

#define MADO_FLEET_DAYS     400
#define MADO_FLEET_ROLE_LEN 16

typedef struct _MadoFleet MadoFleet;

/* What happened in one card's stay under power, or since the last time it was told. */
typedef struct {
    guint64 n_inserts;
    guint64 n_opens;    /* power-ups, also those that failed */
    guint64 n_commands; /* answered */
    guint64 n_mute;     /* the card did not answer */
    guint64 n_removed;  /* it was taken away, or there was none */
    guint64 n_reader;   /* reader or service went away */
    guint64 n_other;
    guint64 n_retries; /* power-ups after a failure, before any success */
    guint64 busy_us;   /* of the commands */
    MadoLatency latency;
} MadoFleetCounts;

/* (transfer full): @path (nullable). Starts the thread; a file that cannot be used is logged.
 */
MadoFleet *
mado_fleet_open(const char *path, const MadoClock *clock);
MadoFleet *
mado_fleet_ref(MadoFleet *self);
void
mado_fleet_unref(MadoFleet *self); /* any thread; the last one may not be the first to close */
/* Main thread: writes what was told before, ends the thread. Counts told later are dropped. */
void
mado_fleet_close(MadoFleet *self);

/* ---- any thread ---- */

/* From now on the reader of this name is at this place. */
void
mado_fleet_place(MadoFleet *self, const char *name, const char *port);
/* Adds to today's counts of the place of this reader; nothing when it has none. */
void
mado_fleet_count(MadoFleet *self, const char *name, const MadoFleetCounts *counts);

/* ---- main thread ---- */

/* (transfer none): "" without one; good until the next bind. */
const char *
mado_fleet_role(const MadoFleet *self, const char *port);
/* BAD_ARGUMENT: not 1 to MADO_FLEET_ROLE_LEN lower-case letters, digits and hyphens. */
gboolean
mado_fleet_check_role(const char *role, GError **error);

typedef void (*MadoFleetReply)(GVariant *result, const GError *error, gpointer user_data);

/* The place has this role and no other place has it; @port NULL: no place has it. Known to
 * mado_fleet_role() when @reply runs, with an empty tuple, in the main context; JOURNAL when it
 * could not be kept, ENROLMENT when there is no file. */
void
mado_fleet_bind(MadoFleet *self,
                const char *role,
                const char *port,
                MadoFleetReply reply,
                gpointer user_data);
/* @reply: the out arguments of ListReaderStatistics (data/org.madoguchi.Counter1.xml). */
void
mado_fleet_list(MadoFleet *self, guint n_days, MadoFleetReply reply, gpointer user_data);
