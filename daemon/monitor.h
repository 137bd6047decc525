/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The thread that waits for readers and cards to come and go, and says so in the main context.
 * Main thread only.
 */
#pragma once

#include "daemon/transport.h"

typedef struct _MadoMonitor MadoMonitor;

/* @readers (transfer none) of MadoSensorReader, or NULL while the card service is gone. */
typedef void (*MadoMonitorChanged)(GPtrArray *readers, gpointer user_data);

/* (transfer full): @sensor (transfer full). Calls @on_changed from the main context only, not
 * before this has returned and not after free. */
MadoMonitor *
mado_monitor_new(MadoSensor *sensor, MadoMonitorChanged on_changed, gpointer user_data);
/* Stops and joins the thread. */
void
mado_monitor_free(MadoMonitor *self);
