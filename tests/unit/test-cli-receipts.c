/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/receipt-check.h"
#include "common/envelope.h"
#include "common/receipt.h"
#include "tests/support/test-error.h"
#include "tests/support/test-keys.h"
#include "tests/support/test.h"

#include <string.h>

#define DAY_S   (24L * 60 * 60)
#define N_LINKS 3

typedef struct {
    char *folder;
    char *certificate;
    MadoIdentity *desk;
    MadoIdentity *other;
    GBytes *chain[N_LINKS];
} Fixture;

static MadoIdentity *
make_identity(const char *folder, const char *name, MadoTestKeys *ca, char **ret_certificate)
{
    g_autoptr(MadoTestKeys) sign =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "D001", ca, -DAY_S, DAY_S);
    g_autoptr(MadoTestKeys) decrypt =
        mado_test_keys_new(MADO_TEST_KEYS_RECIPIENT, "D001", ca, -DAY_S, DAY_S);
    g_autofree char *second = g_strconcat(name, "-decrypt", NULL);
    g_autofree char *key = mado_test_keys_write_key(sign, folder, name, NULL);
    g_autofree char *crt = mado_test_keys_write_certificate(sign, folder, name);
    g_autofree char *key2 = mado_test_keys_write_key(decrypt, folder, second, NULL);
    g_autofree char *crt2 = mado_test_keys_write_certificate(decrypt, folder, second);
    MadoIdentity *identity = mado_identity_load(key, crt, key2, crt2, NULL);

    assert_non_null(identity);
    if (ret_certificate != NULL)
        *ret_certificate = g_steal_pointer(&crt);
    return identity;
}

/* (transfer full): receipt @number after @previous (nullable), signed by @signer. */
static GBytes *
make_receipt(const MadoIdentity *signer, guint64 number, GBytes *previous)
{
    MadoReceipt receipt = {.realm = MADO_REALM_CODE_TRAINING,
                           .terminal = "D001",
                           .epoch = 1,
                           .number = number,
                           .time_ms = 1,
                           .monotonic_ms = 1,
                           .kind = MADO_RECEIPT_COMMITTED,
                           .operator_id = "CLERK-1"};
    g_autoptr(GBytes) body = g_bytes_new("encrypted", 9);
    g_autoptr(GBytes) content = NULL;
    g_autoptr(GError) error = NULL;
    GBytes *cms;

    mado_identity_key_id(signer, receipt.key_id);
    if (previous != NULL)
        mado_envelope_sha256(g_bytes_get_data(previous, NULL), g_bytes_get_size(previous),
                             receipt.previous);
    content = mado_receipt_format(&receipt, body, &error);
    assert_no_mado_error(error);
    cms = mado_envelope_sign(signer, g_bytes_get_data(content, NULL), g_bytes_get_size(content),
                             &error);
    assert_no_mado_error(error);
    return cms;
}

static int
set_up(void **state)
{
    Fixture *self = g_new0(Fixture, 1);
    g_autoptr(MadoTestKeys) ca =
        mado_test_keys_new(MADO_TEST_KEYS_CA, "test CA", NULL, -DAY_S, DAY_S);

    self->folder = mado_test_keys_make_folder();
    self->desk = make_identity(self->folder, "desk", ca, &self->certificate);
    self->other = make_identity(self->folder, "other", ca, NULL);
    for (guint i = 0; i < N_LINKS; i++)
        self->chain[i] = make_receipt(self->desk, i + 1, i > 0 ? self->chain[i - 1] : NULL);
    *state = self;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *self = *state;

    for (guint i = 0; i < N_LINKS; i++)
        g_bytes_unref(self->chain[i]);
    mado_identity_free(self->desk);
    mado_identity_free(self->other);
    mado_test_keys_remove_folder(self->folder);
    g_free(self->folder);
    g_free(self->certificate);
    g_free(self);
    return 0;
}

static void
a_whole_chain_verifies(void **state)
{
    Fixture *self = *state;
    g_autoptr(MadoReceiptCheck) check = mado_receipt_check_new(self->certificate, NULL);

    for (guint i = 0; i < N_LINKS; i++)
        assert_true(mado_receipt_check_next(check, self->chain[i], NULL));
    assert_int_equal(mado_receipt_check_n_verified(check), N_LINKS);
}

static void
a_gap_is_found(void **state)
{
    Fixture *self = *state;
    g_autoptr(MadoReceiptCheck) check = mado_receipt_check_new(self->certificate, NULL);
    g_autoptr(GError) error = NULL;

    assert_true(mado_receipt_check_next(check, self->chain[0], NULL));
    assert_false(mado_receipt_check_next(check, self->chain[2], &error));
    assert_mado_error(error, MADO_ERROR_RECEIPT);
    assert_int_equal(mado_receipt_check_n_verified(check), 1);
}

static void
another_history_is_found(void **state)
{
    Fixture *self = *state;
    g_autoptr(MadoReceiptCheck) check = mado_receipt_check_new(self->certificate, NULL);
    g_autoptr(GBytes) fork = make_receipt(self->desk, 2, NULL);

    assert_true(mado_receipt_check_next(check, self->chain[0], NULL));
    assert_false(mado_receipt_check_next(check, fork, NULL));
}

static void
another_signer_is_found_though_its_certificate_chains_to_the_same_authority(void **state)
{
    Fixture *self = *state;
    g_autoptr(MadoReceiptCheck) check = mado_receipt_check_new(self->certificate, NULL);
    g_autoptr(GBytes) foreign = make_receipt(self->other, 1, NULL);
    g_autoptr(GError) error = NULL;

    assert_false(mado_receipt_check_next(check, foreign, &error));
    assert_mado_error(error, MADO_ERROR_RECEIPT);
}

static void
a_turned_byte_is_found_wherever_it_stands(void **state)
{
    Fixture *self = *state;
    gsize len = g_bytes_get_size(self->chain[0]);
    g_autofree guint8 *copy = g_memdup2(g_bytes_get_data(self->chain[0], NULL), len);
    g_autoptr(MadoReceiptCheck) check = mado_receipt_check_new(self->certificate, NULL);
    const char marked[] = "encrypted";
    gsize at = 0;

    while (at + sizeof marked - 1 <= len && memcmp(copy + at, marked, sizeof marked - 1) != 0)
        at++;
    assert_true(at < len);
    copy[at] ^= 1;
    {
        g_autoptr(GBytes) turned = g_bytes_new(copy, len);

        assert_false(mado_receipt_check_next(check, turned, NULL));
    }
    for (gsize cut = 0; cut < len; cut += 37) {
        g_autoptr(GBytes) shorter = g_bytes_new(copy, cut);

        assert_false(mado_receipt_check_next(check, shorter, NULL));
    }
    assert_int_equal(mado_receipt_check_n_verified(check), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_chain_verifies),
        cmocka_unit_test(a_gap_is_found),
        cmocka_unit_test(another_history_is_found),
        cmocka_unit_test(
            another_signer_is_found_though_its_certificate_chains_to_the_same_authority),
        cmocka_unit_test(a_turned_byte_is_found_wherever_it_stands),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
