/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text application's secure messaging, from the terminal's end. */
#include "config.h"

#include "common/wipe.h"
#include "tests/support/test-card.h"
#include "tests/support/test.h"

#include <openssl/evp.h>

#include <string.h>

static const uint8_t session_key[16] = "0123456789ABCDE";

static int
open_active(void **state)
{
    static TestCard test;

    test_card_open(&test, MADO_LIFE_ACTIVE);
    test_card_select(&test, MADO_AP_TEXT);
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
verify_text_pin(TestCard *test)
{
    test_card_select_ef(test, MADO_EF_TEXT_PIN);
    assert_int_equal(test_card_verify(test, "1234"), 0x9000);
}

static void
open_session(TestCard *test)
{
    uint8_t message[36] = {0xA0, 34, 0x80, 32};

    memcpy(message + 4, session_key, sizeof(session_key));
    verify_text_pin(test);
    assert_int_equal(test_card_deliver(test, message, sizeof(message)), 0x9000);
}

static void
run_aes(bool encrypt, uint8_t counter, const uint8_t *in, size_t len, uint8_t *ret_out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t iv[16] = {[15] = counter};
    const uint8_t zero[16] = {0};
    int n = 0;

    assert_int_equal(EVP_CipherInit_ex(context, EVP_aes_128_cbc(), NULL, session_key, zero, 1),
                     1);
    EVP_CIPHER_CTX_set_padding(context, 0);
    assert_int_equal(EVP_CipherUpdate(context, iv, &n, iv, 16), 1);
    assert_int_equal(
        EVP_CipherInit_ex(context, EVP_aes_128_cbc(), NULL, session_key, iv, encrypt ? 1 : 0),
        1);
    EVP_CIPHER_CTX_set_padding(context, 0);
    assert_int_equal(EVP_CipherUpdate(context, ret_out, &n, in, (int)len), 1);
    EVP_CIPHER_CTX_free(context);
}

/* A hidden command whose data fit one block. */
static uint16_t
send_hidden(TestCard *test, uint8_t counter, const uint8_t header[3], const char *data)
{
    uint8_t command[5 + 3 + 16] = {0x08, header[0], header[1], header[2], 19, 0x86, 17, 0x01};
    uint8_t block[16] = {0};
    size_t len = header[0] == 0xA4 ? 2 : strlen(data);

    memcpy(block, data, len);
    block[len] = 0x80;
    run_aes(true, counter, block, sizeof(block), command + 8);
    return test_card_send_bytes(test, command, sizeof(command));
}

static void
the_number_is_read_and_its_key_presented_without_showing_either(void **state)
{
    static const uint8_t verify_a[] = {0x20, 0x00, 0x94};
    static const uint8_t select[] = {0xA4, 0x02, 0x0C};
    TestCard *test = *state;
    uint8_t plain[64];

    open_session(test);
    assert_int_equal(send_hidden(test, 1, verify_a, TEST_CARD_NUMBER), 0x9000);
    assert_int_equal(send_hidden(test, 2, select, "\x00\x01"), 0x9000);
    assert_int_equal(test_card_send(test, "00200091"), 0x63C3); /* plain ones do not count */
    assert_int_equal(test_card_send(test, "08B00000 000005 9603000000 0000"), 0x9000);
    assert_int_equal(test->answer_len, 2 + 1 + 32);
    assert_memory_equal(test->answer, "\x86\x21\x01", 3);
    run_aes(false, 3, test->answer + 3, 32, plain);
    assert_memory_equal(plain + 3, TEST_CARD_NUMBER, 12);
    assert_memory_equal(plain + 15, "\xFF\xFF\x80", 3);
    assert_int_equal(test_card_send(test, "08B00000 000005 9603000004 0000"), 0x9000);
    run_aes(false, 4, test->answer + 3, 16, plain);
    assert_memory_equal(plain, "\xFF\x10\x0C\x31\x80", 5);
}

static void
a_refused_command_counts_and_a_wrong_counter_ends_the_session(void **state)
{
    static const uint8_t verify_blocked[] = {0x20, 0x00, 0x92};
    static const uint8_t verify_a[] = {0x20, 0x00, 0x94};
    TestCard *test = *state;

    open_session(test);
    assert_int_equal(send_hidden(test, 1, verify_blocked, "1234"), 0x6984);
    assert_int_equal(send_hidden(test, 2, verify_a, TEST_CARD_NUMBER), 0x9000);
    assert_int_equal(send_hidden(test, 2, verify_a, TEST_CARD_NUMBER), 0x6988);
    assert_int_equal(send_hidden(test, 3, verify_a, TEST_CARD_NUMBER), 0x69FC);
    assert_int_equal(test_card_send(test, "00200094"), 0x63CA); /* no try was spent on it */
}

static void
only_the_pin_lets_a_session_be_opened_and_only_here(void **state)
{
    uint8_t message[36] = {0xA0, 34, 0x80, 32};
    TestCard *test = *state;

    assert_int_equal(test_card_deliver(test, message, sizeof(message)), 0x6982);
    test_card_select_ef(test, MADO_EF_TEXT_NUMBER_A);
    assert_int_equal(test_card_verify(test, TEST_CARD_NUMBER), 0x9000);
    assert_int_equal(test_card_deliver(test, message, sizeof(message)), 0x6982);
    verify_text_pin(test);
    message[2] = 0x81;
    assert_int_equal(test_card_deliver(test, message, sizeof(message)), 0x6A80);
    message[2] = 0x80;
    assert_int_equal(test_card_deliver(test, message, 30), 0x6A80);
    assert_int_equal(test_card_send(test, "0CB0000000"), 0x6987);
    assert_int_equal(test_card_send(test, "08B0000000"), 0x69FC);
    test_card_select(test, MADO_AP_VISUAL);
    assert_int_equal(test_card_send(test, "80AE0000"), 0x66F1);
    assert_int_equal(test_card_send(test, "08B0000000"), 0x6882);
    test_card_select(test, MADO_AP_JPKI);
    assert_int_equal(test_card_send(test, "80AE0000"), 0x6982);
}

static void
selecting_an_application_and_losing_power_end_the_session(void **state)
{
    TestCard *test = *state;

    open_session(test);
    test_card_select(test, MADO_AP_TEXT);
    assert_int_equal(test_card_send(test, "08B00000059603000000"), 0x69FC);
    open_session(test);
    test_card_power_cycle(test);
    test_card_select(test, MADO_AP_TEXT);
    assert_int_equal(test_card_send(test, "08B00000059603000000"), 0x69FC);
}

int
main(void)
{
#define ON_A_CARD(test) cmocka_unit_test_setup_teardown(test, open_active, close_card)
    const struct CMUnitTest tests[] = {
        ON_A_CARD(the_number_is_read_and_its_key_presented_without_showing_either),
        ON_A_CARD(a_refused_command_counts_and_a_wrong_counter_ends_the_session),
        ON_A_CARD(only_the_pin_lets_a_session_be_opened_and_only_here),
        ON_A_CARD(selecting_an_application_and_losing_power_end_the_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
