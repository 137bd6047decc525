/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The operator's hand: makes and signs the decisions a visit asks for. The key file is opened
 * by mado_signer_unlock() or at the first decision; the caller asks for its passphrase.
 */
#pragma once

#include "common/decision.h"
#include "relay/relay-config.h"

typedef struct _MadoSigner MadoSigner;

/* (transfer full). @config is borrowed; @ask is called with @user_data when the key is opened.
 * Error: CONFIG (no operator in relay.conf). */
MadoSigner *
mado_signer_new(const MadoRelayConfig *config,
                MadoAskPassphrase ask,
                gpointer user_data,
                GError **error);
void
mado_signer_free(MadoSigner *self); /* NULL is allowed */

/* (transfer none). */
const char *
mado_signer_operator(const MadoSigner *self);
/* Opens the key now; TRUE when it is open already. Errors: CONFIG, OPERATOR (wrong passphrase).
 */
gboolean
mado_signer_unlock(MadoSigner *self, GError **error);

/*
 * Fills operator and time of @decision, formats and signs it. *ret_bytes and *ret_signature are
 * (transfer full). Errors: CONFIG, OPERATOR (wrong passphrase), BAD_ARGUMENT, CANCELLED.
 */
gboolean
mado_signer_sign(MadoSigner *self,
                 MadoDecision *decision,
                 GBytes **ret_bytes,
                 GBytes **ret_signature,
                 GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoSigner, mado_signer_free)
