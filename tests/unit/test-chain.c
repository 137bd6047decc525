/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which certificates a desk trusts: by signature, not by name, and only in their time. */
#include "config.h"

#include "daemon/chain.h"
#include "tests/support/test-error.h"
#include "tests/support/test-keys.h"

#include <string.h>

#define DAY_S 86400L

static GBytes *
to_der(const MadoTestKeys *keys)
{
    unsigned char *data = NULL;
    int len = i2d_X509(keys->certificate, &data);
    GBytes *bytes = g_bytes_new(data, (gsize)len);

    OPENSSL_free(data);
    return bytes;
}

static MadoChainAnchors *
load(const MadoTestKeys *root, const MadoTestKeys *more)
{
    g_autofree char *folder = mado_test_keys_make_folder();
    g_autofree char *path = mado_test_keys_write_certificate(root, folder, "root");
    g_autoptr(GError) error = NULL;
    MadoChainAnchors *anchors;

    if (more != NULL) {
        g_autofree char *other = mado_test_keys_write_certificate(more, folder, "more");
        g_autofree char *first = NULL;
        g_autofree char *second = NULL;
        g_autofree char *both = NULL;

        assert_true(g_file_get_contents(path, &first, NULL, NULL));
        assert_true(g_file_get_contents(other, &second, NULL, NULL));
        both = g_strconcat(first, second, NULL);
        assert_true(g_file_set_contents(path, both, -1, NULL));
    }
    anchors = mado_chain_anchors_load(path, &error);
    assert_no_mado_error(error);
    mado_test_keys_remove_folder(folder);
    return anchors;
}

static gint64
now_ms(void)
{
    return g_get_real_time() / 1000;
}

static void
expect(const MadoChainAnchors *anchors, GBytes *der, gint64 at_ms, MadoErrorCode code)
{
    g_autoptr(GError) error = NULL;

    assert_int_equal(mado_chain_verify(anchors, der, at_ms, &error), code == 0);
    if (code == 0)
        assert_no_mado_error(error);
    else
        assert_mado_error(error, code);
}

static void
what_an_anchor_signed_is_trusted_in_its_time_alone(void **state)
{
    g_autoptr(MadoTestKeys) root =
        mado_test_keys_new(MADO_TEST_KEYS_CA, "root", NULL, -10 * DAY_S, 10 * DAY_S);
    g_autoptr(MadoTestKeys) leaf =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "leaf", root, -2 * DAY_S, 2 * DAY_S);
    g_autoptr(MadoChainAnchors) anchors = load(root, NULL);
    g_autoptr(GBytes) der = to_der(leaf);

    expect(anchors, der, now_ms(), 0);
    expect(anchors, der, now_ms() + 3 * DAY_S * 1000, MADO_ERROR_CERTIFICATE);
    expect(anchors, der, now_ms() - 3 * DAY_S * 1000, MADO_ERROR_CERTIFICATE);
}

static void
an_expired_anchor_trusts_nothing(void **state)
{
    g_autoptr(MadoTestKeys) root =
        mado_test_keys_new(MADO_TEST_KEYS_CA, "root", NULL, -10 * DAY_S, -1 * DAY_S);
    g_autoptr(MadoTestKeys) leaf =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "leaf", root, -2 * DAY_S, 2 * DAY_S);
    g_autoptr(MadoChainAnchors) anchors = load(root, NULL);
    g_autoptr(GBytes) der = to_der(leaf);

    expect(anchors, der, now_ms(), MADO_ERROR_CERTIFICATE);
}

static void
of_two_roots_of_one_name_the_one_that_signed_is_found(void **state)
{
    g_autoptr(MadoTestKeys) old_root =
        mado_test_keys_new(MADO_TEST_KEYS_CA, "root", NULL, -10 * DAY_S, 10 * DAY_S);
    g_autoptr(MadoTestKeys) new_root =
        mado_test_keys_new(MADO_TEST_KEYS_CA, "root", NULL, -10 * DAY_S, 10 * DAY_S);
    g_autoptr(MadoTestKeys) leaf =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "leaf", new_root, -2 * DAY_S, 2 * DAY_S);
    g_autoptr(MadoChainAnchors) both = load(old_root, new_root);
    g_autoptr(MadoChainAnchors) other = load(old_root, NULL);
    g_autoptr(GBytes) der = to_der(leaf);

    expect(both, der, now_ms(), 0);
    expect(other, der, now_ms(), MADO_ERROR_CERTIFICATE);
}

static void
an_issuer_that_is_no_ca_is_not_trusted(void **state)
{
    g_autoptr(MadoTestKeys) signer =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "root", NULL, -10 * DAY_S, 10 * DAY_S);
    g_autoptr(MadoTestKeys) leaf =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "leaf", signer, -2 * DAY_S, 2 * DAY_S);
    g_autoptr(MadoChainAnchors) anchors = load(signer, NULL);
    g_autoptr(GBytes) der = to_der(leaf);

    expect(anchors, der, now_ms(), MADO_ERROR_CERTIFICATE);
}

static void
bytes_that_are_not_one_certificate_are_card_data(void **state)
{
    g_autoptr(MadoTestKeys) root =
        mado_test_keys_new(MADO_TEST_KEYS_CA, "root", NULL, -10 * DAY_S, 10 * DAY_S);
    g_autoptr(MadoChainAnchors) anchors = load(root, NULL);
    g_autoptr(GBytes) der = to_der(root);
    g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
    g_autoptr(GBytes) shorter = g_bytes_new_from_bytes(der, 0, g_bytes_get_size(der) - 1);
    g_autofree guint8 *longer_data = g_malloc0(g_bytes_get_size(der) + 1);
    g_autoptr(GBytes) longer = NULL;

    memcpy(longer_data, g_bytes_get_data(der, NULL), g_bytes_get_size(der));
    longer = g_bytes_new(longer_data, g_bytes_get_size(der) + 1);
    expect(anchors, empty, now_ms(), MADO_ERROR_CARD_DATA);
    expect(anchors, shorter, now_ms(), MADO_ERROR_CARD_DATA);
    expect(anchors, longer, now_ms(), MADO_ERROR_CARD_DATA);
}

static void
a_file_without_certificates_is_no_anchor(void **state)
{
    g_autoptr(GError) error = NULL;

    assert_null(mado_chain_anchors_load("/dev/null", &error));
    assert_mado_error(error, MADO_ERROR_CONFIG);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_anchor_signed_is_trusted_in_its_time_alone),
        cmocka_unit_test(an_expired_anchor_trusts_nothing),
        cmocka_unit_test(of_two_roots_of_one_name_the_one_that_signed_is_found),
        cmocka_unit_test(an_issuer_that_is_no_ca_is_not_trusted),
        cmocka_unit_test(bytes_that_are_not_one_certificate_are_card_data),
        cmocka_unit_test(a_file_without_certificates_is_no_anchor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
