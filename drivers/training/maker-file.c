/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/maker-file.h"

#include <string.h>

#define MAX_OBJECTS 16U

static void
append_byte(GByteArray *into, guint value)
{
    guint8 byte = (guint8)value;

    g_byte_array_append(into, &byte, 1);
}

void
mado_maker_file_object(GByteArray *into, guint tag, const void *data, gsize len)
{
    if (tag > 0xFF) {
        append_byte(into, tag >> 8);
    }
    append_byte(into, tag & 0xFF);
    if (len > 127) {
        append_byte(into, 0x82);
        append_byte(into, (guint)(len >> 8) & 0xFF);
    }
    append_byte(into, (guint)len & 0xFF);
    if (len > 0) {
        g_byte_array_append(into, data, (guint)len);
    }
}

void
mado_maker_file_wrap(GByteArray *bytes, guint tag)
{
    g_autoptr(GByteArray) value = g_byte_array_new();

    g_byte_array_append(value, bytes->data, bytes->len);
    g_byte_array_set_size(bytes, 0);
    mado_maker_file_object(bytes, tag, value->data, value->len);
}

gboolean
mado_maker_file_public_key(GByteArray *into, const guint8 *der, gsize der_len)
{
    static const guint8 exponent[] = {0x01, 0x00, 0x01};
    guint8 modulus[MADO_CARD_RSA_LEN];

    if (!mado_card_rsa_modulus(der, der_len, modulus)) {
        return FALSE;
    }
    mado_maker_file_object(into, 0x90, exponent, sizeof(exponent));
    mado_maker_file_object(into, 0x91, modulus, sizeof(modulus));
    return TRUE;
}

/* Bytes of the tag and length of an object with a two-byte tag. */
static gsize
header_len(gsize len)
{
    return len > 127 ? 5 : 3;
}

/* Where each object begins; all have two-byte tags. */
static guint
find_starts(const GByteArray *objects, gsize ret_starts[MAX_OBJECTS])
{
    gsize at = 0;
    guint n = 0;

    while (at < objects->len && n < MAX_OBJECTS) {
        gsize len = objects->data[at + 2];

        ret_starts[n++] = at;
        if (len == 0x82) {
            len = (gsize)objects->data[at + 3] << 8 | objects->data[at + 4];
        }
        at += header_len(len) + len;
    }
    return n;
}

void
mado_maker_file_offsets(GByteArray *objects, guint tag)
{
    g_autoptr(GByteArray) table = g_byte_array_new();
    gsize starts[MAX_OBJECTS];
    guint n = find_starts(objects, starts);
    gsize table_len = header_len(2 * n) + 2 * n;
    gsize base = header_len(objects->len + table_len) + table_len;
    g_autoptr(GByteArray) all = g_byte_array_new();

    for (guint i = 0; i < n; i++) {
        append_byte(table, (guint)((starts[i] + base) >> 8) & 0xFF);
        append_byte(table, (guint)(starts[i] + base) & 0xFF);
    }
    mado_maker_file_object(all, tag, table->data, table->len);
    g_byte_array_prepend(objects, all->data, all->len);
}

gboolean
mado_maker_file_sign(GByteArray *into, guint tag, GBytes *key)
{
    guint8 hash[MADO_CARD_RSA_HASH_LEN];
    guint8 signature[MADO_CARD_RSA_LEN];
    gsize der_len = 0;
    const guint8 *der = g_bytes_get_data(key, &der_len);

    if (!mado_card_rsa_hash(into->data, into->len, hash) ||
        !mado_card_rsa_sign(der, der_len, MADO_CARD_RSA_GIVEN_HASH, hash, sizeof(hash),
                            signature)) {
        return FALSE;
    }
    mado_maker_file_object(into, tag, signature, sizeof(signature));
    return TRUE;
}

gboolean
mado_maker_file_sign_hashes(GByteArray *into,
                            guint tag,
                            GBytes *key,
                            const guint8 hashes[3 * MADO_CARD_RSA_HASH_LEN])
{
    /* SEQUENCE { SEQUENCE { id-sha256, NULL }, OCTET STRING of 96 bytes } */
    guint8 info[19 + 3 * MADO_CARD_RSA_HASH_LEN] = {0x30, 0x71, 0x30, 0x0D, 0x06, 0x09, 0x60,
                                                    0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                                    0x01, 0x05, 0x00, 0x04, 0x60};
    guint8 signature[MADO_CARD_RSA_LEN];
    gsize der_len = 0;
    const guint8 *der = g_bytes_get_data(key, &der_len);

    memcpy(info + 19, hashes, 3 * MADO_CARD_RSA_HASH_LEN);
    if (!mado_card_rsa_sign(der, der_len, MADO_CARD_RSA_PAD, info, sizeof(info), signature)) {
        return FALSE;
    }
    mado_maker_file_object(into, tag, signature, sizeof(signature));
    return TRUE;
}
