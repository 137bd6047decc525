/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/rsa.h"

#include "common/error.h"
#include "common/tlv.h"
#include "common/writer.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <string.h>

#define TAG_MODULUS      0x81
#define TAG_EXPONENT     0x82
#define MAX_EXPONENT_LEN 8

/* 90 {010001} 91 {256 bytes}; what stands before the modulus never varies. */
static const guint8 key_head[] = {0x90, 0x03, 0x01, 0x00, 0x01, 0x91, 0x82, 0x01, 0x00};

static const guint8 digest_info_head[] = {0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60,
                                          0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                          0x01, 0x05, 0x00, 0x04, 0x20};

G_STATIC_ASSERT(sizeof digest_info_head + 32 == MADO_RSA_DIGEST_INFO_LEN);
G_STATIC_ASSERT(sizeof key_head + MADO_RSA_SIGNATURE_LEN == MADO_RSA_CARD_KEY_LEN);

gboolean
mado_rsa_is_card_key(const guint8 *key, gsize len)
{
    return len == MADO_RSA_CARD_KEY_LEN && memcmp(key, key_head, sizeof key_head) == 0 &&
           (key[sizeof key_head] & 0x80) != 0 && (key[len - 1] & 0x01) != 0;
}

static EVP_PKEY *
build_key(const BIGNUM *modulus, const BIGNUM *exponent)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *pkey = NULL;

    if (builder != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent))
        params = OSSL_PARAM_BLD_to_param(builder);
    if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return pkey;
}

EVP_PKEY *
mado_rsa_key_to_pkey(const guint8 *key, gsize len, GError **error)
{
    BIGNUM *modulus;
    BIGNUM *exponent;
    EVP_PKEY *pkey = NULL;

    if (!mado_rsa_is_card_key(key, len)) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_DATA,
                            "not an RSA-2048 key in the card's form");
        return NULL;
    }
    modulus = BN_bin2bn(key + sizeof key_head, MADO_RSA_SIGNATURE_LEN, NULL);
    exponent = BN_bin2bn(key + 2, 3, NULL);
    if (modulus != NULL && exponent != NULL)
        pkey = build_key(modulus, exponent);
    BN_free(modulus);
    BN_free(exponent);
    if (pkey == NULL)
        (void)mado_error_set_openssl(error, MADO_ERROR_CARD_DATA, "an RSA key of the card");
    return pkey;
}

static gboolean
is_rsa_2048(EVP_PKEY *pkey)
{
    return EVP_PKEY_is_a(pkey, "RSA") == 1 && EVP_PKEY_get_bits(pkey) == 2048;
}

gboolean
mado_rsa_key_from_pkey(EVP_PKEY *pkey, guint8 ret_key[MADO_RSA_CARD_KEY_LEN], GError **error)
{
    BIGNUM *modulus = NULL;
    BIGNUM *exponent = NULL;
    gboolean done;

    done = is_rsa_2048(pkey) &&
           EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &modulus) == 1 &&
           EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
           BN_is_word(exponent, 65537);
    if (done) {
        memcpy(ret_key, key_head, sizeof key_head);
        (void)BN_bn2binpad(modulus, ret_key + sizeof key_head, MADO_RSA_SIGNATURE_LEN);
    }
    BN_free(modulus);
    BN_free(exponent);
    return done || mado_error_set_openssl(error, MADO_ERROR_BAD_ARGUMENT,
                                          "not an RSA-2048 key with e = 65537");
}

static EVP_PKEY *
key_from_numbers(const MadoTlv *modulus, const MadoTlv *exponent)
{
    BIGNUM *n = BN_bin2bn(modulus->value, (int)modulus->len, NULL);
    BIGNUM *e = BN_bin2bn(exponent->value, (int)exponent->len, NULL);
    EVP_PKEY *pkey = NULL;

    if (n != NULL && e != NULL && BN_num_bits(n) == 2048 && BN_is_odd(n) && BN_is_odd(e) &&
        !BN_is_one(e))
        pkey = build_key(n, e);
    BN_free(n);
    BN_free(e);
    return pkey;
}

EVP_PKEY *
mado_rsa_template_to_pkey(const guint8 *template, gsize len, GError **error)
{
    EVP_PKEY *pkey = NULL;
    MadoTlv exponent;
    MadoTlv modulus;
    MadoTlv outer;

    if (mado_tlv_only(template, len, MADO_RSA_TEMPLATE_TAG, &outer) == MADO_BYTES_OK &&
        mado_tlv_find(outer.value, outer.len, TAG_MODULUS, &modulus) == MADO_BYTES_OK &&
        mado_tlv_find(outer.value, outer.len, TAG_EXPONENT, &exponent) == MADO_BYTES_OK &&
        modulus.len == MADO_RSA_SIGNATURE_LEN && exponent.len >= 1 &&
        exponent.len <= MAX_EXPONENT_LEN)
        pkey = key_from_numbers(&modulus, &exponent);
    if (pkey == NULL)
        (void)mado_error_set_openssl(error, MADO_ERROR_CARD_DATA, "a public key of the card");
    return pkey;
}

gboolean
mado_rsa_template_from_pkey(EVP_PKEY *pkey,
                            guint8 ret_template[MADO_RSA_TEMPLATE_LEN],
                            GError **error)
{
    guint8 key[MADO_RSA_CARD_KEY_LEN];
    guint8 template[MADO_RSA_TEMPLATE_LEN];
    MadoWriter writer;
    gsize mark;

    if (!mado_rsa_key_from_pkey(pkey, key, error))
        return FALSE;
    mado_writer_init(&writer, template, sizeof template);
    mark = mado_writer_begin(&writer, MADO_RSA_TEMPLATE_TAG);
    mado_writer_tlv(&writer, TAG_MODULUS, key + sizeof key_head, MADO_RSA_SIGNATURE_LEN);
    mado_writer_tlv(&writer, TAG_EXPONENT, key + 2, 3);
    mado_writer_end(&writer, mark);
    g_return_val_if_fail(mado_writer_len(&writer) == sizeof template, FALSE);
    memcpy(ret_template, template, sizeof template);
    return TRUE;
}

void
mado_rsa_digest_info(const guint8 digest[32], guint8 ret_info[MADO_RSA_DIGEST_INFO_LEN])
{
    memcpy(ret_info, digest_info_head, sizeof digest_info_head);
    memcpy(ret_info + sizeof digest_info_head, digest, 32);
}

static GBytes *
finish_signature(gboolean done, const guint8 *signature, gsize len, GError **error)
{
    if (done && len == MADO_RSA_SIGNATURE_LEN)
        return g_bytes_new(signature, len);
    (void)mado_error_set_openssl(error, MADO_ERROR_BAD_ARGUMENT, "signing with an RSA key");
    return NULL;
}

GBytes *
mado_rsa_sign(EVP_PKEY *pkey, const guint8 *data, gsize len, GError **error)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    guint8 signature[MADO_RSA_SIGNATURE_LEN];
    size_t signature_len = sizeof signature;
    gboolean done = digest != NULL && is_rsa_2048(pkey) &&
                    EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, pkey) == 1 &&
                    EVP_DigestSign(digest, signature, &signature_len, data, len) == 1;

    EVP_MD_CTX_free(digest);
    return finish_signature(done, signature, signature_len, error);
}

gboolean
mado_rsa_verify(const guint8 key[MADO_RSA_CARD_KEY_LEN],
                const guint8 *data,
                gsize len,
                const guint8 signature[MADO_RSA_SIGNATURE_LEN],
                GError **error)
{
    EVP_PKEY *pkey = mado_rsa_key_to_pkey(key, MADO_RSA_CARD_KEY_LEN, error);
    EVP_MD_CTX *digest;
    gboolean done;

    if (pkey == NULL)
        return FALSE;
    digest = EVP_MD_CTX_new();
    done = digest != NULL &&
           EVP_DigestVerifyInit(digest, NULL, EVP_sha256(), NULL, pkey) == 1 &&
           EVP_DigestVerify(digest, signature, MADO_RSA_SIGNATURE_LEN, data, len) == 1;
    EVP_MD_CTX_free(digest);
    EVP_PKEY_free(pkey);
    return done || mado_error_set_openssl(error, MADO_ERROR_CARD_FORGED,
                                          "an RSA signature does not verify");
}

GBytes *
mado_rsa_sign_block(EVP_PKEY *pkey, const guint8 *block, gsize len, GError **error)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pkey, NULL);
    guint8 signature[MADO_RSA_SIGNATURE_LEN];
    size_t signature_len = sizeof signature;
    gboolean done = context != NULL && is_rsa_2048(pkey) && EVP_PKEY_sign_init(context) == 1 &&
                    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                    EVP_PKEY_sign(context, signature, &signature_len, block, len) == 1;

    EVP_PKEY_CTX_free(context);
    return finish_signature(done, signature, signature_len, error);
}

gboolean
mado_rsa_recover_block(const guint8 key[MADO_RSA_CARD_KEY_LEN],
                       const guint8 signature[MADO_RSA_SIGNATURE_LEN],
                       guint8 ret_block[MADO_RSA_SIGNATURE_LEN],
                       gsize *ret_len,
                       GError **error)
{
    EVP_PKEY *pkey = mado_rsa_key_to_pkey(key, MADO_RSA_CARD_KEY_LEN, error);
    EVP_PKEY_CTX *context;
    guint8 block[MADO_RSA_SIGNATURE_LEN];
    size_t len = sizeof block;
    gboolean done;

    if (pkey == NULL)
        return FALSE;
    context = EVP_PKEY_CTX_new(pkey, NULL);
    done =
        context != NULL && EVP_PKEY_verify_recover_init(context) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
        EVP_PKEY_verify_recover(context, block, &len, signature, MADO_RSA_SIGNATURE_LEN) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(pkey);
    if (!done)
        return mado_error_set_openssl(error, MADO_ERROR_CARD_FORGED,
                                      "an RSA signature does not verify");
    memcpy(ret_block, block, len);
    *ret_len = len;
    return TRUE;
}
