/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The centre's own certificates: who may speak TLS, sign messages, protect CMP. Residents'
 * certificates are central/ca.h. Pure CPU; errors are INTERNAL.
 */
#pragma once

#include <gio/gio.h>
#include <openssl/types.h>

typedef enum {
    MADO_PKI_AUTHORITY,  /* signs certificates, nothing else */
    MADO_PKI_TLS_SERVER, /* @host becomes the alternative name */
    MADO_PKI_TLS_CLIENT,
    MADO_PKI_SIGNER,    /* digitalSignature: messages, receipts, CMP */
    MADO_PKI_RECIPIENT, /* keyAgreement: what messages are encrypted to */
} MadoPkiKind;

/* One part of a distinguished name, in order. */
typedef struct {
    const char *attribute; /* "C", "O", "OU", "L", "CN" */
    const char *value;     /* UTF-8 */
} MadoPkiName;

typedef struct {
    MadoPkiKind kind;
    const MadoPkiName *names; /* ends with attribute NULL */
    const char *host;         /* TLS_SERVER: a DNS name or an IP address */
    EVP_PKEY *key;            /* the subject's; a public half is enough */
    X509 *issuer;             /* NULL: self-signed with @issuer_key */
    EVP_PKEY *issuer_key;
    guint n_days;
} MadoPkiRequest;

/* (transfer full) */
EVP_PKEY *
mado_pki_new_ec_key(GError **error); /* P-256 */
EVP_PKEY *
mado_pki_new_rsa_key(GError **error); /* 2048 bits, 65537 */
X509 *
mado_pki_issue(const MadoPkiRequest *request, GError **error);

/* (transfer full): X509_NAME made of @names. */
X509_NAME *
mado_pki_new_name(const MadoPkiName *names, GError **error);
/* A fresh positive serial of 16 bytes. */
gboolean
mado_pki_set_serial(X509 *certificate, GError **error);
/* One extension in openssl's text form. */
gboolean
mado_pki_add_extension(
    X509 *certificate, X509 *issuer, int nid, const char *value, GError **error);

/* (transfer full): DER. */
GBytes *
mado_pki_certificate_to_der(const X509 *certificate);
GBytes *
mado_pki_public_key_to_der(EVP_PKEY *key);
