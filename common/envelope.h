/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CMS around messages and receipts: RFC 5652 SignedData (ECDSA P-256, SHA-256, signer's
 * certificate included) and RFC 5083/5084 AuthEnvelopedData (AES-256-GCM, one ECDH recipient,
 * RFC 5753 with SHA-256 and AES-256 key wrap). Nothing else is accepted. Blocking, pure CPU,
 * any thread.
 *
 * Plain bytes lie in MadoSecrets and, while OpenSSL works on them, in memory of OpenSSL that is
 * wiped before it is freed.
 */
#pragma once

#include "common/identity.h"
#include "common/peer.h"
#include "common/secret.h"

/* (transfer full): CMS DER, at most MADO_LIMIT_MESSAGE_LEN. LIMIT: longer than that. */
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
/* (transfer full): the signed content, verified against @from's anchor. The certificate must
 * have been valid at the signed time of signing: a receipt is not refused for its age. */
GBytes *
mado_envelope_verify(const MadoPeer *from, GBytes *cms, char **ret_signer_cn, GError **error);
/* The same; *ret_key_id (nullable out, 32 bytes): SHA-256 of the signer's certificate. */
GBytes *
mado_envelope_verify_signer(const MadoPeer *from,
                            GBytes *cms,
                            char **ret_signer_cn,
                            guint8 *ret_key_id,
                            GError **error);
/* AuthEnvelopedData without signature (receipt bodies). */
GBytes *
mado_envelope_encrypt(const MadoPeer *to, const MadoSecret *plain, GError **error);
MadoSecret *
mado_envelope_decrypt(const MadoIdentity *self, GBytes *cms, GError **error);

/* SHA-256 over @data; the project's one hash for chaining and keys. */
void
mado_envelope_sha256(const guint8 *data, gsize len, guint8 ret_hash[32]);
