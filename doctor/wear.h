/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "Clean or replace this reader": each reader of a desk compared with its siblings.
 *
 * Failures. Of a reader's power-ups, the part that ended in a failure of reader or card (mute,
 * reader gone, other; a card pulled out is the resident's doing and not counted) is compared
 * with the same part of all other readers of the desk together, by the difference of two
 * proportions: z = (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)), p of both together. It stands out
 * when z > 3 (by chance once in 700), the part is at least twice the others', and there are at
 * least 5 failures.
 *
 * Time. Among readers of the same model, the class of the 90th percentile of a command's time
 * (common/latency.h) is compared with that of the others together: it stands out when it is two
 * classes higher, that is four times as long or more.
 *
 * Nothing is said of a reader with fewer than 50 power-ups, or 500 commands for the time, nor
 * when its siblings together have fewer. Pure, any thread.
 */
#pragma once

#include "common/latency.h"

#include <glib.h>

typedef struct {
    char *port; /* "usb:1-1.2", "conf:NAME" */
    char *name;
    char *role;
    char *model; /* the name without serial number and place */
    guint64 n_days;
    guint64 n_inserts;
    guint64 n_opens;
    guint64 n_commands;
    guint64 n_failures; /* of reader or card */
    guint64 n_removed;  /* cards pulled out at work */
    guint64 n_retries;
    guint64 busy_us;
    MadoLatency latency;
} MadoWear;

typedef enum {
    MADO_WEAR_FAILS_MORE = 1 << 0,
    MADO_WEAR_IS_SLOWER = 1 << 1,
} MadoWearVerdict;

/* (transfer full) (element-type MadoWear): @statistics as ListReaderStatistics gives them, days
 * added up by port, in their order. What has another type than documented counts as 0. */
GPtrArray *
mado_wear_collect(GVariant *statistics);
/* Set of MadoWearVerdict for the reader at @place. */
guint
mado_wear_judge(GPtrArray *readers, guint place);
/* (transfer full): "Maker Model (serial) 00 00" as "Maker Model". */
char *
mado_wear_model(const char *name);
