/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Receipts as the centre keeps them (doc/messages.md 4): one chain per (terminal, epoch), each
 * receipt exactly as it came. The same number with other bytes is a fork: it is set aside and
 * refused, and health tells.
 */
#pragma once

#include "central/keys.h"
#include "central/store.h"
#include "common/receipt.h"

/* A receipt whose signature was verified. */
typedef struct {
    MadoReceipt header;
    GBytes *cms; /* borrowed */
} MadoReceiptBookEntry;

/* The peer that signs a terminal's receipts: (transfer full). */
MadoPeer *
mado_receipt_book_new_peer(const MadoKeys *keys,
                           const MadoTerminalRecord *terminal,
                           GError **error);

/* Inside the caller's transaction. *ret_head: the head held afterwards, (transfer full).
 * MADO_PROBLEM: GAP, FORK (the fork is written: keep it), BAD_MESSAGE for a broken link. */
gboolean
mado_receipt_book_take(MadoStore *store,
                       const MadoReceiptBookEntry *entry,
                       gint64 now_ms,
                       MadoReceiptRecord **ret_head,
                       GError **error);

typedef struct {
    guint64 n_good;
    guint64 n_bad; /* signature, number or link */
} MadoReceiptBookCount;

/* One stored receipt, while it is looked at; all (transfer none). */
typedef struct {
    const MadoReceiptRecord *record;
    const MadoReceipt *header; /* zeros when it could not be read */
    GBytes *body;              /* (nullable): encrypted to the centre */
    const GError *fault;       /* NULL: signature, number and link are good */
} MadoReceiptBookItem;

typedef void (*MadoReceiptBookEach)(const MadoReceiptBookItem *item, gpointer user_data);

/* Verifies every stored chain from its first receipt on. @each: nullable. */
gboolean
mado_receipt_book_verify(MadoStore *store,
                         const MadoKeys *keys,
                         MadoReceiptBookEach each,
                         gpointer user_data,
                         MadoReceiptBookCount *ret_count,
                         GError **error);
