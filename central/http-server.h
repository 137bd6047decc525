/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The HTTPS service: libmicrohttpd's threads take requests apart and open messages, the
 * committer's thread runs them, and an answer leaves after its durable commit. In between the
 * connection is suspended and costs no thread.
 *
 *     handler: route, client certificate, size  →  body  →  open  →  submit, suspend
 *     committer: run in one transaction with others  →  commit  →  resume
 *     handler again: answer
 */
#pragma once

#include "central/centre.h"
#include "central/committer.h"

typedef struct _MadoHttpServer MadoHttpServer;

/* (transfer full): listening. @reader is a second connection to the store, the server's own
 * from now on; centre and committer outlive it. CONFIG: address or TLS key. */
MadoHttpServer *
mado_http_server_new(MadoCentre *centre,
                     MadoCommitter *committer,
                     MadoStore *reader,
                     GError **error);
guint16
mado_http_server_port(const MadoHttpServer *self);
/* Takes no new connection; stop the committer next, then free. */
void
mado_http_server_stop_listening(MadoHttpServer *self);
void
mado_http_server_free(MadoHttpServer *self); /* NULL is allowed */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoHttpServer, mado_http_server_free)
