/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/hex.h"
#include "tests/support/test.h"

#include <string.h>

static void
every_byte_goes_out_and_comes_back(void **state)
{
    for (unsigned number = 0; number <= 0xFF; number++) {
        uint8_t byte = (uint8_t)number;
        uint8_t back = (uint8_t)~byte;
        size_t len = 0;
        char text[MADO_HEX_SIZE(1)];

        assert_int_equal(mado_hex_format(&byte, 1, text, sizeof text), MADO_BYTES_OK);
        assert_int_equal(mado_hex_parse(text, 2, &back, 1, &len), MADO_BYTES_OK);
        assert_int_equal(len, 1);
        assert_int_equal(back, byte);
    }
}

static void
text_is_upper_case_and_both_cases_are_read(void **state)
{
    static const uint8_t bytes[] = {0xAB, 0xCD, 0xEF, 0x09};
    char text[MADO_HEX_SIZE(sizeof bytes)];
    uint8_t back[sizeof bytes];
    size_t len = 0;

    assert_int_equal(mado_hex_format(bytes, sizeof bytes, text, sizeof text), MADO_BYTES_OK);
    assert_string_equal(text, "ABCDEF09");
    assert_int_equal(mado_hex_parse("abcdEF09", 8, back, sizeof back, &len), MADO_BYTES_OK);
    assert_int_equal(len, sizeof bytes);
    assert_memory_equal(back, bytes, sizeof bytes);
}

static void
format_needs_room_for_the_end_mark(void **state)
{
    static const uint8_t bytes[] = {0x01, 0x02};
    char text[8] = "same";

    assert_int_equal(mado_hex_format(bytes, 2, text, 4), MADO_BYTES_FULL);
    assert_int_equal(mado_hex_format(bytes, 0, text, 0), MADO_BYTES_FULL);
    assert_int_equal(mado_hex_format(bytes, SIZE_MAX / 2 + 1, text, 8), MADO_BYTES_FULL);
    assert_string_equal(text, "same");
    assert_int_equal(mado_hex_format(bytes, 0, text, 1), MADO_BYTES_OK);
    assert_string_equal(text, "");
}

static void
broken_text_is_refused_and_touches_nothing(void **state)
{
    static const struct {
        const char *text;
        MadoBytesStatus status;
    } rows[] = {
        {"0", MADO_BYTES_BAD_LENGTH}, {"012", MADO_BYTES_BAD_LENGTH},
        {"0G", MADO_BYTES_BAD_VALUE}, {"01 2", MADO_BYTES_BAD_VALUE},
        {"/0", MADO_BYTES_BAD_VALUE}, {":0", MADO_BYTES_BAD_VALUE},
        {"@0", MADO_BYTES_BAD_VALUE}, {"`0", MADO_BYTES_BAD_VALUE},
        {"0g", MADO_BYTES_BAD_VALUE}, {"010203", MADO_BYTES_FULL},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        uint8_t bytes[2] = {0x5A, 0x5A};
        size_t len = 77;

        assert_int_equal(
            mado_hex_parse(rows[i].text, strlen(rows[i].text), bytes, sizeof bytes, &len),
            rows[i].status);
        assert_int_equal(len, 77);
        assert_int_equal(bytes[0], 0x5A);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_goes_out_and_comes_back),
        cmocka_unit_test(text_is_upper_case_and_both_cases_are_read),
        cmocka_unit_test(format_needs_room_for_the_end_mark),
        cmocka_unit_test(broken_text_is_refused_and_touches_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
