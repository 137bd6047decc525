/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Card-verifiable certificates, the signatures over card data, and the nonce challenge. */
#include "config.h"

#include "common/cvc.h"
#include "common/facedata.h"
#include "common/hex.h"
#include "common/writer.h"
#include "tests/support/test-error.h"
#include "tests/support/test-keys.h"
#include "tests/support/test.h"

#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <string.h>

static const guint8 training_id[16] = {'9', '0', '0', '0', '0', '2', '3', 8, 5, '0', '0', '1'};
static const guint8 test_id[16] = {'6', '0', '0', '0', '0', '2', '3', 8, 5, '0', '0', '1'};
static const guint8 production_id[16] = {'5', '0', '0', '0', '0', '2',
                                         '3', 8,   5,   '0', '0', '1'};
static const guint8 city_id[16] = {'1', '3', '2', '2', '1', '2', '1', 8, 5, '0', '0', '0'};

/* An issuer, the city it certifies, and a card. RSA takes a while: made once. */
typedef struct {
    char *folder; /* anchors */
    EVP_PKEY *issuer;
    EVP_PKEY *city;
    EVP_PKEY *card;
    MadoCvcAnchors *anchors;
    guint8 card_key[MADO_CVC_KEY_LEN];
    MadoCvc cvc; /* what certifies the city */
    GBytes *cvc_file;
    GBytes *face;       /* visual EF 0002 */
    GBytes *number;     /* text EF 0001, 17 bytes */
    GBytes *attributes; /* text EF 0002 */
    GBytes *text;       /* text EF 0003 */
} Fixture;

static void
write_anchor(const char *folder, const guint8 id[16], EVP_PKEY *key)
{
    char hex[MADO_HEX_SIZE(16)];
    g_autofree char *name = NULL;
    g_autofree char *path = NULL;
    BIO *bio;

    assert_int_equal(mado_hex_format(id, 16, hex, sizeof hex), MADO_BYTES_OK);
    name = g_strconcat(hex, ".pem", NULL);
    path = g_build_filename(folder, name, NULL);
    bio = BIO_new_file(path, "w");
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    BIO_free(bio);
}

static GBytes *
sign_cvc(const guint8 issuer_id[16], EVP_PKEY *issuer, EVP_PKEY *subject)
{
    g_autoptr(GError) error = NULL;
    MadoCvc cvc;
    GBytes *file;

    memcpy(cvc.issuer_id, issuer_id, 16);
    memcpy(cvc.subject_id, city_id, 16);
    assert_true(mado_rsa_key_from_pkey(subject, cvc.key, &error));
    file = mado_cvc_sign(&cvc, issuer, &error);
    assert_no_mado_error(error);
    return file;
}

static void
write_face_objects(MadoWriter *writer, const guint8 *card_key)
{
    const guint8 offsets[16] = {0};

    mado_writer_tlv(writer, 0xDF21, offsets, sizeof offsets);
    mado_writer_tlv(writer, 0xDF22, (const guint8 *)"20010203", 8);
    mado_writer_tlv(writer, 0xDF23, (const guint8 *)"2", 1);
    mado_writer_tlv(writer, 0xDF24, card_key, MADO_CVC_KEY_LEN);
    mado_writer_tlv(writer, 0xDF25, (const guint8 *)"name picture", 12);
    mado_writer_tlv(writer, 0xDF26, (const guint8 *)"address picture", 15);
    mado_writer_tlv(writer, 0xDF27, (const guint8 *)"photo", 5);
}

static GBytes *
make_face(const Fixture *self)
{
    guint8 objects[2048];
    guint8 file[2048];
    MadoWriter inner;
    MadoWriter writer;
    g_autoptr(GBytes) signature = NULL;
    g_autoptr(GError) error = NULL;
    gsize mark;

    mado_writer_init(&inner, objects, sizeof objects);
    write_face_objects(&inner, self->card_key);
    signature = mado_facedata_sign_visual(self->city, objects, mado_writer_len(&inner), &error);
    assert_no_mado_error(error);
    mado_writer_init(&writer, file, sizeof file);
    mark = mado_writer_begin(&writer, 0xFF20);
    mado_writer_bytes(&writer, objects, mado_writer_len(&inner));
    mado_writer_tlv(&writer, 0xDF28, g_bytes_get_data(signature, NULL), 256);
    mado_writer_tlv(&writer, 0xDF29, (const guint8 *)"20350203", 8);
    mado_writer_end(&writer, mark);
    mado_writer_bytes(&writer, (const guint8 *)"\xFF\xFF\xFF", 3);
    assert_true(mado_writer_ok(&writer));
    return g_bytes_new(file, mado_writer_len(&writer));
}

static GBytes *
make_attributes(void)
{
    guint8 file[256];
    MadoWriter writer;
    gsize mark;

    mado_writer_init(&writer, file, sizeof file);
    mark = mado_writer_begin(&writer, 0xFF20);
    mado_writer_tlv(&writer, 0xDF21, (const guint8 *)"\0\x0E\0\x20\0\x59\0\x64", 8);
    mado_writer_tlv(&writer, 0xDF22, (const guint8 *)"name", 4);
    mado_writer_tlv(&writer, 0xDF23, (const guint8 *)"address", 7);
    mado_writer_tlv(&writer, 0xDF24, (const guint8 *)"20010203", 8);
    mado_writer_tlv(&writer, 0xDF25, (const guint8 *)"2", 1);
    mado_writer_end(&writer, mark);
    mado_writer_bytes(&writer, (const guint8 *)"\xFF\xFF", 2);
    return g_bytes_new(file, mado_writer_len(&writer));
}

static int
set_up(void **state)
{
    Fixture *self = g_new0(Fixture, 1);
    g_autoptr(GError) error = NULL;

    self->folder = mado_test_keys_make_folder();
    self->issuer = EVP_RSA_gen(2048);
    self->city = EVP_RSA_gen(2048);
    self->card = EVP_RSA_gen(2048);
    write_anchor(self->folder, training_id, self->issuer);
    self->anchors = mado_cvc_anchors_load(self->folder, MADO_REALM_CODE_TRAINING, &error);
    assert_no_mado_error(error);
    assert_true(mado_rsa_key_from_pkey(self->card, self->card_key, NULL));
    self->cvc_file = sign_cvc(training_id, self->issuer, self->city);
    assert_true(mado_cvc_parse(g_bytes_get_data(self->cvc_file, NULL), MADO_CVC_LEN, &self->cvc,
                               &error));
    self->face = make_face(self);
    self->number = g_bytes_new("\xFF\x10\x0C"
                               "123456789018"
                               "\xFF\xFF",
                               17);
    self->attributes = make_attributes();
    self->text = mado_facedata_sign_text(self->city, self->number, self->attributes, &error);
    assert_no_mado_error(error);
    *state = self;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *self = *state;

    mado_test_keys_remove_folder(self->folder);
    g_free(self->folder);
    EVP_PKEY_free(self->issuer);
    EVP_PKEY_free(self->city);
    EVP_PKEY_free(self->card);
    mado_cvc_anchors_free(self->anchors);
    g_bytes_unref(self->cvc_file);
    g_bytes_unref(self->face);
    g_bytes_unref(self->number);
    g_bytes_unref(self->attributes);
    g_bytes_unref(self->text);
    g_free(self);
    return 0;
}

/* (transfer full) a copy of `bytes` with one bit of byte `at` turned. */
static guint8 *
turn_bit(GBytes *bytes, gsize at, gsize *ret_len)
{
    guint8 *copy = g_memdup2(g_bytes_get_data(bytes, ret_len), g_bytes_get_size(bytes));

    copy[at] ^= 0x01;
    return copy;
}

/* ---- certificates ---- */

static gboolean
verify_cvc(const MadoCvcAnchors *anchors, GBytes *file, GError **error)
{
    MadoCvc cvc;
    gsize len;
    const guint8 *data = g_bytes_get_data(file, &len);

    return mado_cvc_verify(anchors, data, len, &cvc, error);
}

static void
a_certificate_is_568_bytes_and_verifies_under_its_issuer(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GError) error = NULL;
    MadoCvc cvc;
    guint8 city_key[MADO_CVC_KEY_LEN];
    guint8 filled[MADO_CVC_LEN + 4];

    assert_int_equal(g_bytes_get_size(self->cvc_file), MADO_CVC_LEN);
    memset(filled, 0xFF, sizeof filled);
    memcpy(filled, g_bytes_get_data(self->cvc_file, NULL), MADO_CVC_LEN);
    assert_true(mado_cvc_verify(self->anchors, filled, sizeof filled, &cvc, &error));
    assert_no_mado_error(error);
    assert_memory_equal(cvc.issuer_id, training_id, 16);
    assert_memory_equal(cvc.subject_id, city_id, 16);
    assert_true(mado_rsa_key_from_pkey(self->city, city_key, NULL));
    assert_memory_equal(cvc.key, city_key, sizeof city_key);
}

static void
no_byte_of_a_certificate_may_change(void **state)
{
    const Fixture *self = *state;

    for (gsize i = 0; i < MADO_CVC_LEN; i++) {
        gsize len;
        g_autofree guint8 *copy = turn_bit(self->cvc_file, i, &len);
        g_autoptr(GError) error = NULL;
        MadoCvc cvc;

        memset(&cvc, 0x77, sizeof cvc);
        if (mado_cvc_verify(self->anchors, copy, len, &cvc, &error))
            fail_msg("byte %zu may change", i);
        assert_int_equal(cvc.issuer_id[0], 0x77);
    }
}

static void
no_shorter_certificate_is_read(void **state)
{
    const Fixture *self = *state;
    MadoCvc cvc;

    for (gsize len = 0; len < MADO_CVC_LEN; len++) {
        g_autofree guint8 *copy = g_memdup2(g_bytes_get_data(self->cvc_file, NULL), len);
        g_autoptr(GError) error = NULL;

        assert_false(mado_cvc_parse(copy, len, &cvc, &error));
        assert_mado_error(error, MADO_ERROR_CARD_DATA);
    }
}

static void
a_certificate_signed_by_another_key_is_forged(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GBytes) file = sign_cvc(training_id, self->city, self->city);
    g_autoptr(GError) error = NULL;

    assert_false(verify_cvc(self->anchors, file, &error));
    assert_mado_error_says(error, MADO_ERROR_CARD_FORGED, "signature");
}

static void
an_issuer_that_is_no_anchor_is_forged(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GBytes) file = sign_cvc(test_id, self->issuer, self->city);
    g_autoptr(GError) error = NULL;

    assert_false(verify_cvc(self->anchors, file, &error));
    assert_mado_error_says(error, MADO_ERROR_CARD_FORGED, "issuer");
}

static void
a_production_card_is_refused_by_a_training_desk(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GBytes) file = sign_cvc(production_id, self->issuer, self->city);
    g_autoptr(GError) error = NULL;

    assert_false(verify_cvc(self->anchors, file, &error));
    assert_mado_error(error, MADO_ERROR_REALM);
}

static void
a_production_desk_takes_neither_training_nor_test_cards(void **state)
{
    const Fixture *self = *state;
    g_autofree char *folder = mado_test_keys_make_folder();
    g_autoptr(MadoCvcAnchors) anchors = NULL;
    const guint8 *ids[] = {training_id, test_id};

    write_anchor(folder, production_id, self->issuer);
    anchors = mado_cvc_anchors_load(folder, MADO_REALM_CODE_PRODUCTION, NULL);
    assert_non_null(anchors);
    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autoptr(GBytes) file = sign_cvc(ids[i], self->issuer, self->city);
        g_autoptr(GError) error = NULL;

        assert_false(verify_cvc(anchors, file, &error));
        assert_mado_error(error, MADO_ERROR_REALM);
    }
    mado_test_keys_remove_folder(folder);
}

static void
anchors_of_another_realm_are_not_loaded(void **state)
{
    const Fixture *self = *state;
    const struct {
        const guint8 *id;
        MadoRealmCode realm;
        gboolean is_taken;
    } rows[] = {
        {training_id, MADO_REALM_CODE_TRAINING, TRUE},
        {test_id, MADO_REALM_CODE_TRAINING, TRUE},
        {production_id, MADO_REALM_CODE_TRAINING, FALSE},
        {training_id, MADO_REALM_CODE_PRODUCTION, FALSE},
        {test_id, MADO_REALM_CODE_PRODUCTION, FALSE},
        {production_id, MADO_REALM_CODE_PRODUCTION, TRUE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *folder = mado_test_keys_make_folder();
        g_autoptr(GError) error = NULL;
        g_autoptr(MadoCvcAnchors) anchors = NULL;

        write_anchor(folder, rows[i].id, self->issuer);
        anchors = mado_cvc_anchors_load(folder, rows[i].realm, &error);
        assert_int_equal(anchors != NULL, rows[i].is_taken);
        if (!rows[i].is_taken)
            assert_mado_error(error, MADO_ERROR_REALM);
        mado_test_keys_remove_folder(folder);
    }
}

static void
assert_anchor_file_refused(const char *name, const char *content)
{
    g_autofree char *folder = mado_test_keys_make_folder();
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) error = NULL;

    assert_true(g_file_set_contents(path, content, -1, NULL));
    assert_null(mado_cvc_anchors_load(folder, MADO_REALM_CODE_TRAINING, &error));
    assert_mado_error(error, MADO_ERROR_CONFIG);
    mado_test_keys_remove_folder(folder);
}

static void
a_folder_of_anchors_holds_keys_by_their_ids(void **state)
{
    const Fixture *self = *state;
    g_autofree char *folder = mado_test_keys_make_folder();
    g_autofree char *absent = g_build_filename(folder, "absent", NULL);
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    g_autoptr(GError) error = NULL;

    assert_anchor_file_refused("readme.txt", "no key at all");
    assert_anchor_file_refused("issuer.pem", "");
    assert_anchor_file_refused("39303030303233080530303100000000.pem", "not PEM");
    assert_null(mado_cvc_anchors_load(absent, MADO_REALM_CODE_TRAINING, &error));
    assert_mado_error(error, MADO_ERROR_CONFIG);
    g_clear_error(&error);
    write_anchor(folder, training_id, self->issuer);
    write_anchor(folder, test_id, ec);
    assert_null(mado_cvc_anchors_load(folder, MADO_REALM_CODE_TRAINING, &error));
    assert_mado_error(error, MADO_ERROR_CONFIG);
    EVP_PKEY_free(ec);
    mado_test_keys_remove_folder(folder);
}

static void
only_a_whole_certificate_is_signed(void **state)
{
    const Fixture *self = *state;
    EVP_PKEY *small = EVP_RSA_gen(1024);
    MadoCvc cvc = self->cvc;
    g_autoptr(GError) error = NULL;

    assert_null(mado_cvc_sign(&cvc, small, &error));
    assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
    g_clear_error(&error);
    EVP_PKEY_free(small);
    cvc.issuer_id[0] = 'x';
    assert_null(mado_cvc_sign(&cvc, self->issuer, &error));
    assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
}

/* ---- the card face ---- */

static void
the_card_face_verifies_and_names_the_cards_key(void **state)
{
    const Fixture *self = *state;
    guint8 key[MADO_CVC_KEY_LEN];
    g_autoptr(GError) error = NULL;
    gsize len;
    const guint8 *file = g_bytes_get_data(self->face, &len);

    assert_true(mado_facedata_verify_visual(file, len, &self->cvc, key, &error));
    assert_no_mado_error(error);
    assert_memory_equal(key, self->card_key, sizeof key);
}

/* The quirk itself, computed here by hand: one DigestInfo over three hashes, 96 bytes. */
static void
the_face_signature_covers_three_hashes_in_one_digest_info(void **state)
{
    const Fixture *self = *state;
    guint8 objects[1024];
    guint8 block[MADO_RSA_SIGNATURE_LEN];
    guint8 city_key[MADO_CVC_KEY_LEN];
    guint8 hash[32];
    MadoWriter writer;
    gsize len;
    g_autoptr(GBytes) signature = NULL;

    mado_writer_init(&writer, objects, sizeof objects);
    write_face_objects(&writer, self->card_key);
    signature = mado_facedata_sign_visual(self->city, objects, mado_writer_len(&writer), NULL);
    assert_true(mado_rsa_key_from_pkey(self->city, city_key, NULL));
    assert_true(
        mado_rsa_recover_block(city_key, g_bytes_get_data(signature, NULL), block, &len, NULL));
    assert_int_equal(len, 19 + 96);
    assert_memory_equal(block,
                        "\x30\x71\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05"
                        "\x00\x04\x60",
                        19);
    /* DF27 is the last object: two bytes of tag, one of length, "photo". */
    (void)SHA256(objects + mado_writer_len(&writer) - 8, 8, hash);
    assert_memory_equal(block + 19 + 64, hash, 32);
}

static void
assert_face_refused(const Fixture *self, GBytes *face, MadoErrorCode code)
{
    guint8 key[MADO_CVC_KEY_LEN] = {0x77};
    g_autoptr(GError) error = NULL;
    gsize len;
    const guint8 *file = g_bytes_get_data(face, &len);

    assert_false(mado_facedata_verify_visual(file, len, &self->cvc, key, &error));
    assert_mado_error(error, code);
    assert_int_equal(key[0], 0x77);
}

static void
no_signed_byte_of_the_face_may_change(void **state)
{
    const Fixture *self = *state;
    gsize len = g_bytes_get_size(self->face);
    guint8 key[MADO_CVC_KEY_LEN];

    /* From DF22 to the end of DF28; the table before and the expiry behind are not signed. */
    for (gsize i = 5 + 19; i < len - 3 - 11; i++) {
        g_autofree guint8 *copy = turn_bit(self->face, i, &len);

        if (mado_facedata_verify_visual(copy, len, &self->cvc, key, NULL))
            fail_msg("byte %zu may change", i);
    }
}

static void
an_unsigned_expiry_may_change(void **state)
{
    const Fixture *self = *state;
    gsize len = g_bytes_get_size(self->face);
    guint8 key[MADO_CVC_KEY_LEN];
    g_autofree guint8 *copy = turn_bit(self->face, len - 4, &len);

    assert_true(mado_facedata_verify_visual(copy, len, &self->cvc, key, NULL));
}

static void
a_truncated_face_is_malformed(void **state)
{
    const Fixture *self = *state;
    const gsize len = g_bytes_get_size(self->face) - 3;

    for (gsize i = 0; i < len; i += 7) {
        g_autoptr(GBytes) cut = g_bytes_new_from_bytes(self->face, 0, i);

        assert_face_refused(self, cut, MADO_ERROR_CARD_DATA);
    }
}

static void
a_face_with_an_object_twice_or_missing_is_malformed(void **state)
{
    const Fixture *self = *state;
    guint8 objects[2048];
    MadoWriter writer;
    g_autoptr(GError) error = NULL;

    mado_writer_init(&writer, objects, sizeof objects);
    write_face_objects(&writer, self->card_key);
    mado_writer_tlv(&writer, 0xDF22, (const guint8 *)"20010203", 8);
    assert_null(
        mado_facedata_sign_visual(self->city, objects, mado_writer_len(&writer), &error));
    assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
    g_clear_error(&error);
    assert_null(mado_facedata_sign_visual(self->city, objects, 19, &error));
    assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
}

static void
a_face_signed_by_the_card_itself_is_forged(void **state)
{
    Fixture other = *(const Fixture *)*state;
    g_autoptr(GBytes) face = NULL;

    other.city = other.card;
    face = make_face(&other);
    assert_face_refused(*state, face, MADO_ERROR_CARD_FORGED);
}

/* ---- the text application ---- */

static void
the_text_file_verifies_with_both_others(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GError) error = NULL;

    assert_int_equal(g_bytes_get_size(self->text), 336);
    assert_true(mado_facedata_verify_text(self->text, self->number, self->attributes,
                                          &self->cvc, &error));
    assert_no_mado_error(error);
    assert_true(
        mado_facedata_verify_text(self->text, NULL, self->attributes, &self->cvc, &error));
    assert_true(mado_facedata_verify_text(self->text, self->number, NULL, &self->cvc, &error));
}

static void
another_number_or_attribute_is_forged(void **state)
{
    const Fixture *self = *state;

    for (gsize i = 0; i < 17; i++) {
        gsize len;
        guint8 *copy = turn_bit(self->number, i, &len);
        g_autoptr(GBytes) number = g_bytes_new_take(copy, len);
        g_autoptr(GError) error = NULL;

        /* The filler counts: the hash covers the file as it lies on the card. */
        assert_false(mado_facedata_verify_text(self->text, number, NULL, &self->cvc, &error));
        assert_mado_error(error, MADO_ERROR_CARD_FORGED);
    }
    for (gsize i = 14; i < g_bytes_get_size(self->attributes) - 2; i++) {
        gsize len;
        guint8 *copy = turn_bit(self->attributes, i, &len);
        g_autoptr(GBytes) attributes = g_bytes_new_take(copy, len);

        assert_false(mado_facedata_verify_text(self->text, NULL, attributes, &self->cvc, NULL));
    }
}

static void
the_offset_table_and_the_filler_of_the_attributes_are_not_signed(void **state)
{
    const Fixture *self = *state;
    gsize len;
    guint8 *copy = turn_bit(self->attributes, 6, &len);
    g_autoptr(GBytes) attributes = g_bytes_new_take(copy, len);

    assert_true(mado_facedata_verify_text(self->text, NULL, attributes, &self->cvc, NULL));
}

static void
no_byte_of_the_text_file_may_change(void **state)
{
    const Fixture *self = *state;
    gsize len;

    for (gsize i = 0; i < 336; i++) {
        guint8 *copy = turn_bit(self->text, i, &len);
        g_autoptr(GBytes) text = g_bytes_new_take(copy, len);

        if (mado_facedata_verify_text(text, self->number, self->attributes, &self->cvc, NULL))
            fail_msg("byte %zu may change", i);
    }
}

static void
the_signature_of_a_file_must_be_its_last_object(void **state)
{
    const Fixture *self = *state;
    guint8 file[512];
    MadoWriter writer;
    g_autoptr(GBytes) signature =
        mado_facedata_sign_objects(self->city, (const guint8 *)"\xDF\x51\x01\x41", 4, NULL);
    g_autoptr(GError) error = NULL;
    gsize mark;

    for (gsize n_behind = 0; n_behind < 2; n_behind++) {
        mado_writer_init(&writer, file, sizeof file);
        mark = mado_writer_begin(&writer, 0xFF50);
        mado_writer_tlv(&writer, 0xDF51, (const guint8 *)"A", 1);
        mado_writer_tlv(&writer, 0xDF52, g_bytes_get_data(signature, NULL), 256);
        if (n_behind == 1)
            mado_writer_tlv(&writer, 0xDF53, (const guint8 *)"B", 1);
        mado_writer_end(&writer, mark);
        assert_int_equal(mado_facedata_verify_file(file, mado_writer_len(&writer), 0xFF50,
                                                   0xDF52, &self->cvc, &error),
                         n_behind == 0);
    }
    assert_mado_error(error, MADO_ERROR_CARD_DATA);
}

/* ---- the challenge ---- */

static void
a_card_answers_a_challenge_with_its_own_key(void **state)
{
    const Fixture *self = *state;
    const guint8 nonce[32] = {1, 2, 3};
    guint8 challenge[MADO_FACEDATA_CHALLENGE_LEN];
    g_autoptr(GBytes) answer = NULL;
    g_autoptr(GBytes) clone = NULL;
    g_autoptr(GError) error = NULL;
    const guint8 *data;

    mado_facedata_challenge(nonce, sizeof nonce, challenge);
    /* What the card does with 80 2A 00 00: pads whatever it is given. */
    answer = mado_rsa_sign_block(self->card, challenge, sizeof challenge, NULL);
    data = g_bytes_get_data(answer, NULL);
    assert_true(
        mado_facedata_verify_challenge(nonce, sizeof nonce, data, 256, self->card_key, &error));
    assert_no_mado_error(error);
    assert_false(mado_facedata_verify_challenge(nonce, sizeof nonce - 1, data, 256,
                                                self->card_key, &error));
    assert_mado_error(error, MADO_ERROR_CARD_CLONED);
    g_clear_error(&error);
    assert_false(
        mado_facedata_verify_challenge(nonce, sizeof nonce, data, 255, self->card_key, &error));
    assert_mado_error(error, MADO_ERROR_CARD_CLONED);
    g_clear_error(&error);
    clone = mado_rsa_sign_block(self->city, challenge, sizeof challenge, NULL);
    assert_false(mado_facedata_verify_challenge(
        nonce, sizeof nonce, g_bytes_get_data(clone, NULL), 256, self->card_key, &error));
    assert_mado_error(error, MADO_ERROR_CARD_CLONED);
}

/* ---- keys ---- */

static void
a_key_survives_both_of_the_cards_forms(void **state)
{
    const Fixture *self = *state;
    guint8 template[MADO_RSA_TEMPLATE_LEN];
    EVP_PKEY *from_template;
    EVP_PKEY *from_key;

    assert_true(mado_rsa_template_from_pkey(self->card, template, NULL));
    assert_memory_equal(template, "\x7F\x49\x82\x01\x09\x81\x82\x01\x00", 9);
    assert_memory_equal(template + 9 + 256, "\x82\x03\x01\x00\x01", 5);
    from_template = mado_rsa_template_to_pkey(template, sizeof template, NULL);
    from_key = mado_rsa_key_to_pkey(self->card_key, sizeof self->card_key, NULL);
    assert_int_equal(EVP_PKEY_eq(from_template, self->card), 1);
    assert_int_equal(EVP_PKEY_eq(from_key, self->card), 1);
    EVP_PKEY_free(from_template);
    EVP_PKEY_free(from_key);
}

static void
what_is_no_rsa_2048_key_is_refused(void **state)
{
    const Fixture *self = *state;
    guint8 template[MADO_RSA_TEMPLATE_LEN];
    guint8 key[MADO_RSA_CARD_KEY_LEN];
    EVP_PKEY *small = EVP_RSA_gen(1024);
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    g_autoptr(GError) error = NULL;

    assert_false(mado_rsa_template_from_pkey(small, template, &error));
    assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
    assert_false(mado_rsa_key_from_pkey(ec, key, NULL));
    EVP_PKEY_free(small);
    EVP_PKEY_free(ec);
    assert_true(mado_rsa_template_from_pkey(self->card, template, NULL));
    for (gsize len = 0; len < sizeof template; len++)
        assert_null(mado_rsa_template_to_pkey(template, len, NULL));
    template[9] &= 0x7F; /* a modulus of fewer bits */
    assert_null(mado_rsa_template_to_pkey(template, sizeof template, NULL));
    template[9] |= 0x80;
    template[sizeof template - 1] = 0; /* an even exponent */
    g_clear_error(&error);
    assert_null(mado_rsa_template_to_pkey(template, sizeof template, &error));
    assert_mado_error(error, MADO_ERROR_CARD_DATA);
    memcpy(key, self->card_key, sizeof key);
    key[sizeof key - 1] &= 0xFE; /* an even modulus */
    assert_null(mado_rsa_key_to_pkey(key, sizeof key, NULL));
    assert_null(mado_rsa_key_to_pkey(key, sizeof key - 1, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_is_568_bytes_and_verifies_under_its_issuer),
        cmocka_unit_test(no_byte_of_a_certificate_may_change),
        cmocka_unit_test(no_shorter_certificate_is_read),
        cmocka_unit_test(a_certificate_signed_by_another_key_is_forged),
        cmocka_unit_test(an_issuer_that_is_no_anchor_is_forged),
        cmocka_unit_test(a_production_card_is_refused_by_a_training_desk),
        cmocka_unit_test(a_production_desk_takes_neither_training_nor_test_cards),
        cmocka_unit_test(anchors_of_another_realm_are_not_loaded),
        cmocka_unit_test(a_folder_of_anchors_holds_keys_by_their_ids),
        cmocka_unit_test(only_a_whole_certificate_is_signed),
        cmocka_unit_test(the_card_face_verifies_and_names_the_cards_key),
        cmocka_unit_test(the_face_signature_covers_three_hashes_in_one_digest_info),
        cmocka_unit_test(no_signed_byte_of_the_face_may_change),
        cmocka_unit_test(an_unsigned_expiry_may_change),
        cmocka_unit_test(a_truncated_face_is_malformed),
        cmocka_unit_test(a_face_with_an_object_twice_or_missing_is_malformed),
        cmocka_unit_test(a_face_signed_by_the_card_itself_is_forged),
        cmocka_unit_test(the_text_file_verifies_with_both_others),
        cmocka_unit_test(another_number_or_attribute_is_forged),
        cmocka_unit_test(the_offset_table_and_the_filler_of_the_attributes_are_not_signed),
        cmocka_unit_test(no_byte_of_the_text_file_may_change),
        cmocka_unit_test(the_signature_of_a_file_must_be_its_last_object),
        cmocka_unit_test(a_card_answers_a_challenge_with_its_own_key),
        cmocka_unit_test(a_key_survives_both_of_the_cards_forms),
        cmocka_unit_test(what_is_no_rsa_2048_key_is_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
