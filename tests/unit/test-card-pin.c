/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The training card's PINs and private keys. */
#include "config.h"

#include "drivers/training/card-rsa.h"
#include "tests/support/test-card.h"
#include "tests/support/test.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <string.h>

static int
open_active(void **state)
{
    static TestCard test;

    test_card_open(&test, MADO_LIFE_ACTIVE);
    *state = &test;
    return 0;
}

static int
close_card(void **state)
{
    test_card_close(*state);
    return 0;
}

static void
a_wrong_pin_costs_a_try_and_the_last_one_blocks_for_good(void **state)
{
    TestCard *test = *state;

    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_PIN);
    assert_int_equal(test_card_send(test, "00200080"), 0x63C3);
    assert_int_equal(test_card_verify(test, "9999"), 0x63C2);
    assert_int_equal(test_card_send(test, "00200098"), 0x63C2);
    assert_int_equal(test_card_verify(test, "12345"), 0x63C1);
    test_card_power_cycle(test);
    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_PIN);
    assert_int_equal(test_card_send(test, "00200080"), 0x63C1);
    assert_int_equal(test_card_verify(test, "0000"), 0x63C0);
    assert_int_equal(test_card_verify(test, TEST_CARD_AUTH_PIN), 0x6984);
    assert_int_equal(test_card_send(test, "00200080"), 0x63C0);
}

static void
the_right_pin_gives_the_tries_back(void **state)
{
    TestCard *test = *state;
    unsigned n_saves;

    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_SIGN_PIN);
    assert_int_equal(test_card_verify(test, "WRONG1"), 0x63C4);
    assert_int_equal(test_card_verify(test, TEST_CARD_SIGN_PIN), 0x9000);
    assert_int_equal(test_card_send(test, "00200080"),
                     0x63C5); /* told of a verified one, too */
    test_card_power_cycle(test);
    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_SIGN_PIN);
    assert_int_equal(test_card_send(test, "00200080"), 0x63C5);
    n_saves = test->store.n_saves;
    assert_int_equal(test_card_verify(test, TEST_CARD_SIGN_PIN), 0x9000);
    assert_int_equal(test->store.n_saves, n_saves); /* nothing changed, nothing written */
}

static void
the_text_applications_odd_reference_is_blocked_from_the_start(void **state)
{
    TestCard *test = *state;

    test_card_select(test, MADO_AP_TEXT);
    test_card_select_ef(test, MADO_EF_TEXT_BLOCKED);
    assert_int_equal(test_card_send(test, "00200080"), 0x63C0);
    assert_int_equal(test_card_verify(test, "1234"), 0x6984);
}

static void
a_try_is_durable_before_it_is_answered(void **state)
{
    TestCard *test = *state;

    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_PIN);
    test->store.refuse = true;
    assert_int_equal(test_card_verify(test, "9999"), 0); /* no answer: its power has failed */
    assert_int_equal(test_card_send(test, "00200080"), 0);
    test_card_power_cycle(test);
    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_PIN);
    assert_int_equal(test_card_send(test, "00200080"), 0x63C3);
}

static void
a_verified_pin_is_changed_by_24_in_jpki_and_text(void **state)
{
    TestCard *test = *state;

    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_PIN);
    assert_int_equal(test_card_send(test, "002401800435363738"), 0x6982);
    assert_int_equal(test_card_verify(test, TEST_CARD_AUTH_PIN), 0x9000);
    assert_int_equal(test_card_send(test, "00240180053536373839"), 0x6A80);
    assert_int_equal(test_card_send(test, "002401800441424344"), 0x6A80);
    assert_int_equal(test_card_send(test, "00240080083132333435363738"), 0x6A86);
    assert_int_equal(test_card_send(test, "002401800435363738"), 0x9000);
    assert_int_equal(test_card_verify(test, "5678"), 0x9000);
    assert_int_equal(mado_card_peek_state(test->card)->pins[0].changes, 1);

    test_card_select_ef(test, MADO_EF_JPKI_SIGN_PIN);
    assert_int_equal(test_card_verify(test, TEST_CARD_SIGN_PIN), 0x9000);
    assert_int_equal(test_card_send(test, "0024018006616263313233"), 0x6A80);
    assert_int_equal(test_card_send(test, "0024018006585942313233"), 0x9000);
    test_card_select(test, MADO_AP_TEXT);
    test_card_select_ef(test, MADO_EF_TEXT_PIN);
    assert_int_equal(test_card_verify(test, "1234"), 0x9000);
    assert_int_equal(test_card_send(test, "002401800435363738"), 0x9000);
    test_card_select_ef(test, MADO_EF_TEXT_NUMBER_A);
    assert_int_equal(test_card_verify(test, TEST_CARD_NUMBER), 0x9000);
    assert_int_equal(test_card_send(test, "002401800435363738"), 0x6982);
}

static void
the_two_juki_references_are_changed_by_change_key_each_alone(void **state)
{
    TestCard *test = *state;

    test_card_select(test, MADO_AP_JUKI);
    test_card_select_ef(test, MADO_EF_JUKI_PIN);
    assert_int_equal(test_card_verify(test, "1234"), 0x9000);
    assert_int_equal(test_card_send(test, "002401800435363738"), 0x6A86);
    assert_int_equal(test_card_send(test, "803200800435363738"), 0x9000);
    test_card_select(test, MADO_AP_COMMON);
    test_card_select_ef(test, MADO_EF_JUKI_PIN);
    assert_int_equal(test_card_verify(test, "1234"), 0x9000);
    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_PIN);
    assert_int_equal(test_card_send(test, "803200800435363738"), 0x6D00);
}

static void
before_the_card_is_active_every_holders_pin_is_blocked(void **state)
{
    TestCard test;

    test_card_open(&test, MADO_LIFE_PREPARED);
    test_card_select(&test, MADO_AP_JPKI);
    test_card_select_ef(&test, MADO_EF_JPKI_AUTH_PIN);
    assert_int_equal(test_card_send(&test, "00200080"), 0x6984);
    assert_int_equal(test_card_verify(&test, "0000"), 0x6984);
    test_card_select(&test, MADO_AP_VISUAL);
    test_card_select_ef(&test, MADO_EF_VISUAL_NUMBER_B);
    assert_int_equal(test_card_verify(&test, TEST_CARD_NUMBER_B), 0x9000);
    test_card_close(&test);
}

static void
a_suspended_card_shows_its_face_and_does_nothing_else(void **state)
{
    TestCard test;

    test_card_open(&test, MADO_LIFE_SUSPENDED);
    test_card_select(&test, MADO_AP_JPKI);
    test_card_select_ef(&test, MADO_EF_JPKI_AUTH_PIN);
    assert_int_equal(test_card_verify(&test, TEST_CARD_AUTH_PIN), 0x6985);
    test_card_select(&test, MADO_AP_TEXT);
    assert_int_equal(test_card_send(&test, "802A000002010200"), 0x6985);
    test_card_select(&test, MADO_AP_COMMON);
    assert_int_equal(test_card_send(&test, "0088009904010203 0400"), 0x6985);
    test_card_select(&test, MADO_AP_VISUAL);
    test_card_select_ef(&test, MADO_EF_VISUAL_NUMBER_B);
    assert_int_equal(test_card_verify(&test, TEST_CARD_NUMBER_B), 0x9000);
    assert_int_equal(test_card_send(&test, "802A000002010200"), 0x9000);
    test_card_close(&test);
}

/* ---- keys
 * ---------------------------------------------------------------------------------------------
 */

/* The key that all keys of a fake card are. */
static EVP_PKEY *
public_key(const TestCard *test)
{
    const MadoCardItem *item = mado_card_state_item(mado_card_peek_state(test->card),
                                                    MADO_CARD_ITEM_KEY, MADO_AP_TEXT, 0x0013);
    const unsigned char *at = item->data;
    EVP_PKEY *key = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &at, (long)item->len);

    assert_non_null(key);
    return key;
}

/* What the signature covers after PKCS#1 type 1 padding is taken off. */
static size_t
recover(const TestCard *test, uint8_t *ret_data, size_t cap)
{
    EVP_PKEY *key = public_key(test);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t len = cap;

    assert_int_equal(test->answer_len, 256);
    assert_int_equal(EVP_PKEY_verify_recover_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING), 1);
    assert_int_equal(
        EVP_PKEY_verify_recover(context, ret_data, &len, test->answer, test->answer_len), 1);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return len;
}

static void
the_schemes_of_signing_are_those_found_on_real_cards(void **state)
{
    TestCard *test = *state;
    uint8_t covered[256];
    uint8_t hash[32];

    test_card_select(test, MADO_AP_TEXT);
    assert_int_equal(test_card_send(test, "802A0000 03 414243 00"), 0x9000);
    assert_int_equal(recover(test, covered, sizeof(covered)), 3);
    assert_memory_equal(covered, "ABC", 3);

    assert_true(mado_card_rsa_hash((const uint8_t *)"ABC", 3, hash));
    assert_int_equal(test_card_send(test, "802A0100 03 414243 00"), 0x9000);
    assert_int_equal(recover(test, covered, sizeof(covered)), 32);
    assert_memory_equal(covered, hash, 32);

    assert_int_equal(test_card_send(test, "802A0300 03 414243 00"), 0x9000);
    assert_int_equal(recover(test, covered, sizeof(covered)), 51);
    assert_memory_equal(covered + 19, hash, 32);

    assert_int_equal(test_card_send(test, "802A0200 03 414243 00"), 0x6700);
    assert_int_equal(test_card_send(test, "802A0400 03 414243 00"), 0x6700);
    assert_int_equal(test_card_send(test, "802A0500 03 414243 00"), 0x9000);
    assert_int_equal(test_card_send(test, "802A0600 03 414243 00"), 0x6A86);
}

static void
the_face_applications_own_keys_sign_without_any_credential(void **state)
{
    TestCard *test = *state;

    test_card_select(test, MADO_AP_VISUAL);
    assert_int_equal(test_card_send(test, "802A0000 04 01020304 00"), 0x9000);
    assert_int_equal(test->answer_len, 256);
    test_card_select(test, MADO_AP_TEXT);
    assert_int_equal(test_card_send(test, "802A0093 04 01020304 00"), 0x9000);
    test_card_select(test, MADO_AP_JPKI);
    assert_int_equal(test_card_send(test, "802A0000 04 01020304 00"), 0x6A86);
}

static void
a_private_key_of_the_holder_needs_its_own_pin(void **state)
{
    TestCard *test = *state;

    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_PIN);
    assert_int_equal(test_card_verify(test, TEST_CARD_AUTH_PIN), 0x9000);
    test_card_select_ef(test, MADO_EF_JPKI_SIGN_KEY);
    assert_int_equal(test_card_send(test, "802A0080 03 414243 00"), 0x6982);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_KEY);
    assert_int_equal(test_card_send(test, "802A0080 03 414243 00"), 0x9000);
    assert_int_equal(test_card_send(test, "802A0097 03 414243 00"), 0x9000);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_PIN);
    assert_int_equal(test_card_send(test, "802A0080 03 414243 00"), 0x6981);
    assert_int_equal(test_card_verify(test, "9999"), 0x63C2);
    assert_int_equal(test_card_send(test, "802A0097 03 414243 00"), 0x6982);
}

static void
only_the_common_application_answers_an_internal_authentication(void **state)
{
    TestCard *test = *state;
    uint8_t covered[256];
    uint8_t hash[32];

    test_card_select(test, MADO_AP_COMMON);
    assert_int_equal(test_card_send(test, "00880099 04 01020304 00"), 0x9000);
    assert_int_equal(recover(test, covered, sizeof(covered)), 51);
    assert_true(mado_card_rsa_hash((const uint8_t *)"\1\2\3\4", 4, hash));
    assert_memory_equal(covered + 19, hash, 32);
    test_card_select(test, MADO_AP_JUKI);
    assert_int_equal(test_card_send(test, "00880099 04 01020304 00"), 0x6982);
    test_card_select(test, MADO_AP_TEXT);
    assert_int_equal(test_card_send(test, "00880093 04 01020304 00"), 0x6985);
}

int
main(void)
{
#define ON_A_CARD(test) cmocka_unit_test_setup_teardown(test, open_active, close_card)
    const struct CMUnitTest tests[] = {
        ON_A_CARD(a_wrong_pin_costs_a_try_and_the_last_one_blocks_for_good),
        ON_A_CARD(the_right_pin_gives_the_tries_back),
        ON_A_CARD(the_text_applications_odd_reference_is_blocked_from_the_start),
        ON_A_CARD(a_try_is_durable_before_it_is_answered),
        ON_A_CARD(a_verified_pin_is_changed_by_24_in_jpki_and_text),
        ON_A_CARD(the_two_juki_references_are_changed_by_change_key_each_alone),
        cmocka_unit_test(before_the_card_is_active_every_holders_pin_is_blocked),
        cmocka_unit_test(a_suspended_card_shows_its_face_and_does_nothing_else),
        ON_A_CARD(the_schemes_of_signing_are_those_found_on_real_cards),
        ON_A_CARD(the_face_applications_own_keys_sign_without_any_credential),
        ON_A_CARD(a_private_key_of_the_holder_needs_its_own_pin),
        ON_A_CARD(only_the_common_application_answers_an_internal_authentication),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
