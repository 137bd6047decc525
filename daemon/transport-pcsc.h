/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The smart card service by PC/SC: the only file of the daemon that includes winscard.h. */
#pragma once

#include "daemon/transport.h"

/* A MadoTransportNew; @data is not used. Tries for a context at once; without one, open tries
 * again. */
MadoTransport *
mado_transport_pcsc_new(gpointer data);

/* (transfer full): made by the main thread, used by the monitor's. */
MadoSensor *
mado_transport_pcsc_sensor_new(void);
