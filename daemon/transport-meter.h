/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A transport that counts what passes through another one, for the readers' statistics. */
#pragma once

#include "daemon/fleet.h"
#include "daemon/transport.h"

typedef struct {
    MadoTransportNew new_transport; /* of the one inside */
    gpointer transport_data;
    MadoFleet *fleet; /* borrowed; each transport refers to it */
} MadoTransportMeterSettings;

/* A MadoTransportNew; @data: MadoTransportMeterSettings, outliving the thread. */
MadoTransport *
mado_transport_meter_new(gpointer data);
