/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This end of the messages: a signing key and a decryption key (EC P-256) with their
 * certificates. The keys stay inside OpenSSL objects; the object does not change once made and
 * may be used by any thread.
 */
#pragma once

#include <gio/gio.h>
#include <openssl/types.h>

typedef struct _MadoIdentity MadoIdentity;

/* (transfer full): PEM files; private keys must be regular files of mode 0600 or stricter,
 * owned by us or root, and belong to their certificates; the certificates' key usages must be
 * digitalSignature and keyAgreement: CONFIG otherwise. */
MadoIdentity *
mado_identity_load(const char *sign_key,
                   const char *sign_cert,
                   const char *decrypt_key,
                   const char *decrypt_cert,
                   GError **error);
void
mado_identity_free(MadoIdentity *self); /* NULL is allowed */

/* SHA-256 of our signing certificate (RCP_KEY_ID). */
void
mado_identity_key_id(const MadoIdentity *self, guint8 ret_hash[32]);
/* (transfer full): the CN of our signing certificate; the terminal id of a desk. */
char *
mado_identity_name(const MadoIdentity *self);

/* (transfer none): for envelope.c. */
EVP_PKEY *
mado_identity_peek_sign_key(const MadoIdentity *self);
X509 *
mado_identity_peek_sign_cert(const MadoIdentity *self);
EVP_PKEY *
mado_identity_peek_decrypt_key(const MadoIdentity *self);
X509 *
mado_identity_peek_decrypt_cert(const MadoIdentity *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoIdentity, mado_identity_free)
