/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CA's end of CMP (RFC 9810), one message at a time: p10cr is answered with cp, certConf
 * with pkiConf; everything else, implicitConfirm and unprotected messages included, is refused.
 * OpenSSL's server object keeps no state between calls: it lives in the database, and a
 * certConf is answered after the stored p10cr was replayed into a fresh object. Pure CPU.
 *
 * The sender must be the desk whose message carried the CMP: its signing certificate is pinned.
 */
#pragma once

#include <gio/gio.h>
#include <openssl/x509.h>

typedef struct {
    X509 *cert; /* borrowed, as everything here: ours */
    EVP_PKEY *key;
    X509 *peer; /* the desk's signing certificate */
} MadoCmpServer;

/* Makes (or finds again) the certificate for a checked PKCS#10; (transfer full). */
typedef X509 *(*MadoCmpServerIssue)(X509_REQ *csr, gpointer user_data, GError **error);

typedef struct {
    GBytes *answer; /* (transfer full) */
    GBytes *nonce;  /* (transfer full): our senderNonce, needed to confirm */
} MadoCmpServerAnswer;

/* (transfer full): DER of the PKCS#10 in a p10cr, after checking protection and proof of
 * possession. BAD_MESSAGE. */
GBytes *
mado_cmp_server_read(const MadoCmpServer *self, GBytes *p10cr, GError **error);

/* BAD_MESSAGE, or the error of @issue. */
gboolean
mado_cmp_server_answer(const MadoCmpServer *self,
                       GBytes *p10cr,
                       MadoCmpServerIssue issue,
                       gpointer user_data,
                       MadoCmpServerAnswer *ret_answer,
                       GError **error);

/* What a certConf refers to. */
typedef struct {
    GBytes *p10cr;
    GBytes *nonce;
    X509 *certificate;
} MadoCmpServerIssued;

/* (transfer full): pkiConf. BAD_MESSAGE for a certConf of another transaction, hash or sender;
 * CERTIFICATE when the desk rejects the certificate. */
GBytes *
mado_cmp_server_confirm(const MadoCmpServer *self,
                        const MadoCmpServerIssued *issued,
                        GBytes *cert_conf,
                        GError **error);
