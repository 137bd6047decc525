/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks at the queue on their way: a client's signed query becomes a message, the centre's
 * answer becomes rows for that client. Between the two only hashes are kept, in memory, for
 * MADO_LIMIT_LOOK_AGE_MS; nothing is journaled, for the centre notes every look. A look that
 * was lost is simply made again. Main thread; works for about a millisecond, blocks nowhere.
 */
#pragma once

#include "common/body-parts.h"
#include "daemon/desk.h"

typedef struct _MadoLooks MadoLooks;

/* What the relay carries. */
typedef struct {
    char *endpoint; /* owned, as the rest */
    char *key;
    GBytes *body;
} MadoLooksMessage;

/* (transfer full): @desk is borrowed, outliving it. */
MadoLooks *
mado_looks_new(const MadoDesk *desk);
void
mado_looks_free(MadoLooks *self); /* NULL is allowed */

/*
 * @owner: bus name of the client, which alone may finish it. @query_fd: a sealed memfd; stays
 * open. @decision and @signature: kind LOOK, over this query. Beyond MADO_LOOKS_MAX the oldest
 * of the same client, else of anybody, is forgotten.
 * Errors: BAD_ARGUMENT, LIMIT, OPERATOR (not of this query, desk or realm), ENROLMENT.
 */
#define MADO_LOOKS_MAX 16
gboolean
mado_looks_begin(MadoLooks *self,
                 const char *owner,
                 int query_fd,
                 const MadoBodyDecision *decision,
                 MadoLooksMessage *ret_message,
                 GError **error);

/* (transfer full): the body of DIRECTORY_ROWS, checked through and through. The look is over
 * whatever comes of it. Errors: NOT_FOUND (not begun by @owner, over, or too old),
 * CENTRE_ANSWER, REALM. */
MadoSecret *
mado_looks_finish(
    MadoLooks *self, const char *owner, const char *key, GBytes *reply, GError **error);

void
mado_looks_clear_message(MadoLooksMessage *message);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MadoLooksMessage, mado_looks_clear_message)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoLooks, mado_looks_free)
