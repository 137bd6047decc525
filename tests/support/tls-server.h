/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An HTTPS server on 127.0.0.1 that behaves as a test tells it, request by request: answers any
 * bytes, vanishes, loses an answer, hangs. One connection at a time, its own thread. It asks
 * for a client certificate and remembers what it was given. Any failure of its own ends the
 * test.
 */
#pragma once

#include "tests/support/test-keys.h"

#include <glib.h>

typedef struct _MadoTlsServer MadoTlsServer;

typedef enum {
    MADO_TLS_SERVER_ANSWER, /* read the request, write the bytes, keep the connection */
    MADO_TLS_SERVER_CLOSE,  /* the same, then close it */
    MADO_TLS_SERVER_VANISH, /* close before the handshake: lost before sending */
    MADO_TLS_SERVER_LOSE,   /* read the request, then close: committed, answer lost */
    MADO_TLS_SERVER_HANG,   /* read the request, say nothing until the client goes */
} MadoTlsServerAct;

/* (transfer full): listens. @keys: its own; @client_ca: clients must chain to it when they give
 * a certificate at all. Both are referenced by OpenSSL. */
MadoTlsServer *
mado_tls_server_new(const MadoTestKeys *keys, const MadoTestKeys *client_ca);
void
mado_tls_server_free(MadoTlsServer *self);
guint
mado_tls_server_port(const MadoTlsServer *self);

/* Appends what to do with the next request (VANISH: the next connection). @bytes is copied;
 * NULL for none. With nothing left to do it answers 500. */
void
mado_tls_server_expect(MadoTlsServer *self, MadoTlsServerAct act, const char *bytes, gsize len);

/* Waits until so many requests were read in all. */
void
mado_tls_server_wait(MadoTlsServer *self, guint n_requests);
guint
mado_tls_server_n_requests(MadoTlsServer *self);
guint
mado_tls_server_n_connections(MadoTlsServer *self); /* with a finished handshake */
/* (transfer full): request number @place, head and body as they came. */
GBytes *
mado_tls_server_request(MadoTlsServer *self, guint place);
/* (transfer full) (nullable): CN of the last client certificate. */
char *
mado_tls_server_client(MadoTlsServer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoTlsServer, mado_tls_server_free)
