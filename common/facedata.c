/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/facedata.h"

#include "common/error.h"
#include "common/tlv.h"
#include "common/wipe.h"
#include "common/writer.h"

#include <openssl/sha.h>

#include <string.h>

#define HASH_LEN SHA256_DIGEST_LENGTH

#define TAG_VISUAL           0xFF20
#define TAG_VISUAL_FIRST     0xDF22 /* birth, sex, key, name, address, photo, signature */
#define TAG_VISUAL_KEY       0xDF24
#define TAG_VISUAL_SIGNATURE 0xDF28
#define N_VISUAL             7

#define TAG_TEXT             0xFF30
#define TAG_TEXT_NUMBER      0xDF31
#define TAG_TEXT_ATTRIBUTES  0xDF32
#define TAG_TEXT_SIGNATURE   0xDF33
#define TAG_ATTRIBUTES       0xFF20
#define TAG_ATTRIBUTES_TABLE 0xDF21
#define TEXT_LEN             336 /* FF30 with all in it */

/* DigestInfo {sha256, NULL} up to its octet string, which has 96 bytes here. */
static const guint8 digest_info_96[] = {0x30, 0x71, 0x30, 0x0D, 0x06, 0x09, 0x60,
                                        0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                        0x01, 0x05, 0x00, 0x04, 0x60};
#define BLOCK_96_LEN (sizeof digest_info_96 + 3 * HASH_LEN)

static gboolean
refuse(GError **error, MadoErrorCode code, const char *why)
{
    g_set_error(error, MADO_ERROR, (int)code, "card data: %s", why);
    return FALSE;
}

/* ---- visual EF 0002 ---- */

/* The objects DF22 to DF28 by their tags; other objects stand between and behind them. */
typedef struct {
    MadoTlv objects[N_VISUAL];
    gboolean is_there[N_VISUAL];
} Visual;

static gboolean
collect_visual(const guint8 *data, gsize len, Visual *ret_visual)
{
    Visual visual = {0};
    MadoBytesStatus status;
    MadoCursor cursor;
    MadoTlv tlv;

    mado_cursor_init(&cursor, data, len);
    while ((status = mado_tlv_next_filled(&cursor, &tlv)) == MADO_BYTES_OK) {
        const guint32 at = tlv.tag - TAG_VISUAL_FIRST; /* wraps for smaller tags */

        if (at >= N_VISUAL)
            continue;
        if (visual.is_there[at])
            return FALSE;
        visual.is_there[at] = TRUE;
        visual.objects[at] = tlv;
    }
    if (status != MADO_BYTES_MISSING)
        return FALSE;
    *ret_visual = visual;
    return TRUE;
}

static const MadoTlv *
visual_object(const Visual *self, guint32 tag)
{
    return &self->objects[tag - TAG_VISUAL_FIRST];
}

static gboolean
has_visual(const Visual *self, gsize n_objects)
{
    for (gsize i = 0; i < n_objects; i++)
        if (!self->is_there[i])
            return FALSE;
    return TRUE;
}

/* SHA-256 over objects first..last, one after the other in the order of their tags. */
static void
hash_objects(const Visual *self, gsize first, gsize last, guint8 ret_hash[HASH_LEN])
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize len = HASH_LEN;

    for (gsize i = first; i <= last; i++)
        g_checksum_update(checksum, self->objects[i].raw, (gssize)self->objects[i].raw_len);
    g_checksum_get_digest(checksum, ret_hash, &len);
}

static void
make_visual_block(const Visual *self, guint8 ret_block[BLOCK_96_LEN])
{
    guint8 *hashes = ret_block + sizeof digest_info_96;

    memcpy(ret_block, digest_info_96, sizeof digest_info_96);
    hash_objects(self, 0, 2, hashes);                /* DF22 DF23 DF24 */
    hash_objects(self, 3, 4, hashes + HASH_LEN);     /* DF25 DF26 */
    hash_objects(self, 5, 5, hashes + 2 * HASH_LEN); /* DF27 */
}

/* The value of the object that the file begins with. */
static gboolean
open_file(const guint8 *file, gsize len, guint32 tag, MadoTlv *ret_outer)
{
    MadoCursor cursor;
    MadoTlv outer;

    mado_cursor_init(&cursor, file, len);
    if (mado_tlv_next_filled(&cursor, &outer) != MADO_BYTES_OK || outer.tag != tag)
        return FALSE;
    *ret_outer = outer;
    return TRUE;
}

gboolean
mado_facedata_verify_visual(const guint8 *file,
                            gsize len,
                            const MadoCvc *signer,
                            guint8 ret_card_key[MADO_CVC_KEY_LEN],
                            GError **error)
{
    guint8 expected[BLOCK_96_LEN];
    guint8 block[MADO_RSA_SIGNATURE_LEN];
    const MadoTlv *signature;
    const MadoTlv *key;
    gsize block_len;
    MadoTlv outer;
    Visual visual;

    if (!open_file(file, len, TAG_VISUAL, &outer) ||
        !collect_visual(outer.value, outer.len, &visual) || !has_visual(&visual, N_VISUAL))
        return refuse(error, MADO_ERROR_CARD_DATA, "the card face lacks an object");
    key = visual_object(&visual, TAG_VISUAL_KEY);
    signature = visual_object(&visual, TAG_VISUAL_SIGNATURE);
    if (!mado_rsa_is_card_key(key->value, key->len) || signature->len != MADO_RSA_SIGNATURE_LEN)
        return refuse(error, MADO_ERROR_CARD_DATA,
                      "the card face's key or signature has not the form");
    if (!mado_rsa_recover_block(signer->key, signature->value, block, &block_len, error))
        return FALSE;
    make_visual_block(&visual, expected);
    if (block_len != sizeof expected || memcmp(block, expected, sizeof expected) != 0)
        return refuse(error, MADO_ERROR_CARD_FORGED,
                      "the card face is not what its issuer signed");
    memcpy(ret_card_key, key->value, MADO_CVC_KEY_LEN);
    return TRUE;
}

GBytes *
mado_facedata_sign_visual(EVP_PKEY *signer, const guint8 *objects, gsize len, GError **error)
{
    guint8 block[BLOCK_96_LEN];
    Visual visual;

    if (!collect_visual(objects, len, &visual) || !has_visual(&visual, N_VISUAL - 1)) {
        (void)refuse(error, MADO_ERROR_BAD_ARGUMENT, "the card face lacks an object");
        return NULL;
    }
    make_visual_block(&visual, block);
    return mado_rsa_sign_block(signer, block, sizeof block, error);
}

/* ---- files whose signature covers the objects before it ---- */

/* `objects` and the signature object behind them, the last one of the file. */
static gboolean
split_file(const guint8 *file,
           gsize len,
           guint32 outer_tag,
           guint32 signature_tag,
           MadoTlv *ret_outer,
           MadoTlv *ret_signature)
{
    MadoCursor cursor;
    MadoTlv outer;
    MadoTlv tlv;

    if (!open_file(file, len, outer_tag, &outer))
        return FALSE;
    mado_cursor_init(&cursor, outer.value, outer.len);
    do {
        if (mado_tlv_next(&cursor, &tlv) != MADO_BYTES_OK)
            return FALSE;
    } while (tlv.tag != signature_tag);
    if (mado_cursor_left(&cursor) != 0 || tlv.len != MADO_RSA_SIGNATURE_LEN)
        return FALSE;
    *ret_outer = outer;
    *ret_signature = tlv;
    return TRUE;
}

gboolean
mado_facedata_verify_file(const guint8 *file,
                          gsize len,
                          guint32 outer_tag,
                          guint32 signature_tag,
                          const MadoCvc *signer,
                          GError **error)
{
    MadoTlv outer;
    MadoTlv signature;

    if (!split_file(file, len, outer_tag, signature_tag, &outer, &signature))
        return refuse(error, MADO_ERROR_CARD_DATA, "a signed file has not the form");
    return mado_rsa_verify(signer->key, outer.value, (gsize)(signature.raw - outer.value),
                           signature.value, error);
}

GBytes *
mado_facedata_sign_objects(EVP_PKEY *signer, const guint8 *objects, gsize len, GError **error)
{
    return mado_rsa_sign(signer, objects, len, error);
}

/* ---- text EF 0003 ---- */

static void
hash_number(GBytes *number, guint8 ret_hash[HASH_LEN])
{
    gsize len;
    const guint8 *data = g_bytes_get_data(number, &len);

    (void)SHA256(data, len, ret_hash);
}

/* The outer value without the offset table, which must come first. */
static gboolean
hash_attributes(GBytes *attributes, guint8 ret_hash[HASH_LEN])
{
    gsize len;
    const guint8 *data = g_bytes_get_data(attributes, &len);
    MadoCursor cursor;
    MadoTlv outer;
    MadoTlv table;

    if (!open_file(data, len, TAG_ATTRIBUTES, &outer))
        return FALSE;
    mado_cursor_init(&cursor, outer.value, outer.len);
    if (mado_tlv_next(&cursor, &table) != MADO_BYTES_OK || table.tag != TAG_ATTRIBUTES_TABLE)
        return FALSE;
    (void)SHA256(outer.value + table.raw_len, outer.len - table.raw_len, ret_hash);
    return TRUE;
}

static gboolean
is_digest(const MadoTlv *outer, guint32 tag, const guint8 hash[HASH_LEN])
{
    MadoTlv tlv;

    return mado_tlv_find(outer->value, outer->len, tag, &tlv) == MADO_BYTES_OK &&
           tlv.len == HASH_LEN && memcmp(tlv.value, hash, HASH_LEN) == 0;
}

/* The hash of twelve digits is as good as the digits. */
static gboolean
is_number_signed(const MadoTlv *outer, GBytes *number)
{
    guint8 hash[HASH_LEN];
    gboolean is_signed;

    hash_number(number, hash);
    is_signed = is_digest(outer, TAG_TEXT_NUMBER, hash);
    mado_wipe(hash, sizeof hash);
    return is_signed;
}

gboolean
mado_facedata_verify_text(
    GBytes *file, GBytes *number, GBytes *attributes, const MadoCvc *signer, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(file, &len);
    guint8 hash[HASH_LEN];
    MadoTlv outer;

    if (!mado_facedata_verify_file(data, len, TAG_TEXT, TAG_TEXT_SIGNATURE, signer, error))
        return FALSE;
    if (!open_file(data, len, TAG_TEXT, &outer))
        return refuse(error, MADO_ERROR_CARD_DATA, "a signed file has not the form");
    if (number != NULL && !is_number_signed(&outer, number))
        return refuse(error, MADO_ERROR_CARD_FORGED,
                      "the number is not what its issuer signed");
    if (attributes == NULL)
        return TRUE;
    if (!hash_attributes(attributes, hash))
        return refuse(error, MADO_ERROR_CARD_DATA, "the attributes have not the form");
    if (!is_digest(&outer, TAG_TEXT_ATTRIBUTES, hash))
        return refuse(error, MADO_ERROR_CARD_FORGED,
                      "the attributes are not what their issuer signed");
    return TRUE;
}

GBytes *
mado_facedata_sign_text(EVP_PKEY *signer, GBytes *number, GBytes *attributes, GError **error)
{
    guint8 objects[TEXT_LEN];
    guint8 file[TEXT_LEN];
    guint8 hash[HASH_LEN];
    MadoWriter inner;
    MadoWriter writer;
    g_autoptr(GBytes) signature = NULL;
    gsize mark;

    mado_writer_init(&inner, objects, sizeof objects);
    hash_number(number, hash);
    mado_writer_tlv(&inner, TAG_TEXT_NUMBER, hash, sizeof hash);
    if (!hash_attributes(attributes, hash)) {
        (void)refuse(error, MADO_ERROR_BAD_ARGUMENT, "the attributes have not the form");
        return NULL;
    }
    mado_writer_tlv(&inner, TAG_TEXT_ATTRIBUTES, hash, sizeof hash);
    signature = mado_rsa_sign(signer, objects, mado_writer_len(&inner), error);
    if (signature == NULL)
        return NULL;
    mado_writer_init(&writer, file, sizeof file);
    mark = mado_writer_begin(&writer, TAG_TEXT);
    mado_writer_bytes(&writer, objects, mado_writer_len(&inner));
    mado_writer_tlv(&writer, TAG_TEXT_SIGNATURE, g_bytes_get_data(signature, NULL),
                    g_bytes_get_size(signature));
    mado_writer_end(&writer, mark);
    g_return_val_if_fail(mado_writer_len(&writer) == TEXT_LEN, NULL);
    return g_bytes_new(file, sizeof file);
}

/* ---- the nonce challenge ---- */

void
mado_facedata_challenge(const guint8 *nonce,
                        gsize nonce_len,
                        guint8 ret_data[MADO_FACEDATA_CHALLENGE_LEN])
{
    guint8 hash[HASH_LEN];

    (void)SHA256(nonce, nonce_len, hash);
    mado_rsa_digest_info(hash, ret_data);
}

gboolean
mado_facedata_verify_challenge(const guint8 *nonce,
                               gsize nonce_len,
                               const guint8 *answer,
                               gsize answer_len,
                               const guint8 card_key[MADO_CVC_KEY_LEN],
                               GError **error)
{
    if (answer_len != MADO_RSA_SIGNATURE_LEN)
        return refuse(error, MADO_ERROR_CARD_CLONED,
                      "the answer to the challenge is no signature");
    if (!mado_rsa_verify(card_key, nonce, nonce_len, answer, NULL))
        return refuse(error, MADO_ERROR_CARD_CLONED,
                      "the challenge was signed with another key");
    return TRUE;
}
