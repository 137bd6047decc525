/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CMS around messages and receipts: RFC 5652 SignedData (ECDSA P-256, SHA-256, signer's
 * certificate included) and RFC 5083/5084 AuthEnvelopedData (AES-256-GCM, ECDH key agreement to
 * one recipient). Blocking, pure CPU, any thread. An identity is this end's two private keys
 * with certificates; a peer is the other end's certificates and trust anchor.
 */
#pragma once

#include "common/secret.h"

#include <gio/gio.h>

typedef struct _MadoIdentity MadoIdentity; /* our signing and decryption keys */
typedef struct _MadoPeer
    MadoPeer; /* their encryption certificate and the CA their signer must chain to */

/* (transfer full): PEM files; private keys must be regular files of mode 0600 or stricter,
 * owned by us or root: CONFIG otherwise. */
MadoIdentity *
mado_identity_load(const char *sign_key,
                   const char *sign_cert,
                   const char *decrypt_key,
                   const char *decrypt_cert,
                   GError **error);
void
mado_identity_free(MadoIdentity *self);
/* @signer_cn: required CN of the signer's certificate, or NULL for any that chains to the
 * anchor. */
MadoPeer *
mado_peer_load(const char *encrypt_cert,
               const char *anchor,
               const char *signer_cn,
               GError **error);
void
mado_peer_free(MadoPeer *self);

/* (transfer full): CMS DER, at most MADO_LIMIT_MESSAGE_LEN. */
GBytes *
mado_envelope_seal(const MadoIdentity *self,
                   const MadoPeer *to,
                   const MadoSecret *plain,
                   GError **error);
/* (transfer full): decrypts, verifies signature, chain, validity and CN. *ret_signer_cn
 * (nullable out, transfer full). Any fault is CENTRE_ANSWER with a reason that names the check.
 */
MadoSecret *
mado_envelope_open(const MadoIdentity *self,
                   const MadoPeer *from,
                   GBytes *cms,
                   char **ret_signer_cn,
                   GError **error);

/* SignedData without envelope (receipts). */
GBytes *
mado_envelope_sign(const MadoIdentity *self, const guint8 *data, gsize len, GError **error);
/* (transfer full): the signed content, verified against @from's anchor. */
GBytes *
mado_envelope_verify(const MadoPeer *from, GBytes *cms, char **ret_signer_cn, GError **error);
/* EnvelopedData without signature (receipt bodies). */
GBytes *
mado_envelope_encrypt(const MadoPeer *to, const MadoSecret *plain, GError **error);
MadoSecret *
mado_envelope_decrypt(const MadoIdentity *self, GBytes *cms, GError **error);

/* SHA-256 over @data; the project's one hash for chaining and keys. */
void
mado_envelope_sha256(const guint8 *data, gsize len, guint8 ret_hash[32]);
/* SHA-256 of our signing certificate (RCP_KEY_ID). */
void
mado_identity_key_id(const MadoIdentity *self, guint8 ret_hash[32]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoIdentity, mado_identity_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoPeer, mado_peer_free)
