/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PKCS#10 requests for a key that cannot leave the card: built here, signed there
 * (protocol.md 5). RSA-2048 with SHA-256, what card profile 1 makes. Pure CPU but for the
 * signer; any thread.
 */
#pragma once

#include <gio/gio.h>
#include <openssl/types.h>

/* (transfer full): the PKCS#1 v1.5 signature over a SHA-256 digest, or @error. Called once. */
typedef GBytes *(*MadoCsrSign)(const guint8 digest[32], gpointer user_data, GError **error);

/*
 * (transfer full), DER: subject CN=@common_name, the key of @template. The signature is checked
 * against the key before anything is returned: CARD_CLONED when it does not fit, or what @sign
 * said.
 */
GBytes *
mado_csr_make(GBytes *template,
              const char *common_name,
              MadoCsrSign sign,
              gpointer user_data,
              GError **error);

/* Whether @der is one well-formed request whose own signature verifies and whose key is that of
 * @template. CENTRE_ANSWER: it came back from the centre. */
gboolean
mado_csr_check(GBytes *der, GBytes *template, GError **error);
