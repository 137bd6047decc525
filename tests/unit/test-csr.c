/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PKCS#10 for a key that stays on the card: here OpenSSL plays the card. */
#include "config.h"

#include "common/error.h"
#include "common/writer.h"
#include "daemon/card/csr.h"
#include "tests/support/test.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

typedef struct {
    EVP_PKEY *key;
    GBytes *template;
    guint n_signatures;
    gboolean refuses;
} Card;

static GBytes *
make_template(EVP_PKEY *key)
{
    guint8 modulus[256];
    guint8 buffer[300];
    const guint8 exponent[3] = {1, 0, 1};
    BIGNUM *n = NULL;
    MadoWriter writer;
    size_t mark;

    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
    assert_int_equal(BN_bn2binpad(n, modulus, sizeof modulus), sizeof modulus);
    BN_free(n);
    mado_writer_init(&writer, buffer, sizeof buffer);
    mark = mado_writer_begin(&writer, 0x7F49);
    mado_writer_tlv(&writer, 0x81, modulus, sizeof modulus);
    mado_writer_tlv(&writer, 0x82, exponent, sizeof exponent);
    mado_writer_end(&writer, mark);
    assert_true(mado_writer_ok(&writer));
    return g_bytes_new(buffer, mado_writer_len(&writer));
}

static int
set_up(void **state)
{
    Card *card = g_new0(Card, 1);

    card->key = EVP_RSA_gen(2048);
    card->template = make_template(card->key);
    *state = card;
    return 0;
}

static int
tear_down(void **state)
{
    Card *card = *state;

    EVP_PKEY_free(card->key);
    g_bytes_unref(card->template);
    g_free(card);
    return 0;
}

static GBytes *
sign(const guint8 digest[32], gpointer user_data, GError **error)
{
    Card *card = user_data;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(card->key, NULL);
    guint8 signature[256];
    size_t len = sizeof signature;

    card->n_signatures++;
    if (card->refuses) {
        EVP_PKEY_CTX_free(context);
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_REMOVED, "gone");
        return NULL;
    }
    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()), 1);
    assert_int_equal(EVP_PKEY_sign(context, signature, &len, digest, 32), 1);
    EVP_PKEY_CTX_free(context);
    return g_bytes_new(signature, len);
}

static void
a_request_is_signed_once_and_verifies(void **state)
{
    Card *card = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) der = mado_csr_make(card->template, "R-1-auth", sign, card, &error);
    const unsigned char *at = g_bytes_get_data(der, NULL);
    X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)g_bytes_get_size(der));
    char name[64];

    assert_non_null(request);
    assert_int_equal(X509_REQ_verify(request, card->key), 1);
    X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(request), NID_commonName, name,
                              sizeof name);
    assert_string_equal(name, "R-1-auth");
    assert_int_equal(card->n_signatures, 1);
    X509_REQ_free(request);
    assert_true(mado_csr_check(der, card->template, &error));
}

static void
another_keys_signature_is_a_clone(void **state)
{
    Card *card = *state;
    Card other = {.key = EVP_RSA_gen(2048)};
    g_autoptr(GError) error = NULL;

    assert_null(mado_csr_make(card->template, "R-1-auth", sign, &other, &error));
    assert_int_equal(error->code, MADO_ERROR_CARD_CLONED);
    EVP_PKEY_free(other.key);
}

static void
what_the_card_said_is_passed_on(void **state)
{
    Card *card = *state;
    g_autoptr(GError) error = NULL;

    card->refuses = TRUE;
    assert_null(mado_csr_make(card->template, "R-1-auth", sign, card, &error));
    assert_int_equal(error->code, MADO_ERROR_CARD_REMOVED);
}

static void
a_malformed_key_is_refused_before_signing(void **state)
{
    Card *card = *state;
    gsize len = g_bytes_get_size(card->template);

    for (gsize cut = 0; cut < len; cut += 7) {
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(card->template, 0, cut);
        g_autoptr(GError) error = NULL;

        assert_null(mado_csr_make(part, "R-1-auth", sign, card, &error));
        assert_int_equal(error->code, MADO_ERROR_CARD_DATA);
    }
    assert_int_equal(card->n_signatures, 0);
}

static void
a_request_given_back_must_hold_the_staged_key(void **state)
{
    Card *card = *state;
    Card other = {.key = EVP_RSA_gen(2048)};
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) template = make_template(other.key);
    g_autoptr(GBytes) der = mado_csr_make(template, "R-1-sign", sign, &other, &error);

    assert_non_null(der);
    assert_false(mado_csr_check(der, card->template, &error));
    assert_int_equal(error->code, MADO_ERROR_CENTRE_ANSWER);
    EVP_PKEY_free(other.key);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_is_signed_once_and_verifies, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(another_keys_signature_is_a_clone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_card_said_is_passed_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_malformed_key_is_refused_before_signing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_request_given_back_must_hold_the_staged_key, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
