/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A query of the queue and the message that carries it (doc/messages.md 6). The query's bytes
 * are what the operator's decision is about, so they travel as they were signed. Made by a
 * client, checked by the daemon, answered by the centre. Any thread.
 */
#pragma once

#include "common/body-parts.h"
#include "madoguchi/directory.h"

#define MADO_BODY_QUERY_READING_MAX 512 /* bytes of UTF-8 */
#define MADO_BODY_QUERY_LOOK_LEN    16
#define MADO_BODY_QUERY_HASH_SIZE   65 /* hex and its end mark */

typedef struct {
    guint8 look[MADO_BODY_QUERY_LOOK_LEN];
    MadoLookKind kind;
    MadoLookPurpose purpose;
    char day[MADO_DATE_LEN + 1];                   /* empty: the centre's today */
    char reading[MADO_BODY_QUERY_READING_MAX + 1]; /* as typed; empty: any */
    char birth[MADO_DATE_LEN + 1];                 /* empty: any */
    char request_id[MADO_BODY_ID_MAX + 1];         /* empty: any */
    guint16 skip;                                  /* rows */
} MadoBodyQuery;

/* All empty but for a fresh random LOOK. */
void
mado_body_query_init(MadoBodyQuery *self, MadoLookKind kind, MadoLookPurpose purpose);
void
mado_body_query_clear(MadoBodyQuery *self); /* wipes */

/* (transfer full): the bytes to be signed about. BAD_ARGUMENT: a member does not fit its
 * object, a date does not exist, a search looks for nothing. */
MadoSecret *
mado_body_query_format(const MadoBodyQuery *self, GError **error);
/* BAD_ARGUMENT, naming the object. */
gboolean
mado_body_query_parse(const guint8 *data, gsize len, MadoBodyQuery *ret_query, GError **error);
/* Lower-case hex of the SHA-256 of a query's bytes: DETAIL of the decision. */
void
mado_body_query_hash(const guint8 *data, gsize len, char ret_hex[MADO_BODY_QUERY_HASH_SIZE]);

/* (transfer full): the body of DIRECTORY. */
MadoSecret *
mado_body_query_wrap(const guint8 *query,
                     gsize len,
                     const MadoBodyDecision *decision,
                     GError **error);
/* The two parts of a body of DIRECTORY: *ret_query is (transfer full), and so is *ret_decision
 * (mado_body_parts_clear_decisions). BAD_ARGUMENT. The query is not parsed yet. */
gboolean
mado_body_query_unwrap(const guint8 *body,
                       gsize len,
                       MadoSecret **ret_query,
                       MadoBodyDecision *ret_decision,
                       GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MadoBodyQuery, mado_body_query_clear)
