/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked of the journal, as plain functions on its store. Journal's thread. */
#pragma once

#include "daemon/journal.h"

/* NOT_FOUND. */
gboolean
mado_journal_query_visit(MadoJournalStore *store,
                         const guint8 visit[MADO_MESSAGE_ID_LEN],
                         MadoJournalVisit *ret_visit,
                         GError **error);
gboolean
mado_journal_query_card(MadoJournalStore *store,
                        const guint8 card_id[MADO_CARD_ID_LEN],
                        MadoJournalVisit *ret_visit,
                        GError **error);
GBytes *
mado_journal_query_csr(MadoJournalStore *store,
                       const guint8 transaction[MADO_MESSAGE_ID_LEN],
                       MadoSlot slot,
                       GError **error);
gboolean
mado_journal_query_backlog(MadoJournalStore *store, guint *ret_n_receipts, GError **error);

/* (transfer full), floating: what ListVisits and ListReceipts answer. */
GVariant *
mado_journal_query_visits(MadoJournalStore *store, GError **error);
GVariant *
mado_journal_query_receipts(MadoJournalStore *store,
                            guint64 after,
                            guint limit,
                            GError **error);
/* (transfer full), floating: (ssay); three empty values when nothing waits. */
GVariant *
mado_journal_query_delivery(MadoJournalStore *store, const char *terminal, GError **error);

/* An acknowledgement, already opened. */
typedef struct {
    guint32 epoch;
    guint64 head_number;
    guint8 head_hash[32];
} MadoJournalAck;

/* (transfer full): hash of the receipt posted under @key; NOT_FOUND. */
gboolean
mado_journal_query_receipt_hash(MadoJournalStore *store,
                                const char *key,
                                guint8 ret_hash[32],
                                GError **error);
/* Marks what the centre holds; a head that is not ours marks the journal forked and fails with
 * CENTRE_ANSWER. Inside no transaction. */
gboolean
mado_journal_query_acknowledge(MadoJournalStore *store,
                               const MadoJournalAck *ack,
                               GError **error);
/* (transfer full), of MadoJournalVisit: those that no session has put on hold or ended. */
GArray *
mado_journal_query_open(MadoJournalStore *store, GError **error);
