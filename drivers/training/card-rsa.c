/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/card-rsa.h"

#include "common/wipe.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define BITS         2048
#define TAG_TEMPLATE 0x7F49
#define TAG_MODULUS  0x81
#define TAG_EXPONENT 0x82

bool
mado_card_rsa_hash(const uint8_t *data, size_t len, uint8_t ret_hash[MADO_CARD_RSA_HASH_LEN])
{
    unsigned n = 0;

    return EVP_Digest(data, len, ret_hash, &n, EVP_sha256(), NULL) == 1 &&
           n == MADO_CARD_RSA_HASH_LEN;
}

bool
mado_card_rsa_generate(uint8_t **ret_der, size_t *ret_len)
{
    EVP_PKEY *key = EVP_RSA_gen(BITS);
    unsigned char *encoded = NULL;
    uint8_t *der = NULL;
    int len;

    if (key == NULL) {
        return false;
    }
    len = i2d_PrivateKey(key, &encoded);
    EVP_PKEY_free(key);
    if (len <= 0) {
        return false;
    }
    der = malloc((size_t)len);
    if (der != NULL) {
        memcpy(der, encoded, (size_t)len);
        *ret_der = der;
        *ret_len = (size_t)len;
    }
    OPENSSL_clear_free(encoded, (size_t)len);
    return der != NULL;
}

static EVP_PKEY *
parse_key(const uint8_t *der, size_t der_len)
{
    const unsigned char *at = der;
    EVP_PKEY *key;

    if (der_len == 0 || der_len > LONG_MAX) {
        return NULL;
    }
    key = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &at, (long)der_len);
    if (key != NULL && EVP_PKEY_get_size(key) != (int)MADO_CARD_RSA_LEN) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

bool
mado_card_rsa_takes(uint8_t scheme, size_t len)
{
    switch (scheme) {
    case MADO_CARD_RSA_PAD:
        return len >= 1 && len <= MADO_CARD_RSA_MAX_DATA;
    case MADO_CARD_RSA_GIVEN_HASH:
    case MADO_CARD_RSA_PSS_GIVEN_HASH:
        return len == MADO_CARD_RSA_HASH_LEN;
    case MADO_CARD_RSA_HASH_BARE:
    case MADO_CARD_RSA_HASH:
    case MADO_CARD_RSA_PSS_HASH:
        return len >= 1 && len <= 255;
    default:
        return false;
    }
}

static bool
set_up(EVP_PKEY_CTX *context, MadoCardRsaScheme scheme)
{
    bool pss = scheme == MADO_CARD_RSA_PSS_GIVEN_HASH || scheme == MADO_CARD_RSA_PSS_HASH;
    bool bare = scheme == MADO_CARD_RSA_PAD || scheme == MADO_CARD_RSA_HASH_BARE;

    if (EVP_PKEY_sign_init(context) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context,
                                     pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) != 1) {
        return false;
    }
    if (!bare && EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) != 1) {
        return false;
    }
    return !pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static bool
sign_input(EVP_PKEY *key,
           MadoCardRsaScheme scheme,
           const uint8_t *data,
           size_t len,
           uint8_t *ret_signature)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t signature_len = MADO_CARD_RSA_LEN;
    bool ok;

    ok = context != NULL && set_up(context, scheme) &&
         EVP_PKEY_sign(context, ret_signature, &signature_len, data, len) == 1 &&
         signature_len == MADO_CARD_RSA_LEN;
    EVP_PKEY_CTX_free(context);
    return ok;
}

bool
mado_card_rsa_sign(const uint8_t *der,
                   size_t der_len,
                   MadoCardRsaScheme scheme,
                   const uint8_t *data,
                   size_t len,
                   uint8_t ret_signature[MADO_CARD_RSA_LEN])
{
    bool hashes = scheme == MADO_CARD_RSA_HASH_BARE || scheme == MADO_CARD_RSA_HASH ||
                  scheme == MADO_CARD_RSA_PSS_HASH;
    uint8_t hash[MADO_CARD_RSA_HASH_LEN];
    EVP_PKEY *key;
    bool ok;

    if (!mado_card_rsa_takes((uint8_t)scheme, len)) {
        return false;
    }
    key = parse_key(der, der_len);
    if (key == NULL) {
        return false;
    }
    if (hashes) {
        ok = mado_card_rsa_hash(data, len, hash) &&
             sign_input(key, scheme, hash, sizeof(hash), ret_signature);
    } else {
        ok = sign_input(key, scheme, data, len, ret_signature);
    }
    EVP_PKEY_free(key);
    return ok;
}

bool
mado_card_rsa_decrypt(const uint8_t *der,
                      size_t der_len,
                      const uint8_t *cryptogram,
                      uint8_t *ret_data,
                      size_t *ret_len)
{
    EVP_PKEY *key = parse_key(der, der_len);
    EVP_PKEY_CTX *context = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
    size_t len = MADO_CARD_RSA_LEN;
    bool ok;

    ok = context != NULL && EVP_PKEY_decrypt_init(context) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
         EVP_PKEY_decrypt(context, ret_data, &len, cryptogram, MADO_CARD_RSA_LEN) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    if (ok) {
        *ret_len = len;
    }
    return ok;
}

bool
mado_card_rsa_modulus(const uint8_t *der,
                      size_t der_len,
                      uint8_t ret_modulus[MADO_CARD_RSA_LEN])
{
    EVP_PKEY *key = parse_key(der, der_len);
    BIGNUM *n = NULL;
    bool ok;

    ok = key != NULL && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
         BN_bn2binpad(n, ret_modulus, MADO_CARD_RSA_LEN) == (int)MADO_CARD_RSA_LEN;
    BN_free(n);
    EVP_PKEY_free(key);
    return ok;
}

bool
mado_card_rsa_write_public(const uint8_t *der, size_t der_len, MadoWriter *writer)
{
    static const uint8_t exponent[] = {0x01, 0x00, 0x01};
    uint8_t modulus[MADO_CARD_RSA_LEN];
    size_t mark;

    if (!mado_card_rsa_modulus(der, der_len, modulus)) {
        return false;
    }
    mark = mado_writer_begin(writer, TAG_TEMPLATE);
    mado_writer_tlv(writer, TAG_MODULUS, modulus, sizeof(modulus));
    mado_writer_tlv(writer, TAG_EXPONENT, exponent, sizeof(exponent));
    mado_writer_end(writer, mark);
    return true;
}
