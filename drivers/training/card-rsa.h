/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RSA-2048 as the card does it, over libcrypto. Private keys are DER, PKCS#1 RSAPrivateKey. */
#pragma once

#include "common/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADO_CARD_RSA_LEN      256U
#define MADO_CARD_RSA_MAX_DATA 245U /* what PKCS#1 type 1 padding leaves */
#define MADO_CARD_RSA_HASH_LEN 32U

/* P1 of 80 2A, found by sweeping it on real cards. */
typedef enum {
    MADO_CARD_RSA_PAD = 0x00,       /* pads whatever is given; a DigestInfo normally */
    MADO_CARD_RSA_HASH_BARE = 0x01, /* hashes, pads the bare hash */
    MADO_CARD_RSA_GIVEN_HASH = 0x02,
    MADO_CARD_RSA_HASH = 0x03,
    MADO_CARD_RSA_PSS_GIVEN_HASH = 0x04,
    MADO_CARD_RSA_PSS_HASH = 0x05,
} MadoCardRsaScheme;

/* A new key pair, e = 65537. *ret_der (transfer full) is secret: wipe and free(). */
bool
mado_card_rsa_generate(uint8_t **ret_der, size_t *ret_len);

/* False when the data have a length that the scheme does not take, or the key is none. */
bool
mado_card_rsa_sign(const uint8_t *der,
                   size_t der_len,
                   MadoCardRsaScheme scheme,
                   const uint8_t *data,
                   size_t len,
                   uint8_t ret_signature[MADO_CARD_RSA_LEN]);

/* RSAES-OAEP with SHA-256 of a 256-byte cryptogram; ret_data has room for 256 bytes. */
bool
mado_card_rsa_decrypt(const uint8_t *der,
                      size_t der_len,
                      const uint8_t *cryptogram,
                      uint8_t *ret_data,
                      size_t *ret_len);

/* Whether the scheme exists and takes this many bytes. */
bool
mado_card_rsa_takes(uint8_t scheme, size_t len);

/* Writes 7F49 {81 modulus, 82 exponent}; false when the key is none. */
bool
mado_card_rsa_write_public(const uint8_t *der, size_t der_len, MadoWriter *writer);

/* The modulus, 256 bytes; the exponent is 65537. */
bool
mado_card_rsa_modulus(const uint8_t *der,
                      size_t der_len,
                      uint8_t ret_modulus[MADO_CARD_RSA_LEN]);

bool
mado_card_rsa_hash(const uint8_t *data, size_t len, uint8_t ret_hash[MADO_CARD_RSA_HASH_LEN]);
