/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the journal knows about itself: whose it is, the head of the receipt chain, the time the
 * centre last told. Journal's thread.
 */
#pragma once

#include "daemon/journal-store.h"

#include <madoguchi/message.h>

/* The last receipt written; number 0 and zeros before the first of an epoch. */
typedef struct {
    guint32 epoch;
    guint64 number;
    guint8 hash[32];
} MadoJournalHead;

/* Stamps a new journal with this desk, or checks that an old one is this desk's: CONFIG. */
gboolean
mado_journal_meta_ensure_owner(MadoJournalStore *store,
                               MadoRealmCode realm,
                               const char *terminal,
                               GError **error);
gboolean
mado_journal_meta_head(MadoJournalStore *store, MadoJournalHead *ret_head, GError **error);
/* 0 when the centre never told. */
gboolean
mado_journal_meta_centre_time(MadoJournalStore *store, gint64 *ret_centre_ms, GError **error);
gboolean
mado_journal_meta_set_centre_time(MadoJournalStore *store, gint64 centre_ms, GError **error);
/* The centre holds other receipts than ours: a restored or doubled desk. Stays until a new
 * epoch. */
gboolean
mado_journal_meta_is_forked(MadoJournalStore *store, gboolean *ret_forked, GError **error);
gboolean
mado_journal_meta_set_forked(MadoJournalStore *store, GError **error);
/* One durable write that changes nothing anybody reads: can the disk still take it? */
gboolean
mado_journal_meta_probe(MadoJournalStore *store, GError **error);
