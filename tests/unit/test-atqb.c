/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/pasori/atqb.h"
#include "tests/support/test.h"

#include <string.h>

/* The card's application data and protocol bytes, as its ATR in public lists shows them; the
 * PUPI is made up. */
static const uint8_t known[] = {0x50, 0x12, 0x34, 0x56, 0x78, 0x00,
                                0x00, 0x05, 0xE0, 0xB3, 0x81, 0xA1};

static MadoAtqb
parse_with(uint8_t rates, uint8_t sizes, uint8_t times)
{
    uint8_t bytes[12];
    MadoAtqb atqb;

    memcpy(bytes, known, sizeof(bytes));
    bytes[9] = rates;
    bytes[10] = sizes;
    bytes[11] = times;
    assert_int_equal(mado_atqb_parse(bytes, sizeof(bytes), &atqb), MADO_BYTES_OK);
    return atqb;
}

static void
the_known_card_is_read(void **state)
{
    MadoAtqb atqb;

    (void)state;
    assert_int_equal(mado_atqb_parse(known, sizeof(known), &atqb), MADO_BYTES_OK);
    assert_memory_equal(atqb.pupi, known + 1, 4);
    assert_true(atqb.is_layer_4);
    assert_int_equal(atqb.fsc, 256);
    assert_int_equal(atqb.fwi, 10);
    assert_int_equal(atqb.fastest, MADO_RATE_424);
}

static void
its_atr_is_the_one_in_public_lists(void **state)
{
    static const struct {
        uint8_t application[4];
        uint8_t protocol[3];
        uint8_t atr[13];
    } rows[] = {
        {{0x00, 0x00, 0x05, 0xE0},
         {0xB3, 0x81, 0xA1},
         {0x3B, 0x88, 0x80, 0x01, 0, 0, 0x05, 0xE0, 0xB3, 0x81, 0xA1, 0, 0x7F}},
        {{0x00, 0x00, 0x41, 0xE0},
         {0xB3, 0x81, 0xA1},
         {0x3B, 0x88, 0x80, 0x01, 0, 0, 0x41, 0xE0, 0xB3, 0x81, 0xA1, 0, 0x3B}},
        {{0x00, 0x00, 0x14, 0xE0},
         {0xB3, 0x81, 0x91},
         {0x3B, 0x88, 0x80, 0x01, 0, 0, 0x14, 0xE0, 0xB3, 0x81, 0x91, 0, 0x5E}},
        {{0x00, 0x00, 0x00, 0x00},
         {0x91, 0x81, 0xC1},
         {0x3B, 0x88, 0x80, 0x01, 0, 0, 0x00, 0x00, 0x91, 0x81, 0xC1, 0, 0xD8}},
    };

    (void)state;
    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        uint8_t bytes[12] = {0x50, 1, 2, 3, 4}, atr[MADO_ATQB_ATR_LEN];
        MadoAtqb atqb;

        memcpy(bytes + 5, rows[i].application, 4);
        memcpy(bytes + 9, rows[i].protocol, 3);
        assert_int_equal(mado_atqb_parse(bytes, sizeof(bytes), &atqb), MADO_BYTES_OK);
        mado_atqb_atr(&atqb, 0, atr);
        assert_memory_equal(atr, rows[i].atr, sizeof(atr));
        mado_atqb_atr(&atqb, 3, atr);
        assert_int_equal(atr[11], 0x30);
        assert_int_equal(atr[12], rows[i].atr[12] ^ 0x30);
    }
}

static void
only_whole_answers_are_taken(void **state)
{
    uint8_t bytes[16] = {0};
    MadoAtqb atqb = {.fsc = 77};

    (void)state;
    memcpy(bytes, known, sizeof(known));
    for (size_t len = 0; len < 12; len++) {
        assert_int_equal(mado_atqb_parse(bytes, len, &atqb), MADO_BYTES_SHORT);
    }
    assert_int_equal(mado_atqb_parse(bytes, 14, &atqb), MADO_BYTES_TRAILING);
    bytes[0] = 0x51;
    assert_int_equal(mado_atqb_parse(bytes, 12, &atqb), MADO_BYTES_BAD_TAG);
    assert_int_equal(atqb.fsc, 77);
    bytes[0] = 0x50;
    assert_int_equal(mado_atqb_parse(bytes, 13, &atqb), MADO_BYTES_OK);
}

static void
a_rate_must_be_offered_both_ways(void **state)
{
    static const struct {
        uint8_t byte;
        MadoRate fastest;
    } rows[] = {
        {0x00, MADO_RATE_106}, {0x80, MADO_RATE_106}, {0x91, MADO_RATE_212},
        {0x11, MADO_RATE_212}, {0x33, MADO_RATE_424}, {0xB3, MADO_RATE_424},
        {0x22, MADO_RATE_424}, {0x21, MADO_RATE_106}, {0x31, MADO_RATE_212},
        {0x13, MADO_RATE_212}, {0x77, MADO_RATE_424}, {0x44, MADO_RATE_106},
        {0x3B, MADO_RATE_106}, /* reserved bit */
    };

    (void)state;
    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        assert_int_equal(parse_with(rows[i].byte, 0x81, 0xA1).fastest, rows[i].fastest);
    }
}

static void
sizes_and_times_follow_their_tables(void **state)
{
    static const uint16_t sizes[] = {16,  24,  32,   40,   48,   64,  96,  128,
                                     256, 512, 1024, 2048, 4096, 256, 256, 256};

    (void)state;
    for (uint8_t code = 0; code < 16; code++) {
        assert_int_equal(parse_with(0, (uint8_t)(code << 4 | 1), 0).fsc, sizes[code]);
        assert_int_equal(parse_with(0, 0x81, (uint8_t)(code << 4)).fwi, code == 15 ? 4 : code);
    }
    assert_false(parse_with(0, 0x80, 0).is_layer_4);
}

static void
attrib_names_the_card_and_the_rate(void **state)
{
    static const uint8_t param2[] = {0x08, 0x58, 0xA8};
    MadoAtqb atqb = parse_with(0xB3, 0x87, 0xA1);
    uint8_t command[MADO_ATQB_ATTRIB_LEN];

    (void)state;
    for (MadoRate rate = MADO_RATE_106; rate <= MADO_RATE_424; rate++) {
        mado_atqb_attrib(&atqb, rate, command);
        assert_int_equal(command[0], 0x1D);
        assert_memory_equal(command + 1, known + 1, 4);
        assert_int_equal(command[5], 0x00);
        assert_int_equal(command[6], param2[rate]);
        assert_int_equal(command[7], 0x07);
        assert_int_equal(command[8], 0x00);
        assert_int_equal(mado_atqb_kbits(rate), 106 << rate);
    }
}

static void
the_answer_to_attrib_has_our_cid(void **state)
{
    const uint8_t good[] = {0x30, 0xAA}, foreign[] = {0x01};
    uint8_t mbli = 9;

    (void)state;
    assert_int_equal(mado_atqb_parse_attrib(NULL, 0, &mbli), MADO_BYTES_SHORT);
    assert_int_equal(mado_atqb_parse_attrib(foreign, 1, &mbli), MADO_BYTES_BAD_VALUE);
    assert_int_equal(mbli, 9);
    assert_int_equal(mado_atqb_parse_attrib(good, 2, &mbli), MADO_BYTES_OK);
    assert_int_equal(mbli, 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_known_card_is_read),
        cmocka_unit_test(its_atr_is_the_one_in_public_lists),
        cmocka_unit_test(only_whole_answers_are_taken),
        cmocka_unit_test(a_rate_must_be_offered_both_ways),
        cmocka_unit_test(sizes_and_times_follow_their_tables),
        cmocka_unit_test(attrib_names_the_card_and_the_rate),
        cmocka_unit_test(the_answer_to_attrib_has_our_cid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
