/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/envelope.h"
#include "common/error.h"
#include "common/key-file.h"
#include "common/receipt.h"
#include "common/wipe.h"
#include "madoguchi/limits.h"
#include "tests/support/test-error.h"
#include "tests/support/test-keys.h"
#include "tests/support/test.h"

#include <glib/gstdio.h>
#include <openssl/cms.h>
#include <openssl/ecdsa.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DAY_S (24L * 60 * 60)

/* A desk and a centre, and somebody else below another CA. */
typedef struct {
    char *folder;
    MadoTestKeys *ca;
    MadoTestKeys *desk_sign;
    MadoTestKeys *desk_decrypt;
    MadoTestKeys *centre_sign;
    MadoTestKeys *centre_decrypt;
    MadoIdentity *desk;
    MadoIdentity *centre;
    MadoPeer *to_centre; /* what the desk holds */
    MadoPeer *to_desk;   /* what the centre holds */
} Fixture;

static MadoIdentity *
make_identity(const char *folder,
              const char *name,
              const MadoTestKeys *sign,
              const MadoTestKeys *decrypt)
{
    g_autofree char *name_decrypt = g_strconcat(name, "-decrypt", NULL);
    g_autofree char *sign_key = mado_test_keys_write_key(sign, folder, name, NULL);
    g_autofree char *sign_cert = mado_test_keys_write_certificate(sign, folder, name);
    g_autofree char *key = mado_test_keys_write_key(decrypt, folder, name_decrypt, NULL);
    g_autofree char *cert = mado_test_keys_write_certificate(decrypt, folder, name_decrypt);
    g_autoptr(GError) error = NULL;
    MadoIdentity *identity = mado_identity_load(sign_key, sign_cert, key, cert, &error);

    assert_no_mado_error(error);
    assert_non_null(identity);
    return identity;
}

static int
set_up(void **state)
{
    Fixture *self = g_new0(Fixture, 1);

    self->folder = mado_test_keys_make_folder();
    self->ca = mado_test_keys_new(MADO_TEST_KEYS_CA, "test CA", NULL, -DAY_S, DAY_S);
    self->desk_sign =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "D001", self->ca, -DAY_S, DAY_S);
    self->desk_decrypt =
        mado_test_keys_new(MADO_TEST_KEYS_RECIPIENT, "D001", self->ca, -DAY_S, DAY_S);
    self->centre_sign =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "centre", self->ca, -DAY_S, DAY_S);
    self->centre_decrypt =
        mado_test_keys_new(MADO_TEST_KEYS_RECIPIENT, "centre", self->ca, -DAY_S, DAY_S);
    self->desk = make_identity(self->folder, "desk", self->desk_sign, self->desk_decrypt);
    self->centre =
        make_identity(self->folder, "centre", self->centre_sign, self->centre_decrypt);
    self->to_centre =
        mado_peer_new(self->centre_decrypt->certificate, self->ca->certificate, "centre", NULL);
    self->to_desk =
        mado_peer_new(self->desk_decrypt->certificate, self->ca->certificate, NULL, NULL);
    assert_non_null(self->to_centre);
    assert_non_null(self->to_desk);
    *state = self;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *self = *state;

    mado_peer_free(self->to_centre);
    mado_peer_free(self->to_desk);
    mado_identity_free(self->desk);
    mado_identity_free(self->centre);
    mado_test_keys_free(self->ca);
    mado_test_keys_free(self->desk_sign);
    mado_test_keys_free(self->desk_decrypt);
    mado_test_keys_free(self->centre_sign);
    mado_test_keys_free(self->centre_decrypt);
    mado_test_keys_remove_folder(self->folder);
    g_free(self->folder);
    g_free(self);
    return 0;
}

static MadoSecret *
some_plain(void)
{
    return mado_secret_new_from((const guint8 *)"70-plain-bytes-of-a-message", 27);
}

static GBytes *
seal_to_centre(const Fixture *self)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoSecret) plain = some_plain();
    GBytes *cms = mado_envelope_seal(self->desk, self->to_centre, plain, &error);

    assert_no_mado_error(error);
    return cms;
}

/* Opening refuses with CENTRE_ANSWER and this word, and sets nothing. */
static void
assert_refused(const MadoIdentity *who, const MadoPeer *from, GBytes *cms, const char *words)
{
    g_autoptr(GError) error = NULL;
    char *cn = NULL;

    assert_null(mado_envelope_open(who, from, cms, &cn, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, words);
    assert_null(cn);
}

static void
what_the_desk_seals_the_centre_opens(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GBytes) cms = seal_to_centre(self);
    g_autoptr(MadoSecret) expected = some_plain();
    g_autoptr(GError) error = NULL;
    g_autofree char *cn = NULL;
    g_autoptr(MadoSecret) plain =
        mado_envelope_open(self->centre, self->to_desk, cms, &cn, &error);

    assert_no_mado_error(error);
    assert_true(mado_secret_equal(plain, expected));
    assert_string_equal(cn, "D001");
}

static void
the_same_plain_bytes_are_sealed_differently_each_time(void **state)
{
    g_autoptr(GBytes) first = seal_to_centre(*state);
    g_autoptr(GBytes) second = seal_to_centre(*state);

    assert_false(g_bytes_equal(first, second));
}

static void
an_empty_and_a_long_message_survive(void **state)
{
    const Fixture *self = *state;
    const gsize lens[] = {0, 1, 4096, 60000};

    for (gsize i = 0; i < G_N_ELEMENTS(lens); i++) {
        g_autoptr(MadoSecret) plain = mado_secret_new(lens[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) cms = NULL;
        g_autoptr(MadoSecret) opened = NULL;

        mado_secret_set_len(plain, lens[i]);
        cms = mado_envelope_seal(self->desk, self->to_centre, plain, &error);
        assert_no_mado_error(error);
        opened = mado_envelope_open(self->centre, self->to_desk, cms, NULL, &error);
        assert_no_mado_error(error);
        assert_true(mado_secret_equal(plain, opened));
    }
}

static void
a_message_beyond_the_limit_is_not_sealed(void **state)
{
    const Fixture *self = *state;
    g_autoptr(MadoSecret) plain = mado_secret_new(MADO_LIMIT_MESSAGE_LEN);
    g_autoptr(GError) error = NULL;

    mado_secret_set_len(plain, MADO_LIMIT_MESSAGE_LEN);
    assert_null(mado_envelope_seal(self->desk, self->to_centre, plain, &error));
    assert_mado_error(error, MADO_ERROR_LIMIT);
}

static void
a_message_beyond_the_limit_is_not_opened(void **state)
{
    const Fixture *self = *state;
    g_autofree guint8 *zeros = g_malloc0(MADO_LIMIT_MESSAGE_LEN + 1);
    g_autoptr(GBytes) cms = g_bytes_new(zeros, MADO_LIMIT_MESSAGE_LEN + 1);
    g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);

    assert_refused(self->centre, self->to_desk, cms, "size");
    assert_refused(self->centre, self->to_desk, nothing, "size");
}

static void
another_recipient_cannot_open_it(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GBytes) cms = seal_to_centre(self);

    assert_refused(self->desk, self->to_desk, cms, "decryption");
}

static void
a_signer_below_another_anchor_is_refused(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GBytes) cms = seal_to_centre(self);
    g_autoptr(MadoTestKeys) other =
        mado_test_keys_new(MADO_TEST_KEYS_CA, "test CA", NULL, -DAY_S, DAY_S);
    g_autoptr(MadoPeer) from = mado_peer_new(NULL, other->certificate, NULL, NULL);

    assert_refused(self->centre, from, cms, "signer");
}

static void
a_signer_with_another_cn_is_refused(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GBytes) cms = seal_to_centre(self);
    g_autoptr(MadoPeer) from = mado_peer_new(NULL, self->ca->certificate, "D002", NULL);

    assert_refused(self->centre, from, cms, "CN");
}

/* The desk's message signed with keys of another kind or time. */
static void
assert_signer_refused(const Fixture *self, const MadoTestKeys *sign, const char *words)
{
    g_autoptr(MadoIdentity) desk =
        make_identity(self->folder, "other", sign, self->desk_decrypt);
    g_autoptr(MadoSecret) plain = some_plain();
    g_autoptr(GBytes) cms = mado_envelope_seal(desk, self->to_centre, plain, NULL);

    assert_non_null(cms);
    assert_refused(self->centre, self->to_desk, cms, words);
}

static void
an_expired_signer_is_refused(void **state)
{
    const Fixture *self = *state;
    g_autoptr(MadoTestKeys) sign =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "D001", self->ca, -2 * DAY_S, -DAY_S);

    assert_signer_refused(self, sign, "expired");
}

static void
a_signer_of_tomorrow_is_refused(void **state)
{
    const Fixture *self = *state;
    g_autoptr(MadoTestKeys) sign =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "D001", self->ca, DAY_S, 2 * DAY_S);

    assert_signer_refused(self, sign, "not yet valid");
}

static void
a_tls_certificate_signs_no_message(void **state)
{
    const Fixture *self = *state;
    g_autoptr(MadoTestKeys) sign =
        mado_test_keys_new(MADO_TEST_KEYS_TLS, "D001", self->ca, -DAY_S, DAY_S);

    assert_signer_refused(self, sign, "signer");
}

static void
a_self_signed_certificate_signs_no_message(void **state)
{
    const Fixture *self = *state;
    g_autoptr(MadoTestKeys) sign =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "D001", NULL, -DAY_S, DAY_S);

    assert_signer_refused(self, sign, "signer");
}

static void
a_message_signed_by_its_own_recipient_is_refused(void **state)
{
    /* A reflected message: the centre's own words sent back to it as the desk's. */
    const Fixture *self = *state;
    g_autoptr(MadoSecret) plain = some_plain();
    g_autoptr(GBytes) cms = mado_envelope_seal(self->centre, self->to_centre, plain, NULL);
    g_autoptr(MadoPeer) from = mado_peer_new(NULL, self->ca->certificate, "D001", NULL);

    assert_refused(self->centre, from, cms, "CN");
}

static void
every_truncation_is_refused(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GBytes) cms = seal_to_centre(self);
    const gsize len = g_bytes_get_size(cms);

    for (gsize i = 0; i < len; i++) {
        g_autoptr(GBytes) cut = g_bytes_new_from_bytes(cms, 0, i);

        assert_refused(self->centre, self->to_desk, cut, "envelope");
    }
}

static void
bytes_behind_it_are_refused(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GBytes) cms = seal_to_centre(self);
    const gsize len = g_bytes_get_size(cms);
    g_autofree guint8 *longer = g_malloc0(len + 1);
    g_autoptr(GBytes) bytes = NULL;

    memcpy(longer, g_bytes_get_data(cms, NULL), len);
    bytes = g_bytes_new(longer, len + 1);
    assert_refused(self->centre, self->to_desk, bytes, "not our form");
}

typedef MadoSecret *(*Opener)(const Fixture *self, GBytes *cms);

static MadoSecret *
open_sealed(const Fixture *self, GBytes *cms)
{
    return mado_envelope_open(self->centre, self->to_desk, cms, NULL, NULL);
}

static MadoSecret *
open_signed(const Fixture *self, GBytes *cms)
{
    g_autoptr(GBytes) content = mado_envelope_verify(self->to_desk, cms, NULL, NULL);

    return content != NULL ? mado_secret_new(0) : NULL;
}

static void
assert_no_flip_passes(const Fixture *self, GBytes *cms, Opener opener)
{
    const gsize len = g_bytes_get_size(cms);
    g_autofree guint8 *copy = g_memdup2(g_bytes_get_data(cms, NULL), len);

    for (gsize i = 0; i < len * 8; i++) {
        g_autoptr(GBytes) flipped = NULL;
        g_autoptr(MadoSecret) opened = NULL;

        copy[i / 8] ^= (guint8)(1U << (i % 8));
        flipped = g_bytes_new(copy, len);
        copy[i / 8] ^= (guint8)(1U << (i % 8));
        opened = opener(self, flipped);
        if (opened != NULL)
            fail_msg("bit %zu of byte %zu may be turned", i % 8, i / 8);
    }
}

static void
no_turned_bit_is_accepted_in_a_message(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GBytes) cms = seal_to_centre(self);

    assert_no_flip_passes(self, cms, open_sealed);
}

static void
no_turned_bit_is_accepted_in_a_signed_receipt(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GBytes) cms = mado_envelope_sign(self->desk, (const guint8 *)"receipt", 7, NULL);

    assert_no_flip_passes(self, cms, open_signed);
}

static void
a_signed_receipt_is_no_message_and_the_other_way_round(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GBytes) receipt =
        mado_envelope_sign(self->desk, (const guint8 *)"receipt", 7, NULL);
    g_autoptr(GBytes) message = seal_to_centre(self);
    g_autoptr(GError) error = NULL;

    assert_refused(self->centre, self->to_desk, receipt, "not our form");
    assert_null(mado_envelope_verify(self->to_desk, message, NULL, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, "not our form");
}

static void
what_is_signed_is_verified_and_readable_without_a_key(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *cn = NULL;
    g_autoptr(GBytes) cms =
        mado_envelope_sign(self->desk, (const guint8 *)"receipt", 7, &error);
    g_autoptr(GBytes) content = mado_envelope_verify(self->to_desk, cms, &cn, &error);

    assert_no_mado_error(error);
    assert_int_equal(g_bytes_get_size(content), 7);
    assert_memory_equal(g_bytes_get_data(content, NULL), "receipt", 7);
    assert_string_equal(cn, "D001");
}

static void
what_is_encrypted_is_decrypted_by_its_recipient_alone(void **state)
{
    const Fixture *self = *state;
    g_autoptr(MadoSecret) plain = some_plain();
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) cms = mado_envelope_encrypt(self->to_centre, plain, &error);
    g_autoptr(MadoSecret) opened = mado_envelope_decrypt(self->centre, cms, &error);

    assert_no_mado_error(error);
    assert_true(mado_secret_equal(plain, opened));
    assert_null(mado_envelope_decrypt(self->desk, cms, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, "decryption");
}

/* The same receipt with the other spelling of its signature, (r, n - s). */
static GBytes *
spell_otherwise(GBytes *cms_bytes)
{
    gsize len;
    const guint8 *at = g_bytes_get_data(cms_bytes, &len);
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)len);
    CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
    ASN1_OCTET_STRING *octets = CMS_SignerInfo_get0_signature(signer);
    const guint8 *der = ASN1_STRING_get0_data(octets);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, ASN1_STRING_length(octets));
    BIGNUM *order = NULL;
    BIGNUM *s = BN_new();
    guint8 *again = NULL;
    int again_len;

    assert_int_not_equal(
        BN_hex2bn(&order, "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"),
        0);
    assert_int_equal(BN_sub(s, order, ECDSA_SIG_get0_s(signature)), 1);
    assert_int_equal(ECDSA_SIG_set0(signature, BN_dup(ECDSA_SIG_get0_r(signature)), s), 1);
    again_len = i2d_ECDSA_SIG(signature, &again);
    assert_int_equal(ASN1_OCTET_STRING_set(octets, again, again_len), 1);
    OPENSSL_free(again);
    ECDSA_SIG_free(signature);
    BN_free(order);
    /* To OpenSSL it is as good as the first. */
    assert_int_equal(CMS_set1_signers_certs(cms, NULL, 0), 1);
    assert_int_equal(CMS_SignerInfo_verify(signer), 1);
    again = NULL;
    again_len = i2d_CMS_ContentInfo(cms, &again);
    CMS_ContentInfo_free(cms);
    cms_bytes = g_bytes_new(again, (gsize)again_len);
    OPENSSL_free(again);
    return cms_bytes;
}

static void
a_signature_has_one_spelling(void **state)
{
    const Fixture *self = *state;

    /* Often enough to meet both halves. */
    for (guint i = 0; i < 16; i++) {
        g_autoptr(GBytes) cms =
            mado_envelope_sign(self->desk, (const guint8 *)"receipt", 7, NULL);
        g_autoptr(GBytes) content = mado_envelope_verify(self->to_desk, cms, NULL, NULL);
        g_autoptr(GBytes) other = spell_otherwise(cms);
        g_autoptr(GError) error = NULL;

        assert_non_null(content);
        assert_null(mado_envelope_verify(self->to_desk, other, NULL, &error));
        assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, "signature");
    }
}

static void
an_old_certificate_holds_for_the_time_when_it_was_valid(void **state)
{
    const Fixture *self = *state;
    g_autoptr(MadoTestKeys) sign =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "D001", self->ca, -DAY_S / 2, -DAY_S / 4);
    g_autoptr(MadoIdentity) desk = make_identity(self->folder, "old", sign, self->desk_decrypt);
    const time_t now = time(NULL);
    g_autoptr(GBytes) cms = mado_envelope_sign(desk, (const guint8 *)"receipt", 7, NULL);
    g_autoptr(GError) error = NULL;

    assert_true(
        mado_peer_check_signer(self->to_desk, sign->certificate, now - DAY_S / 3, NULL, NULL));
    assert_false(mado_peer_check_signer(self->to_desk, sign->certificate, now, NULL, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, "expired");
    g_clear_error(&error);
    /* Signed today, after its end. */
    assert_null(mado_envelope_verify(self->to_desk, cms, NULL, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, "expired");
}

static void
a_pinned_peer_is_one_certificate(void **state)
{
    const Fixture *self = *state;
    g_autoptr(MadoPeer) desk = mado_peer_new_pinned(self->desk_sign->certificate);
    g_autoptr(MadoPeer) centre = mado_peer_new_pinned(self->centre_sign->certificate);
    g_autoptr(GBytes) cms = mado_envelope_sign(self->desk, (const guint8 *)"receipt", 7, NULL);
    g_autoptr(GBytes) content = mado_envelope_verify(desk, cms, NULL, NULL);
    g_autoptr(GError) error = NULL;

    assert_non_null(content);
    assert_null(mado_envelope_verify(centre, cms, NULL, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, "another certificate");
}

/* ---- receipts ---- */

static GBytes *
sign_receipt(const Fixture *self, const char *terminal, guint8 key_id_change)
{
    g_autoptr(GBytes) body = g_bytes_new("body", 4);
    g_autoptr(GBytes) content = NULL;
    g_autoptr(GError) error = NULL;
    MadoReceipt receipt = {
        .realm = MADO_REALM_CODE_TRAINING, .number = 1, .kind = MADO_RECEIPT_PREPARED};

    g_strlcpy(receipt.terminal, terminal, sizeof receipt.terminal);
    mado_identity_key_id(self->desk, receipt.key_id);
    receipt.key_id[0] ^= key_id_change;
    content = mado_receipt_format(&receipt, body, &error);
    assert_no_mado_error(error);
    return mado_envelope_sign(self->desk, g_bytes_get_data(content, NULL),
                              g_bytes_get_size(content), NULL);
}

static void
a_receipt_is_its_signers_own(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GBytes) good = sign_receipt(self, "D001", 0);
    g_autoptr(GBytes) other_terminal = sign_receipt(self, "D002", 0);
    g_autoptr(GBytes) other_key = sign_receipt(self, "D001", 1);
    g_autoptr(GBytes) body = NULL;
    g_autoptr(GError) error = NULL;
    MadoReceipt receipt;

    assert_true(mado_receipt_open(self->to_desk, good, &receipt, &body, &error));
    assert_no_mado_error(error);
    assert_int_equal(receipt.number, 1);
    assert_int_equal(g_bytes_get_size(body), 4);
    receipt.number = 77;
    assert_false(mado_receipt_open(self->to_desk, other_terminal, &receipt, NULL, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, "TERMINAL");
    g_clear_error(&error);
    assert_false(mado_receipt_open(self->to_desk, other_key, &receipt, NULL, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, "RCP_KEY_ID");
    g_clear_error(&error);
    assert_false(mado_receipt_open(self->to_centre, good, &receipt, NULL, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, "CN");
    assert_int_equal(receipt.number, 77);
}

/* ---- keys ---- */

static void
assert_key_refused(const char *path, const char *words)
{
    g_autoptr(GError) error = NULL;

    assert_null(mado_key_file_load_private(path, NULL, NULL, &error));
    assert_mado_error_says(error, MADO_ERROR_CONFIG, words);
}

static void
a_key_that_others_may_read_is_refused(void **state)
{
    const Fixture *self = *state;
    g_autofree char *path =
        mado_test_keys_write_key(self->desk_sign, self->folder, "modes", NULL);
    const mode_t refused[] = {0640, 0604, 0620, 0602, 0610, 0777};
    const mode_t accepted[] = {0600, 0400};

    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        assert_int_equal(g_chmod(path, refused[i]), 0);
        assert_key_refused(path, "chmod 0600");
    }
    for (gsize i = 0; i < G_N_ELEMENTS(accepted); i++) {
        EVP_PKEY *pkey;

        assert_int_equal(g_chmod(path, accepted[i]), 0);
        pkey = mado_key_file_load_private(path, NULL, NULL, NULL);
        assert_non_null(pkey);
        EVP_PKEY_free(pkey);
    }
}

static void
a_key_must_be_a_plain_file_with_a_p256_key(void **state)
{
    const Fixture *self = *state;
    g_autofree char *path =
        mado_test_keys_write_key(self->desk_sign, self->folder, "plain", NULL);
    g_autofree char *link = g_build_filename(self->folder, "link.key", NULL);
    g_autofree char *absent = g_build_filename(self->folder, "absent.key", NULL);
    g_autofree char *sealed =
        mado_test_keys_write_key(self->desk_sign, self->folder, "sealed", "training");
    g_autoptr(MadoTestKeys) rsa = g_new0(MadoTestKeys, 1);
    g_autofree char *rsa_path = NULL;

    rsa->key = EVP_RSA_gen(2048);
    rsa_path = mado_test_keys_write_key(rsa, self->folder, "rsa", NULL);
    assert_int_equal(symlink(path, link), 0);
    assert_key_refused(link, "symbolic link");
    assert_key_refused(absent, "absent.key");
    assert_key_refused(self->folder, "regular file");
    assert_key_refused(sealed, "passphrase");
    assert_key_refused(rsa_path, "P-256");
}

static void
a_key_and_a_certificate_must_belong_together(void **state)
{
    const Fixture *self = *state;
    g_autofree char *key = mado_test_keys_write_key(self->desk_sign, self->folder, "a", NULL);
    g_autofree char *cert =
        mado_test_keys_write_certificate(self->centre_sign, self->folder, "b");
    g_autofree char *decrypt_key =
        mado_test_keys_write_key(self->desk_decrypt, self->folder, "c", NULL);
    g_autofree char *decrypt_cert =
        mado_test_keys_write_certificate(self->desk_decrypt, self->folder, "c");
    g_autofree char *own_cert =
        mado_test_keys_write_certificate(self->desk_sign, self->folder, "a");
    g_autoptr(GError) error = NULL;

    assert_null(mado_identity_load(key, cert, decrypt_key, decrypt_cert, &error));
    assert_mado_error_says(error, MADO_ERROR_CONFIG, "not the certificate of");
    g_clear_error(&error);
    /* Signing and decrypting are two keys, each with its own usage. */
    assert_null(mado_identity_load(decrypt_key, decrypt_cert, key, own_cert, &error));
    assert_mado_error_says(error, MADO_ERROR_CONFIG, "key usage");
}

static void
a_peer_wants_an_agreement_key_and_a_ca(void **state)
{
    const Fixture *self = *state;
    g_autoptr(GError) error = NULL;

    assert_null(
        mado_peer_new(self->centre_sign->certificate, self->ca->certificate, NULL, &error));
    assert_mado_error(error, MADO_ERROR_CONFIG);
    g_clear_error(&error);
    assert_null(mado_peer_new(self->centre_decrypt->certificate, self->centre_sign->certificate,
                              NULL, &error));
    assert_mado_error(error, MADO_ERROR_CONFIG);
}

static void
the_key_id_is_the_hash_of_the_signing_certificate(void **state)
{
    const Fixture *self = *state;
    g_autofree guint8 *der = NULL;
    guint8 *at = NULL;
    guint8 expected[32];
    guint8 key_id[32];
    int len = i2d_X509(self->desk_sign->certificate, NULL);
    g_autofree char *name = mado_identity_name(self->desk);

    der = at = g_malloc((gsize)len);
    assert_int_equal(i2d_X509(self->desk_sign->certificate, &at), len);
    mado_envelope_sha256(der, (gsize)len, expected);
    mado_identity_key_id(self->desk, key_id);
    assert_memory_equal(key_id, expected, 32);
    assert_string_equal(name, "D001");
}

/* ---- nothing of the plain bytes is left behind ---- */

#define MARK_LEN 16

/* How often the mark stands in memory that we may write to. `mark` is kept turned, so that it
 * is not found in itself. */
static guint
count_mark(const guint8 mark[MARK_LEN])
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    char line[512];
    guint n_found = 0;

    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from;
        unsigned long to;
        char flags[8];

        if (sscanf(line, "%lx-%lx %7s", &from, &to, flags) != 3 ||
            !g_str_has_prefix(flags, "rw") || strstr(line, "[v") != NULL ||
            to - from > 1UL << 30) /* a sanitizer's shadow */
            continue;
        for (unsigned long at = from; at < to; at += 4096) {
            guint8 page[4096 + MARK_LEN] = {0};
            gssize n_read = pread(memory, page, sizeof page, (off_t)at);

            for (gssize i = 0; i + MARK_LEN <= n_read && i < 4096; i++) {
                gsize n_same = 0;

                while (n_same < MARK_LEN && (page[(gsize)i + n_same] ^ mark[n_same]) == 0xFF)
                    n_same++;
                n_found += n_same == MARK_LEN;
            }
            mado_wipe(page, sizeof page);
        }
    }
    (void)close(memory);
    fclose(maps);
    return n_found;
}

static void
no_plain_byte_is_left_in_memory(void **state)
{
    const Fixture *self = *state;
    guint8 mark[MARK_LEN] = "";
    MadoSecret *plain = mado_secret_new(6000);
    MadoSecret *opened;
    GBytes *cms;

    for (gsize i = 0; i < MARK_LEN; i++)
        mark[i] = (guint8)(0xA1 + 5 * i);
    for (gsize i = 0; i < 6000; i++)
        mado_secret_peek_writable(plain)[i] = mark[i % MARK_LEN] ^ 0xFF;
    mado_secret_set_len(plain, 6000);
    assert_true(count_mark(mark) >= 6000 / MARK_LEN - 1);
    cms = mado_envelope_seal(self->desk, self->to_centre, plain, NULL);
    mado_secret_free(plain);
    assert_int_equal(count_mark(mark), 0);
    opened = mado_envelope_open(self->centre, self->to_desk, cms, NULL, NULL);
    assert_non_null(opened);
    assert_true(count_mark(mark) > 0);
    mado_secret_free(opened);
    assert_int_equal(count_mark(mark), 0);
    g_bytes_unref(cms);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_desk_seals_the_centre_opens),
        cmocka_unit_test(the_same_plain_bytes_are_sealed_differently_each_time),
        cmocka_unit_test(an_empty_and_a_long_message_survive),
        cmocka_unit_test(a_message_beyond_the_limit_is_not_sealed),
        cmocka_unit_test(a_message_beyond_the_limit_is_not_opened),
        cmocka_unit_test(another_recipient_cannot_open_it),
        cmocka_unit_test(a_signer_below_another_anchor_is_refused),
        cmocka_unit_test(a_signer_with_another_cn_is_refused),
        cmocka_unit_test(an_expired_signer_is_refused),
        cmocka_unit_test(a_signer_of_tomorrow_is_refused),
        cmocka_unit_test(a_tls_certificate_signs_no_message),
        cmocka_unit_test(a_self_signed_certificate_signs_no_message),
        cmocka_unit_test(a_message_signed_by_its_own_recipient_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(bytes_behind_it_are_refused),
        cmocka_unit_test(no_turned_bit_is_accepted_in_a_message),
        cmocka_unit_test(no_turned_bit_is_accepted_in_a_signed_receipt),
        cmocka_unit_test(a_signed_receipt_is_no_message_and_the_other_way_round),
        cmocka_unit_test(what_is_signed_is_verified_and_readable_without_a_key),
        cmocka_unit_test(what_is_encrypted_is_decrypted_by_its_recipient_alone),
        cmocka_unit_test(a_signature_has_one_spelling),
        cmocka_unit_test(an_old_certificate_holds_for_the_time_when_it_was_valid),
        cmocka_unit_test(a_pinned_peer_is_one_certificate),
        cmocka_unit_test(a_receipt_is_its_signers_own),
        cmocka_unit_test(a_key_that_others_may_read_is_refused),
        cmocka_unit_test(a_key_must_be_a_plain_file_with_a_p256_key),
        cmocka_unit_test(a_key_and_a_certificate_must_belong_together),
        cmocka_unit_test(a_peer_wants_an_agreement_key_and_a_ca),
        cmocka_unit_test(the_key_id_is_the_hash_of_the_signing_certificate),
        cmocka_unit_test(no_plain_byte_is_left_in_memory),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
