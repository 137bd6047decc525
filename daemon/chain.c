/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/chain.h"

#include "common/error.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <madoguchi/limits.h>

#define MAX_ANCHORS 32
/* NIST SP 800-57: what SHA-256 with RSA-2048 gives. */
#define MIN_SECURITY_BITS 112

struct _MadoChainAnchors {
    GPtrArray *certificates; /* of X509 */
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free)

static void
free_certificate(gpointer data)
{
    X509_free(data);
}

MadoChainAnchors *
mado_chain_anchors_load(const char *path, GError **error)
{
    g_autoptr(MadoChainAnchors) self = g_new0(MadoChainAnchors, 1);
    g_autoptr(BIO) bio = BIO_new_file(path, "r");

    self->certificates = g_ptr_array_new_with_free_func(free_certificate);
    while (bio != NULL && self->certificates->len < MAX_ANCHORS) {
        X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);

        if (certificate == NULL)
            break;
        g_ptr_array_add(self->certificates, certificate);
    }
    ERR_clear_error(); /* the end of the file is one */
    if (self->certificates->len > 0)
        return g_steal_pointer(&self);
    g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "'%s' holds no certificate in PEM", path);
    return NULL;
}

void
mado_chain_anchors_free(MadoChainAnchors *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->certificates, g_ptr_array_unref);
    g_free(self);
}

static X509 *
parse_certificate(GBytes *bytes, GError **error)
{
    gsize len = 0;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    const unsigned char *at = data;
    X509 *certificate = NULL;

    if (len > 0 && len <= MADO_LIMIT_CERTIFICATE_LEN)
        certificate = d2i_X509(NULL, &at, (long)len);
    if (certificate != NULL && at == data + len)
        return certificate;
    X509_free(certificate);
    ERR_clear_error();
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_DATA, "not one certificate");
    return NULL;
}

static gboolean
has_strong_signature(X509 *certificate)
{
    int security_bits = 0;

    return X509_get_signature_info(certificate, NULL, NULL, &security_bits, NULL) == 1 &&
           security_bits >= MIN_SECURITY_BITS;
}

/* All generations of a root have one name, so only the keys tell them apart. */
static gboolean
is_issuer(X509 *anchor, X509 *certificate)
{
    const ASN1_OCTET_STRING *authority = X509_get0_authority_key_id(certificate);
    const ASN1_OCTET_STRING *subject = X509_get0_subject_key_id(anchor);
    EVP_PKEY *key = X509_get0_pubkey(anchor);
    gboolean ok;

    if (authority != NULL && subject != NULL && ASN1_OCTET_STRING_cmp(authority, subject) != 0)
        return FALSE;
    ok = key != NULL && X509_verify(certificate, key) == 1;
    ERR_clear_error();
    return ok;
}

static gboolean
is_valid_at(X509 *certificate, gint64 now_ms)
{
    time_t now = (time_t)(now_ms / 1000);

    /* 0 is an error, not equality (X509_cmp_time(3)). */
    return X509_cmp_time(X509_get0_notBefore(certificate), &now) < 0 &&
           X509_cmp_time(X509_get0_notAfter(certificate), &now) > 0;
}

static gboolean
may_sign_certificates(X509 *anchor)
{
    return X509_check_ca(anchor) == 1 && (X509_get_key_usage(anchor) & KU_KEY_CERT_SIGN) != 0;
}

static gboolean
refuse(GError **error, const char *reason)
{
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CERTIFICATE, reason);
    return FALSE;
}

static gboolean
check_with(X509 *anchor, X509 *certificate, gint64 now_ms, GError **error)
{
    if (!has_strong_signature(certificate))
        return refuse(error, "the certificate is signed with a weak algorithm");
    if (!may_sign_certificates(anchor))
        return refuse(error, "the issuer may not sign certificates");
    if (!is_valid_at(certificate, now_ms))
        return refuse(error, "the certificate is not valid now");
    if (!is_valid_at(anchor, now_ms))
        return refuse(error, "the issuer's certificate is not valid now");
    return TRUE;
}

gboolean
mado_chain_verify(const MadoChainAnchors *anchors,
                  GBytes *certificate,
                  gint64 now_ms,
                  GError **error)
{
    g_autoptr(X509) parsed = parse_certificate(certificate, error);

    if (parsed == NULL)
        return FALSE;
    for (guint i = 0; i < anchors->certificates->len; i++) {
        X509 *anchor = g_ptr_array_index(anchors->certificates, i);

        if (is_issuer(anchor, parsed))
            return check_with(anchor, parsed, now_ms, error);
    }
    return refuse(error, "no trusted issuer signed the certificate");
}
