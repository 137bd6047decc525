/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The running centre: what every request is answered with. Belongs to the writing thread (see
 * committer.h); nothing here is touched by another one.
 */
#pragma once

#include "central/channel.h"
#include "central/keys.h"
#include "central/settings-central.h"
#include "central/store.h"
#include "common/clock.h"

typedef struct {
    const MadoSettingsCentral *settings; /* borrowed: lives as long as the program */
    const MadoKeys *keys;                /* borrowed, likewise */
    MadoStore *store;                    /* borrowed, likewise */
    const MadoClock *clock;              /* borrowed, likewise */
    GHashTable *channels;                /* owned: transaction (GBytes) → MadoChannel */
} MadoCentre;

/* (transfer full) */
MadoCentre *
mado_centre_new(const MadoSettingsCentral *settings,
                const MadoKeys *keys,
                MadoStore *store,
                const MadoClock *clock);
void
mado_centre_free(MadoCentre *self); /* NULL is allowed */

/* (transfer none) (nullable): the channel of a transaction, if it is the one the database
 * means by @session. */
MadoChannel *
mado_centre_find_channel(const MadoCentre *self,
                         const guint8 transaction[MADO_TRANSACTION_LEN],
                         const guint8 session[16]);
/* @channel (transfer full), NULL drops it. */
void
mado_centre_set_channel(MadoCentre *self,
                        const guint8 transaction[MADO_TRANSACTION_LEN],
                        MadoChannel *channel);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoCentre, mado_centre_free)
