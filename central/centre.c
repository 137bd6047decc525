/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/centre.h"

#include <string.h>

static void
free_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

static void
free_channel(gpointer channel)
{
    mado_channel_free(channel);
}

MadoCentre *
mado_centre_new(const MadoSettingsCentral *settings,
                const MadoKeys *keys,
                MadoStore *store,
                const MadoClock *clock)
{
    MadoCentre *self = g_new0(MadoCentre, 1);

    self->settings = settings;
    self->keys = keys;
    self->store = store;
    self->clock = clock;
    self->channels =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, free_bytes, free_channel);
    return self;
}

void
mado_centre_free(MadoCentre *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->channels, g_hash_table_unref);
    g_free(self);
}

MadoChannel *
mado_centre_find_channel(const MadoCentre *self,
                         const guint8 transaction[MADO_TRANSACTION_LEN],
                         const guint8 session[16])
{
    g_autoptr(GBytes) key = g_bytes_new_static(transaction, MADO_TRANSACTION_LEN);
    MadoChannel *channel = g_hash_table_lookup(self->channels, key);

    if (channel == NULL || memcmp(mado_channel_peek_id(channel), session, 16) != 0)
        return NULL;
    return channel;
}

void
mado_centre_set_channel(MadoCentre *self,
                        const guint8 transaction[MADO_TRANSACTION_LEN],
                        MadoChannel *channel)
{
    g_autoptr(GBytes) key = g_bytes_new(transaction, MADO_TRANSACTION_LEN);

    if (channel != NULL)
        g_hash_table_insert(self->channels, g_steal_pointer(&key), channel);
    else
        g_hash_table_remove(self->channels, key);
}
