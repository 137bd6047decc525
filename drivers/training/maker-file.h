/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The card's files as bytes: BER as the real card writes it, and the signatures over them. */
#pragma once

#include "drivers/training/card-rsa.h"

#include <glib.h>

#define MADO_MAKER_FILE_KEY_ID_LEN 16U

/* Appends an object. Lengths as the real card's: one byte below 128, else always 82 and two
 * bytes. */
void
mado_maker_file_object(GByteArray *into, guint tag, const void *data, gsize len);

/* The bytes so far become the value of one object with this tag. */
void
mado_maker_file_wrap(GByteArray *bytes, guint tag);

/* 90 exponent, 91 modulus: a public key as the face applications and CVCs hold it. */
gboolean
mado_maker_file_public_key(GByteArray *into, const guint8 *der, gsize der_len);

/*
 * DFx1 with the offsets of what follows it, for objects that will be wrapped in a two-byte tag:
 * the offsets count from the start of the file.
 */
void
mado_maker_file_offsets(GByteArray *objects, guint tag);

/* Appends an object holding the RSASSA-PKCS1-v1_5/SHA-256 signature over every byte so far. */
gboolean
mado_maker_file_sign(GByteArray *into, guint tag, GBytes *key);

/* The same padding over a DigestInfo whose octet string is these three hashes, 96 bytes: the
 * face's own kind. */
gboolean
mado_maker_file_sign_hashes(GByteArray *into,
                            guint tag,
                            GBytes *key,
                            const guint8 hashes[3 * MADO_CARD_RSA_HASH_LEN]);
