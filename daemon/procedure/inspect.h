/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inspect: what the card is and what it allows, without any PIN. */
#pragma once

#include "daemon/worker.h"

typedef struct {
    GVariant *card; /* (nullable) a{sv} as the XML says, sunk; set on success */
} MadoInspect;

/* A MadoWorkerRun over a MadoInspect. Leaves the card unpowered. CARD_UNKNOWN unless the card
 * has all applications of an Individual Number Card. */
gboolean
mado_inspect_run(MadoWork *work, gpointer job, GError **error);
void
mado_inspect_free(gpointer job);
