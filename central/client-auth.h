/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is on the other end of a TLS connection. libmicrohttpd only asks for a client
 * certificate; whether one came, and which, is found out here, before a byte of the body is
 * read.
 */
#pragma once

#include "central/problem.h"
#include "central/store.h"

#include <gnutls/gnutls.h>

/* (transfer full): the enrolled terminal @id, if this session's client certificate chains to
 * the relay CA, is inside its validity and meant for clients, has CN = @id, and is the one the
 * register names. TERMINAL otherwise, also for a revoked terminal. */
MadoTerminalRecord *
mado_client_auth_check(gnutls_session_t session,
                       MadoStore *store,
                       const char *id,
                       GError **error);
