/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A visit as the centre sees it (doc/messages.md 2 and 3): one call per message of a desk, each
 * inside one transaction of the store. What is decided is in visit-table.h; here it is looked
 * up, done and written down. Called by the writing thread.
 *
 * A refusal is a MADO_PROBLEM and the caller undoes what was written; everything else is a
 * reply.
 */
#pragma once

#include "central/centre.h"
#include "common/body-lookup.h"
#include "common/message.h"

typedef struct {
    MadoCentre *centre;              /* borrowed */
    const MadoMessageHeader *header; /* borrowed: of the desk's message */
    const MadoTerminalRecord *terminal;
    /* Filled by the call, owned by the caller: */
    MadoTransactionRecord *transaction; /* NULL: unknown to us */
    MadoCardRecord *card;
    MadoBodyReply *reply;
} MadoVisit;

void
mado_visit_clear(MadoVisit *self);

gboolean
mado_visit_lookup(MadoVisit *self, const MadoBodyLookup *lookup, GError **error);
gboolean
mado_visit_step(MadoVisit *self, const MadoBodyStep *step, GError **error);

/* A supervisor ends the visit of a lost or broken card: certificates revoked, the card void,
 * the request ready for another card. Inside the caller's transaction. NOT_FOUND, BAD_STATE. */
gboolean
mado_visit_close(MadoStore *store,
                 const guint8 transaction[MADO_TRANSACTION_LEN],
                 const char *reason,
                 gint64 now_ms,
                 GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MadoVisit, mado_visit_clear)
