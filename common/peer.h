/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The other end of the messages: the certificate to encrypt to, and the one CA that its signing
 * certificate must chain to. No system store is ever asked. The object does not change once
 * made and may be used by any thread.
 */
#pragma once

#include <gio/gio.h>
#include <openssl/types.h>

#include <time.h>

typedef struct _MadoPeer MadoPeer;

/* (transfer full): PEM files. @encrypt_cert: EC P-256 with key usage keyAgreement. @anchor: a
 * CA certificate. @signer_cn: required CN of the signer's certificate, or NULL for any that
 * chains to the anchor. CONFIG. */
MadoPeer *
mado_peer_load(const char *encrypt_cert,
               const char *anchor,
               const char *signer_cn,
               GError **error);
/* (transfer full): the same from certificates, each of which it takes a reference to.
 * @encrypt_cert: nullable, for an end that only verifies. */
MadoPeer *
mado_peer_new(X509 *encrypt_cert, X509 *anchor, const char *signer_cn, GError **error);
/* (transfer full): a peer known by its signing certificate itself (a reference is taken), for
 * reading its receipts where the CA is not at hand. It cannot be encrypted to. */
MadoPeer *
mado_peer_new_pinned(X509 *signer);
void
mado_peer_free(MadoPeer *self); /* NULL is allowed */

/* (transfer none) (nullable) */
X509 *
mado_peer_peek_encrypt_cert(const MadoPeer *self);

/* (transfer none): the CA, for a protocol that verifies by itself (CMP). */
X509 *
mado_peer_peek_anchor(const MadoPeer *self);

/* Whether @signer may sign messages: it chains to the anchor at the time @at, is no CA, has key
 * usage digitalSignature, an extended key usage that is absent or names emailProtection (what
 * RFC 8551 and OpenSSL's S/MIME purpose ask of a CMS signer, so that no TLS certificate
 * passes), a P-256 key, and the CN that was asked for. CENTRE_ANSWER, naming the check. *ret_cn
 * (nullable out, transfer full). */
gboolean
mado_peer_check_signer(
    const MadoPeer *self, X509 *signer, time_t at, char **ret_cn, GError **error);

/* (transfer full) (nullable): the subject's CN; NULL unless there is exactly one, of printable
 * characters. */
char *
mado_peer_common_name(const X509 *certificate);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoPeer, mado_peer_free)
