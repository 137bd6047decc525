/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/card/csr.h"

#include "common/error.h"
#include "common/tlv.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#define TAG_PUBLIC_KEY 0x7F49
#define TAG_MODULUS    0x81
#define TAG_EXPONENT   0x82
#define MODULUS_LEN    256
#define EXPONENT_MAX   8

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_PARAM, OSSL_PARAM_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_REQ, X509_REQ_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_ALGOR, X509_ALGOR_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ASN1_BIT_STRING, ASN1_BIT_STRING_free)

static EVP_PKEY *
key_from_numbers(const MadoTlv *modulus, const MadoTlv *exponent)
{
    g_autoptr(BIGNUM) n = BN_bin2bn(modulus->value, (int)modulus->len, NULL);
    g_autoptr(BIGNUM) e = BN_bin2bn(exponent->value, (int)exponent->len, NULL);
    g_autoptr(OSSL_PARAM_BLD) builder = OSSL_PARAM_BLD_new();
    g_autoptr(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    g_autoptr(OSSL_PARAM) params = NULL;
    EVP_PKEY *key = NULL;

    if (n == NULL || e == NULL || builder == NULL || context == NULL || !BN_is_odd(e) ||
        BN_is_one(e) || BN_num_bits(n) != MODULUS_LEN * 8 ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) != 1)
        return NULL;
    params = OSSL_PARAM_BLD_to_param(builder);
    if (params == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return NULL;
    return key;
}

EVP_PKEY *
mado_csr_public_key(const guint8 *template, gsize len, GError **error)
{
    MadoTlv outer;
    MadoTlv modulus;
    MadoTlv exponent;
    EVP_PKEY *key = NULL;

    if (mado_tlv_only(template, len, TAG_PUBLIC_KEY, &outer) == MADO_BYTES_OK &&
        mado_tlv_find(outer.value, outer.len, TAG_MODULUS, &modulus) == MADO_BYTES_OK &&
        mado_tlv_find(outer.value, outer.len, TAG_EXPONENT, &exponent) == MADO_BYTES_OK &&
        modulus.len == MODULUS_LEN && exponent.len >= 1 && exponent.len <= EXPONENT_MAX)
        key = key_from_numbers(&modulus, &exponent);
    if (key == NULL)
        mado_error_set_openssl(error, MADO_ERROR_CARD_DATA, "the card's staged public key");
    return key;
}

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

    if (bits == NULL || len != MODULUS_LEN ||
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

    key = mado_csr_public_key(g_bytes_get_data(template, NULL), g_bytes_get_size(template),
                              error);
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

    key = mado_csr_public_key(g_bytes_get_data(template, NULL), g_bytes_get_size(template),
                              error);
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
