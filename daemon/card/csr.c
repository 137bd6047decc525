/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/card/csr.h"

#include "common/error.h"
#include "common/rsa.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_REQ, X509_REQ_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_ALGOR, X509_ALGOR_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ASN1_BIT_STRING, ASN1_BIT_STRING_free)

static gboolean
fill_request(X509_REQ *request, EVP_PKEY *key, const char *common_name)
{
    X509_NAME *subject = X509_REQ_get_subject_name(request);
    g_autoptr(X509_ALGOR) algorithm = X509_ALGOR_new();

    return algorithm != NULL && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                      (const unsigned char *)common_name, -1, -1, 0) == 1 &&
           X509_REQ_set_pubkey(request, key) == 1 &&
           X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256WithRSAEncryption), V_ASN1_NULL,
                           NULL) == 1 &&
           X509_REQ_set1_signature_algo(request, algorithm) == 1;
}

static gboolean
digest_request(X509_REQ *request, guint8 ret_digest[32])
{
    unsigned char *tbs = NULL;
    int len = i2d_re_X509_REQ_tbs(request, &tbs);
    gboolean ok = len > 0 && EVP_Digest(tbs, (size_t)len, ret_digest, NULL, EVP_sha256(), NULL);

    OPENSSL_free(tbs);
    return ok;
}

static gboolean
set_signature(X509_REQ *request, GBytes *signature)
{
    g_autoptr(ASN1_BIT_STRING) bits = ASN1_BIT_STRING_new();
    gsize len;
    const guint8 *data = g_bytes_get_data(signature, &len);

    if (bits == NULL || len != MADO_RSA_SIGNATURE_LEN ||
        ASN1_BIT_STRING_set(bits, (unsigned char *)(guintptr)data, (int)len) != 1)
        return FALSE;
    /* All 256 bytes count: without this the encoder would drop trailing zero bits. */
    bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
    bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
    X509_REQ_set0_signature(request, g_steal_pointer(&bits));
    return TRUE;
}

static GBytes *
encode_request(X509_REQ *request, GError **error)
{
    unsigned char *der = NULL;
    int len = i2d_X509_REQ(request, &der);
    GBytes *bytes = NULL;

    if (len > 0)
        bytes = g_bytes_new(der, (gsize)len);
    else
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "encoding a certificate request");
    OPENSSL_free(der);
    return bytes;
}

GBytes *
mado_csr_make(GBytes *template,
              const char *common_name,
              MadoCsrSign sign,
              gpointer user_data,
              GError **error)
{
    g_autoptr(X509_REQ) request = X509_REQ_new();
    g_autoptr(EVP_PKEY) key = NULL;
    g_autoptr(GBytes) signature = NULL;
    guint8 digest[32];

    key = mado_rsa_template_to_pkey(g_bytes_get_data(template, NULL),
                                    g_bytes_get_size(template), error);
    if (key == NULL)
        return NULL;
    if (request == NULL || !fill_request(request, key, common_name) ||
        !digest_request(request, digest)) {
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making a certificate request");
        return NULL;
    }
    signature = sign(digest, user_data, error);
    if (signature == NULL)
        return NULL;
    if (!set_signature(request, signature) || X509_REQ_verify(request, key) != 1) {
        mado_error_set_openssl(error, MADO_ERROR_CARD_CLONED,
                               "the card's signature on a certificate request");
        return NULL;
    }
    return encode_request(request, error);
}

gboolean
mado_csr_check(GBytes *der, GBytes *template, GError **error)
{
    gsize len;
    const unsigned char *data = g_bytes_get_data(der, &len);
    const unsigned char *at = data;
    g_autoptr(X509_REQ) request = NULL;
    g_autoptr(EVP_PKEY) key = NULL;
    EVP_PKEY *inside;

    key = mado_rsa_template_to_pkey(g_bytes_get_data(template, NULL),
                                    g_bytes_get_size(template), error);
    if (key == NULL)
        return FALSE;
    request = len <= G_MAXINT ? d2i_X509_REQ(NULL, &at, (long)len) : NULL;
    inside = request == NULL ? NULL : X509_REQ_get0_pubkey(request);
    if (inside != NULL && at == data + len && EVP_PKEY_eq(inside, key) == 1 &&
        X509_REQ_verify(request, key) == 1)
        return TRUE;
    return mado_error_set_openssl(error, MADO_ERROR_CENTRE_ANSWER,
                                  "the certificate request given back");
}
