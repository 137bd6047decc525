/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ChangePin: the holder changes one PIN; old and new come from the agent. */
#pragma once

#include "daemon/visit.h"

typedef struct {
    MadoPinKind kind;
    MadoJournal *journal; /* (nullable): a desk that is not enrolled writes none */
    /* set on success */
    gboolean is_half; /* juki: only one of the two references has the new PIN */
} MadoChangePin;

/*
 * A MadoWorkerRun over a MadoChangePin. Leaves the card unpowered. Each reference is verified
 * once. After a fault between the two juki references the admin record's change counters
 * differ; the next call then changes only the one left behind, and verifies the new PIN on the
 * other.
 * Intents are durable before each change; JOURNAL before the card is touched.
 */
gboolean
mado_change_pin_run(MadoWork *work, gpointer job, GError **error);
