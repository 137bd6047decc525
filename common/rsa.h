/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RSA-2048 as the card's data uses it: PKCS#1 v1.5 over SHA-256, and keys written as
 * 90 03 010001 91 82 0100 n. Pure CPU, any thread.
 */
#pragma once

#include <gio/gio.h>
#include <openssl/types.h>

#define MADO_RSA_SIGNATURE_LEN 256
#define MADO_RSA_CARD_KEY_LEN  265

/* Whether @key is one in the card's form: exponent 65537 and a modulus of exactly 2048 bits. */
gboolean
mado_rsa_is_card_key(const guint8 *key, gsize len);

/* (transfer full), free with EVP_PKEY_free: CARD_DATA when it is none. */
EVP_PKEY *
mado_rsa_key_to_pkey(const guint8 *key, gsize len, GError **error);
/* The public half of @pkey in the card's form; BAD_ARGUMENT unless RSA-2048 with exponent
 * 65537. */
gboolean
mado_rsa_key_from_pkey(EVP_PKEY *pkey, guint8 ret_key[MADO_RSA_CARD_KEY_LEN], GError **error);

/* The same between OpenSSL and what GENERATE answers (doc/card-profile.md 3), 7F49 {81 modulus,
 * 82 exponent}. template_to_pkey: (transfer full), free with EVP_PKEY_free; CARD_DATA unless
 * RSA-2048 with an odd exponent above 2. template_from_pkey: as key_from_pkey. */
#define MADO_RSA_TEMPLATE_TAG 0x7F49
#define MADO_RSA_TEMPLATE_LEN 270
EVP_PKEY *
mado_rsa_template_to_pkey(const guint8 *template, gsize len, GError **error);
gboolean
mado_rsa_template_from_pkey(EVP_PKEY *pkey,
                            guint8 ret_template[MADO_RSA_TEMPLATE_LEN],
                            GError **error);

/* DigestInfo of a SHA-256 (RFC 8017, 9.2, note 1): what the card pads and signs. */
#define MADO_RSA_DIGEST_INFO_LEN 51
void
mado_rsa_digest_info(const guint8 digest[32], guint8 ret_info[MADO_RSA_DIGEST_INFO_LEN]);

/* (transfer full): 256 bytes, over SHA-256 of @data. BAD_ARGUMENT unless @pkey is RSA-2048. */
GBytes *
mado_rsa_sign(EVP_PKEY *pkey, const guint8 *data, gsize len, GError **error);
/* CARD_FORGED, or CARD_DATA for a @key that is none. */
gboolean
mado_rsa_verify(const guint8 key[MADO_RSA_CARD_KEY_LEN],
                const guint8 *data,
                gsize len,
                const guint8 signature[MADO_RSA_SIGNATURE_LEN],
                GError **error);

/* The raw operations under PKCS#1 type 1 padding, for the DigestInfo that no library makes.
 * recover: *ret_block (256 bytes, caller's) and its length, what was padded. */
GBytes *
mado_rsa_sign_block(EVP_PKEY *pkey, const guint8 *block, gsize len, GError **error);
gboolean
mado_rsa_recover_block(const guint8 key[MADO_RSA_CARD_KEY_LEN],
                       const guint8 signature[MADO_RSA_SIGNATURE_LEN],
                       guint8 ret_block[MADO_RSA_SIGNATURE_LEN],
                       gsize *ret_len,
                       GError **error);
