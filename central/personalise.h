/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A training card for a request: it is registered with its number, serial and expiry, and the
 * order for "madoguchi-training make-card" (drivers/training/README.md) is made. The order
 * holds the card's issuer keys, the municipality's signing keys and the resident's data: it
 * goes through a pipe, never into a file. Training realm only.
 */
#pragma once

#include "central/keys.h"
#include "central/settings-central.h"
#include "central/store.h"

/* (transfer full): JSON text. Begins and ends a transaction of @store. REALM, NOT_FOUND,
 * BAD_STATE when the request has a card already. */
MadoSecret *
mado_personalise_run(const MadoSettingsCentral *settings,
                     MadoStore *store,
                     const char *request_id,
                     gint64 now_ms,
                     GError **error);
