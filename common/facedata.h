/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The signatures over a card's data (visual and text applications) and the nonce challenge that
 * tells a card from a copy of its files. The daemon verifies, the centre signs training cards.
 * "File" is an EF as read, filler behind its object allowed. Pure CPU, any thread.
 *
 * Verification fails with CARD_DATA (malformed), CARD_FORGED (a signature or digest does not
 * fit) or, for the challenge, CARD_CLONED.
 */
#pragma once

#include "common/cvc.h"

#define MADO_FACEDATA_SIGNATURE_LEN 256
#define MADO_FACEDATA_CHALLENGE_LEN MADO_RSA_DIGEST_INFO_LEN

/* Visual EF 0002: one DigestInfo over SHA-256(DF22 DF23 DF24), SHA-256(DF25 DF26) and
 * SHA-256(DF27), 96 bytes in all. DF29 (expiry) and DF2A are not signed. *ret_card_key: DF24's
 * value, the key to challenge; its SHA-256 is the message object FACE_KEY. */
gboolean
mado_facedata_verify_visual(const guint8 *file,
                            gsize len,
                            const MadoCvc *signer,
                            guint8 ret_card_key[MADO_CVC_KEY_LEN],
                            GError **error);

/* Files of the form {objects, signature}: visual 0001 (FF10, DF13) and 0005 (FF40, DF43), text
 * 0003 (FF30, DF33) and 0007 (FF50, DF52). The signature covers the objects before it. */
gboolean
mado_facedata_verify_file(const guint8 *file,
                          gsize len,
                          guint32 outer_tag,
                          guint32 signature_tag,
                          const MadoCvc *signer,
                          GError **error);

/* Text EF 0003's signature, and its digests against the other two files. @number (nullable) is
 * EF 0001 with its filler, 17 bytes as they lie on the card; @attributes (nullable) EF 0002. */
gboolean
mado_facedata_verify_text(
    GBytes *file, GBytes *number, GBytes *attributes, const MadoCvc *signer, GError **error);

/* What to send as 80 2A 00 00 for a fresh @nonce, and whether the answer is @card_key's. */
void
mado_facedata_challenge(const guint8 *nonce,
                        gsize nonce_len,
                        guint8 ret_data[MADO_FACEDATA_CHALLENGE_LEN]);
gboolean
mado_facedata_verify_challenge(const guint8 *nonce,
                               gsize nonce_len,
                               const guint8 *answer,
                               gsize answer_len,
                               const guint8 card_key[MADO_CVC_KEY_LEN],
                               GError **error);

/* (transfer full), 256 bytes: the value of DF28 for @objects, a sequence that holds DF22 to
 * DF27 each once (others are ignored). */
GBytes *
mado_facedata_sign_visual(EVP_PKEY *signer, const guint8 *objects, gsize len, GError **error);
/* (transfer full), 256 bytes: the signature object's value for the objects before it. */
GBytes *
mado_facedata_sign_objects(EVP_PKEY *signer, const guint8 *objects, gsize len, GError **error);
/* (transfer full): the whole EF 0003 of the text application (FF30). */
GBytes *
mado_facedata_sign_text(EVP_PKEY *signer, GBytes *number, GBytes *attributes, GError **error);
