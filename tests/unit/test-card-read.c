/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The training card as any reader sees it: selecting, reading, access rules, quirks. */
#include "config.h"

#include "tests/support/test-card.h"
#include "tests/support/test.h"

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
the_first_command_after_power_up_is_answered_6f00_and_after_a_warm_reset_not(void **state)
{
    TestCard *test = *state;

    mado_card_power_down(test->card);
    assert_int_equal(test_card_send(test, "00A40000"), 0);
    assert_int_equal(mado_card_power_up(test->card), MADO_CARD_OK);
    assert_int_equal(test_card_send(test, "00A4040C07A0000001510000"), 0x6F00);
    assert_int_equal(test_card_send(test, "00A4040C07A0000001510000"), 0x9000);
    mado_card_reset(test->card);
    assert_int_equal(test_card_send(test, "00A4040C07A0000001510000"), 0x9000);
}

static void
applications_are_selected_by_whole_or_partial_name(void **state)
{
    TestCard *test = *state;

    assert_int_equal(test_card_send(test, "00A4040C0AD3921000310001010402"), 0x9000);
    assert_int_equal(test_card_send(test, "00A4040C05D392F00026"), 0x9000);
    assert_int_equal(test_card_send(test, "00A4020C020017"), 0x9000);
    assert_int_equal(test_card_send(test, "00A4040C0AD392F000260100000002"), 0x6A82);
    assert_int_equal(test_card_send(test, "00A4040C0BD392F00026010000000100"), 0x6A82);
    assert_int_equal(test_card_send(test, "00A404000AD392F000260100000001"), 0x610E);
    assert_int_equal(test_card_send(test, "00C000000E"), 0x9000);
    assert_int_equal(test->answer[0], 0x6F);
}

static void
the_master_file_cannot_be_selected(void **state)
{
    TestCard *test = *state;

    assert_int_equal(test_card_send(test, "00A40000"), 0x6A86);
    assert_int_equal(test_card_send(test, "00A40000023F00"), 0x6A82);
    test_card_select(test, MADO_AP_JPKI);
    assert_int_equal(test_card_send(test, "00A40000"), 0x9000);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_CERT); /* the application is still there */
}

static void
files_are_read_by_offset_by_short_identifier_and_in_one_long_answer(void **state)
{
    TestCard *test = *state;

    test_card_select(test, MADO_AP_VISUAL);
    assert_int_equal(test_card_send(test, "00B0000010"), 0x6986);
    assert_int_equal(test_card_send(test, "00A4020C020012"), 0x9000);
    assert_int_equal(test_card_verify(test, TEST_CARD_NUMBER_B), 0x9000);
    test_card_select_ef(test, 0x0002);
    assert_int_equal(test_card_send(test, "00B0000000"), 0x9000);
    assert_int_equal(test->answer_len, 256);
    assert_int_equal(test_card_send(test, "00B0030000"), 0x9000);
    assert_int_equal(test->answer_len, 1000 - 0x300);
    assert_int_equal(test->answer[0], 0x300 / 4);
    assert_int_equal(test_card_send(test, "00B003E800"), 0x6B00);
    assert_int_equal(test_card_send(test, "00B07FFF00"), 0x6B00);
    assert_int_equal(test_card_send(test, "00B08210000000"), 0x9000);
    assert_int_equal(test->answer_len, 1000 - 0x10);
    assert_int_equal(test_card_send(test, "00B0820000 0000"), 0x9000);
    assert_int_equal(test->answer_len, 1000);
}

static void
each_number_opens_its_files_and_no_other(void **state)
{
    static const struct {
        MadoAp ap;
        uint16_t pin;
        const char *value;
        uint16_t opens[4];
        uint16_t closed[4];
    } rows[] = {
        {MADO_AP_TEXT, 0x0011, "1234", {1, 2, 3, 4}, {0}},
        {MADO_AP_TEXT, 0x0014, TEST_CARD_NUMBER, {1, 3, 4}, {2}},
        {MADO_AP_TEXT, 0x0015, TEST_CARD_NUMBER_B, {2, 3, 4}, {1}},
        {MADO_AP_VISUAL, 0x0011, "020401", {1, 4}, {2, 5}},
        {MADO_AP_VISUAL, 0x0012, TEST_CARD_NUMBER_B, {2, 4}, {1, 5}},
        {MADO_AP_VISUAL, 0x0013, TEST_CARD_NUMBER, {2, 4, 5}, {1}},
        {MADO_AP_JPKI, 0x0018, TEST_CARD_AUTH_PIN, {2, 8, 0xA}, {1, 9}},
        {MADO_AP_JPKI, 0x001B, TEST_CARD_SIGN_PIN, {1, 2, 8, 0xA}, {9}},
    };
    TestCard *test = *state;

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        test_card_select(test, MADO_AP_ISD);
        test_card_select(test, rows[i].ap);
        test_card_select_ef(test, rows[i].pin);
        assert_int_equal(test_card_verify(test, rows[i].value), 0x9000);
        for (size_t j = 0; j < 4 && rows[i].opens[j] != 0; j++) {
            test_card_select_ef(test, rows[i].opens[j]);
            assert_int_equal(test_card_send(test, "00B0000001"), 0x9000);
        }
        for (size_t j = 0; j < 4 && rows[i].closed[j] != 0; j++) {
            test_card_select_ef(test, rows[i].closed[j]);
            assert_int_equal(test_card_send(test, "00B0000001"), 0x6982);
        }
    }
}

static void
security_status_survives_a_warm_reset_and_dies_with_power_and_with_another_application(
    void **state)
{
    TestCard *test = *state;

    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_SIGN_PIN);
    assert_int_equal(test_card_verify(test, TEST_CARD_SIGN_PIN), 0x9000);
    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_SIGN_CERT);
    assert_int_equal(test_card_send(test, "00B0000001"), 0x9000);

    mado_card_reset(test->card);
    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_SIGN_CERT);
    assert_int_equal(test_card_send(test, "00B0000001"), 0x9000);

    test_card_select(test, MADO_AP_TEXT);
    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_SIGN_CERT);
    assert_int_equal(test_card_send(test, "00B0000001"), 0x6982);

    test_card_select_ef(test, MADO_EF_JPKI_SIGN_PIN);
    assert_int_equal(test_card_verify(test, TEST_CARD_SIGN_PIN), 0x9000);
    test_card_power_cycle(test);
    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_SIGN_CERT);
    assert_int_equal(test_card_send(test, "00B0000001"), 0x6982);
}

static void
records_are_records_and_files_are_files(void **state)
{
    TestCard *test = *state;

    test_card_select(test, MADO_AP_COMMON);
    assert_int_equal(test_card_send(test, "00B2010C00"), 0x9000);
    assert_int_equal(test->answer_len, 30);
    assert_int_equal(test->answer[0], 0x01);
    assert_int_equal(test->answer[1], 0x1C);
    assert_int_equal(test_card_send(test, "00B2010C10"), 0x6C1E);
    assert_int_equal(test_card_send(test, "00B2020C00"), 0x6A83);
    assert_int_equal(test_card_send(test, "00B0810000"), 0x6981);
    test_card_select(test, MADO_AP_JPKI);
    assert_int_equal(test_card_send(test, "00B2011400"), 0x6981);
    assert_int_equal(test_card_send(test, "00B0970000"), 0x6981);
}

static void
data_objects_belong_to_the_card_manager_and_long_ones_want_a_long_le(void **state)
{
    TestCard *test = *state;

    test_card_select(test, MADO_AP_ISD);
    assert_int_equal(test_card_send(test, "00CA00F000"), 0x9000);
    assert_memory_equal(test->answer, "99999", 5);
    assert_int_equal(test_card_send(test, "00CA00F003"), 0x6C05);
    assert_int_equal(test_card_send(test, "00CA00F800"), 0x6700);
    assert_int_equal(test_card_send(test, "00CA00F8000000"), 0x9000);
    assert_int_equal(test->answer_len, 1000);
    assert_int_equal(test_card_send(test, "00CA7F2100"), 0x6A88);
    assert_int_equal(test_card_send(test, "80CA004500"), 0x9000);
    assert_int_equal(test->answer_len, 12);
    assert_memory_equal(test->answer, "\x45\x0A", 2);
    test_card_select(test, MADO_AP_TEXT);
    assert_int_equal(test_card_send(test, "00CA00F000"), 0x6A88);
    assert_int_equal(test_card_send(test, "00CA5F5100"), 0x9000);
}

static void
an_answer_longer_than_asked_for_is_fetched_in_pieces(void **state)
{
    TestCard *test = *state;

    test_card_select(test, MADO_AP_TEXT);
    assert_int_equal(test_card_send(test, "802A0000020102"), 0x6100);
    assert_int_equal(test->answer_len, 0);
    assert_int_equal(test_card_send(test, "00C00000F0"), 0x6110);
    assert_int_equal(test->answer_len, 0xF0);
    assert_int_equal(test_card_send(test, "00C0000020"), 0x6C10);
    assert_int_equal(test_card_send(test, "00C0000010"), 0x9000);
    assert_int_equal(test->answer_len, 0x10);
    assert_int_equal(test_card_send(test, "00C0000010"), 0x6985);
}

static void
commands_it_does_not_know_are_named_as_such(void **state)
{
    TestCard *test = *state;

    assert_int_equal(test_card_send(test, "00FE0000"), 0x6D00);
    assert_int_equal(test_card_send(test, "90A40000"), 0x6E00);
    assert_int_equal(test_card_send(test, "80B0000000"), 0x6E00);
    assert_int_equal(test_card_send(test, "01A40000"), 0x6881);
    assert_int_equal(test_card_send(test, "0CA40000"), 0x6882);
    assert_int_equal(test_card_send(test, "00A4"), 0x6700);
    assert_int_equal(test_card_send(test, "00A4040C0A01"), 0x6700);
    assert_int_equal(test_card_send(test, "0084000008"), 0x9000);
    assert_int_equal(test->answer_len, 8);
    assert_int_equal(test_card_send(test, "00840000000008"), 0x6985);
    assert_int_equal(test_card_send(test, "80A20000"), 0x6A86);
}

static void
a_card_of_another_scheme_has_none_of_the_applications(void **state)
{
    MadoCardState foreign;
    TestCard test;

    mado_card_state_init(&foreign);
    foreign.issuer_keys.len = 16;
    test_card_open_state(&test, &foreign);
    assert_int_equal(test_card_send(&test, "00A4040C0AD392F000260100000001"), 0x6A82);
    assert_int_equal(test_card_send(&test, "00A4040C0AD3921000310001010402"), 0x6A82);
    assert_int_equal(test_card_send(&test, "00A4040C07A0000001510000"), 0x9000);
    test_card_close(&test);
}

int
main(void)
{
#define ON_A_CARD(test) cmocka_unit_test_setup_teardown(test, open_active, close_card)
    const struct CMUnitTest tests[] = {
        ON_A_CARD(the_first_command_after_power_up_is_answered_6f00_and_after_a_warm_reset_not),
        ON_A_CARD(applications_are_selected_by_whole_or_partial_name),
        ON_A_CARD(the_master_file_cannot_be_selected),
        ON_A_CARD(files_are_read_by_offset_by_short_identifier_and_in_one_long_answer),
        ON_A_CARD(each_number_opens_its_files_and_no_other),
        ON_A_CARD(
            security_status_survives_a_warm_reset_and_dies_with_power_and_with_another_application),
        ON_A_CARD(records_are_records_and_files_are_files),
        ON_A_CARD(data_objects_belong_to_the_card_manager_and_long_ones_want_a_long_le),
        ON_A_CARD(an_answer_longer_than_asked_for_is_fetched_in_pieces),
        ON_A_CARD(commands_it_does_not_know_are_named_as_such),
        cmocka_unit_test(a_card_of_another_scheme_has_none_of_the_applications),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
