/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A look at the queue: who may, that it was, and what was seen. The note is written in the same
 * transaction as the answer is made, so nothing is shown that was not noted.
 */
#pragma once

#include "central/centre.h"
#include "common/body-directory.h"
#include "common/body-query.h"
#include "common/message.h"

/* One DIRECTORY message, opened and its header checked. All borrowed. */
typedef struct {
    const MadoMessageHeader *header;
    const MadoTerminalRecord *terminal;
    const char *key;         /* Idempotency-Key */
    const guint8 *body_hash; /* 32 */
    const MadoSecret *query; /* as it was signed */
    const MadoBodyDecision *decision;
} MadoLook;

/* (transfer full): the rows. The same message again is answered again, with what is true by
 * then, under the same note. MADO_PROBLEM: bad-message, clock, operator (not theirs, not of
 * this query, not just now, or used before), key-reused. JOURNAL. Writing thread. */
MadoBodyDirectory *
mado_look_run(const MadoCentre *centre, const MadoLook *self, GError **error);

/* As the listings spell them. */
const char *
mado_look_kind_name(MadoLookKind kind);
const char *
mado_look_purpose_name(MadoLookPurpose purpose);
