/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/pki.h"

#include "common/error.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string.h>

#define SERIAL_LEN 16
#define BACKDATE_S 300 /* a desk's clock may be a little behind ours */

EVP_PKEY *
mado_pki_new_ec_key(GError **error)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");

    if (key == NULL)
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making an EC key");
    return key;
}

EVP_PKEY *
mado_pki_new_rsa_key(GError **error)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);

    if (key == NULL)
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making an RSA key");
    return key;
}

X509_NAME *
mado_pki_new_name(const MadoPkiName *names, GError **error)
{
    X509_NAME *name = X509_NAME_new();

    for (; name != NULL && names->attribute != NULL; names++) {
        if (X509_NAME_add_entry_by_txt(name, names->attribute, MBSTRING_UTF8,
                                       (const guint8 *)names->value, -1, -1, 0) != 1) {
            X509_NAME_free(name);
            name = NULL;
        }
    }
    if (name == NULL)
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making a name");
    return name;
}

gboolean
mado_pki_set_serial(X509 *certificate, GError **error)
{
    guint8 bytes[SERIAL_LEN];
    BIGNUM *number = NULL;
    gboolean done = FALSE;

    if (RAND_bytes(bytes, sizeof bytes) == 1) {
        bytes[0] = (guint8)((bytes[0] & 0x3F) | 0x40); /* positive, always 16 bytes */
        number = BN_bin2bn(bytes, sizeof bytes, NULL);
        done = number != NULL &&
               BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    }
    BN_free(number);
    return done || mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making a serial number");
}

gboolean
mado_pki_add_extension(
    X509 *certificate, X509 *issuer, int nid, const char *value, GError **error)
{
    X509_EXTENSION *extension = NULL;
    CONF *empty = NCONF_new(NULL); /* some extensions, policies among them, want one */
    X509V3_CTX ctx;
    gboolean done;

    X509V3_set_ctx(&ctx, issuer != NULL ? issuer : certificate, certificate, NULL, NULL, 0);
    if (empty != NULL) {
        X509V3_set_nconf(&ctx, empty);
        extension = X509V3_EXT_nconf_nid(empty, &ctx, nid, value);
    }
    done = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    NCONF_free(empty);
    return done || mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "adding an extension");
}

static const char *
key_usage_of(MadoPkiKind kind)
{
    switch (kind) {
    case MADO_PKI_AUTHORITY:
        return "critical,keyCertSign,cRLSign";
    case MADO_PKI_RECIPIENT:
        return "critical,keyAgreement";
    case MADO_PKI_TLS_SERVER:
    case MADO_PKI_TLS_CLIENT:
    case MADO_PKI_SIGNER:
        break;
    }
    return "critical,digitalSignature";
}

static gboolean
add_host(X509 *certificate, const MadoPkiRequest *request, GError **error)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(request->host);
    g_autofree char *value = g_strconcat(address != NULL ? "IP:" : "DNS:", request->host, NULL);

    return mado_pki_add_extension(certificate, request->issuer, NID_ext_key_usage, "serverAuth",
                                  error) &&
           mado_pki_add_extension(certificate, request->issuer, NID_subject_alt_name, value,
                                  error);
}

static gboolean
add_extensions(X509 *certificate, const MadoPkiRequest *request, GError **error)
{
    const char *constraints = request->kind == MADO_PKI_AUTHORITY ? "critical,CA:TRUE,pathlen:0"
                                                                  : "critical,CA:FALSE";

    if (!mado_pki_add_extension(certificate, request->issuer, NID_basic_constraints,
                                constraints, error) ||
        !mado_pki_add_extension(certificate, request->issuer, NID_key_usage,
                                key_usage_of(request->kind), error) ||
        !mado_pki_add_extension(certificate, request->issuer, NID_subject_key_identifier,
                                "hash", error) ||
        !mado_pki_add_extension(certificate, request->issuer, NID_authority_key_identifier,
                                "keyid", error))
        return FALSE;
    if (request->kind == MADO_PKI_TLS_CLIENT)
        return mado_pki_add_extension(certificate, request->issuer, NID_ext_key_usage,
                                      "clientAuth", error);
    if (request->kind == MADO_PKI_TLS_SERVER)
        return add_host(certificate, request, error);
    return TRUE;
}

static gboolean
set_fields(X509 *certificate, const MadoPkiRequest *request, X509_NAME *name)
{
    const X509_NAME *issuer =
        request->issuer != NULL ? X509_get_subject_name(request->issuer) : name;

    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           X509_set_subject_name(certificate, name) == 1 &&
           X509_set_issuer_name(certificate, issuer) == 1 &&
           X509_set_pubkey(certificate, request->key) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -BACKDATE_S) != NULL &&
           X509_time_adj_ex(X509_getm_notAfter(certificate), (int)request->n_days, 0, NULL) !=
               NULL;
}

static gboolean
build(X509 *certificate, const MadoPkiRequest *request, GError **error)
{
    X509_NAME *name = mado_pki_new_name(request->names, error);
    gboolean done;

    if (name == NULL)
        return FALSE;
    done = set_fields(certificate, request, name);
    X509_NAME_free(name);
    if (!done)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "filling a certificate");
    if (!mado_pki_set_serial(certificate, error) ||
        !add_extensions(certificate, request, error))
        return FALSE;
    if (X509_sign(certificate, request->issuer_key, EVP_sha256()) <= 0)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "signing a certificate");
    return TRUE;
}

X509 *
mado_pki_issue(const MadoPkiRequest *request, GError **error)
{
    X509 *certificate = X509_new();

    if (certificate == NULL) {
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making a certificate");
        return NULL;
    }
    if (!build(certificate, request, error)) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

GBytes *
mado_pki_certificate_to_der(const X509 *certificate)
{
    guint8 *der = NULL;
    int len = i2d_X509(certificate, &der);
    GBytes *bytes = g_bytes_new(der, len > 0 ? (gsize)len : 0);

    OPENSSL_free(der);
    return bytes;
}

GBytes *
mado_pki_public_key_to_der(EVP_PKEY *key)
{
    guint8 *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    GBytes *bytes = g_bytes_new(der, len > 0 ? (gsize)len : 0);

    OPENSSL_free(der);
    return bytes;
}
