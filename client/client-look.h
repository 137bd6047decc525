/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A look at the queue as a client makes it: the query sealed, the operator's decision over it,
 * and the rows that come back (Manager.Look and Looked). Blocks for as long as signing takes.
 */
#pragma once

#include "client/signer.h"
#include "common/body-directory.h"
#include "common/body-query.h"

/* The arguments of Manager.Look. */
typedef struct {
    int query_fd;      /* owned; sealed memfd */
    GBytes *decision;  /* owned */
    GBytes *signature; /* owned */
} MadoClientLook;

/* @realm and @terminal: the properties of the manager. Errors: BAD_ARGUMENT, REALM (an unknown
 * one), those of mado_signer_sign(). */
gboolean
mado_client_look_sign(const MadoBodyQuery *query,
                      const char *realm,
                      const char *terminal,
                      MadoSigner *signer,
                      MadoClientLook *ret_look,
                      GError **error);
/* Closes, frees and empties; all zero is allowed but for query_fd, which is -1 when there is
 * none. */
void
mado_client_look_clear(MadoClientLook *self);

/* (transfer full): what Manager.Looked returned. @rows_fd stays open. Errors: CENTRE_ANSWER,
 * CARD_DATA (not sealed). */
MadoBodyDirectory *
mado_client_look_read(int rows_fd, GError **error);

/* The error that the centre's refusal of a look stands for. @problem: type URI of the relay's
 * answer. Returns FALSE. */
gboolean
mado_client_look_refused(guint status, const char *problem, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MadoClientLook, mado_client_look_clear)
