/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long commands take, counted in classes: enough to compare readers, and small enough to
 * keep for every day. The bounds are part of the API (ListReaderStatistics) and of the daemon's
 * file: they never change. Pure, any thread.
 */
#pragma once

#include <glib.h>

#define MADO_LATENCY_N_CLASSES 14

typedef struct {
    guint64 counts[MADO_LATENCY_N_CLASSES];
} MadoLatency;

/* Upper bound of a class in µs, inclusive; the last one has none: G_MAXUINT64. */
guint64 mado_latency_bound_us(guint class);
void
mado_latency_add(MadoLatency *self, guint64 us);
void
mado_latency_merge(MadoLatency *self, const MadoLatency *other);
guint64
mado_latency_n(const MadoLatency *self);
/* The class that holds the @percent-th of a hundred; 0 when nothing was counted. */
guint
mado_latency_class_at(const MadoLatency *self, guint percent);
