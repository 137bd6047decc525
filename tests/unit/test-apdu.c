/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/apdu.h"
#include "common/hex.h"
#include "tests/support/test.h"

#include <string.h>

static uint8_t buffer[MADO_APDU_MAX_COMMAND + 8];
static uint8_t filling[MADO_APDU_MAX_DATA];

static size_t
from_hex(const char *text)
{
    size_t len = 0;

    assert_int_equal(mado_hex_parse(text, strlen(text), buffer, sizeof buffer, &len),
                     MADO_BYTES_OK);
    return len;
}

/* ISO/IEC 7816-4, table 2 and 3: each case, at and beside each border between short and
 * extended. */
static const struct {
    size_t data_len;
    size_t ne;
    bool extended;
    const char *before; /* what stands between header and data */
    const char *after;
} cases[] = {
    {0, 0, false, "", ""},
    {0, 1, false, "", "01"},
    {0, 255, false, "", "FF"},
    {0, 256, false, "", "00"},
    {0, 257, false, "", "000101"},
    {0, 65535, false, "", "00FFFF"},
    {0, 65536, false, "", "000000"},
    {0, 1, true, "", "000001"},
    {1, 0, false, "01", ""},
    {255, 0, false, "FF", ""},
    {256, 0, false, "000100", ""},
    {65535, 0, false, "00FFFF", ""},
    {1, 0, true, "000001", ""},
    {1, 1, false, "01", "01"},
    {255, 256, false, "FF", "00"},
    {255, 257, false, "0000FF", "0101"},
    {256, 256, false, "000100", "0100"},
    {65535, 65536, false, "00FFFF", "0000"},
    {16, 16, true, "000010", "0010"},
};

static void
every_case_is_written_and_read_back(void **state)
{
    for (size_t i = 0; i < MADO_N_ELEMENTS(cases); i++) {
        MadoCommand command = {0x80, 0x50, 0x30, 0x01, filling, 0, 0, false};
        MadoCommand back;
        MadoWriter writer;
        uint8_t expected[16] = {0x80, 0x50, 0x30, 0x01};
        size_t head_len = 0;
        size_t tail_len = 0;
        size_t len;

        command.data_len = cases[i].data_len;
        command.ne = cases[i].ne;
        command.extended = cases[i].extended;
        mado_writer_init(&writer, buffer, MADO_APDU_MAX_COMMAND);
        assert_int_equal(mado_apdu_encode(&command, &writer), MADO_BYTES_OK);
        len = mado_writer_len(&writer);

        assert_int_equal(mado_hex_parse(cases[i].before, strlen(cases[i].before), expected + 4,
                                        sizeof expected - 4, &head_len),
                         MADO_BYTES_OK);
        assert_memory_equal(buffer, expected, 4 + head_len);
        assert_memory_equal(buffer + 4 + head_len, filling, command.data_len);
        assert_int_equal(mado_hex_parse(cases[i].after, strlen(cases[i].after), expected,
                                        sizeof expected, &tail_len),
                         MADO_BYTES_OK);
        assert_int_equal(len, 4 + head_len + command.data_len + tail_len);
        assert_memory_equal(buffer + len - tail_len, expected, tail_len);

        assert_int_equal(mado_apdu_decode(buffer, len, &back), MADO_BYTES_OK);
        assert_int_equal(back.cla, 0x80);
        assert_int_equal(back.ins, 0x50);
        assert_int_equal(back.p1, 0x30);
        assert_int_equal(back.p2, 0x01);
        assert_int_equal(back.data_len, command.data_len);
        assert_int_equal(back.ne, command.ne);
        assert_memory_equal(back.data != NULL ? back.data : filling, filling, back.data_len);
    }
}

static void
decode_tells_the_form_it_saw(void **state)
{
    MadoCommand command;

    assert_int_equal(mado_apdu_decode(buffer, from_hex("00B000000001"), &command),
                     MADO_BYTES_SHORT);
    assert_int_equal(mado_apdu_decode(buffer, from_hex("00B0000000"), &command), MADO_BYTES_OK);
    assert_false(command.extended);
    assert_int_equal(command.ne, 256);
    assert_int_equal(mado_apdu_decode(buffer, from_hex("00B00000000000"), &command),
                     MADO_BYTES_OK);
    assert_true(command.extended);
    assert_int_equal(command.ne, 65536);
}

static void
broken_commands_are_refused_and_touch_nothing(void **state)
{
    static const struct {
        const char *hex;
        MadoBytesStatus status;
    } rows[] = {
        {"", MADO_BYTES_SHORT},
        {"00A404", MADO_BYTES_SHORT},
        {"00A4040C02AA", MADO_BYTES_SHORT},
        {"00A4040C01AA0000", MADO_BYTES_TRAILING},
        {"00A4040C0000", MADO_BYTES_SHORT},
        {"00A4040C000002AA", MADO_BYTES_SHORT},
        {"00A4040C0000020000", MADO_BYTES_OK},
        {"00A4040C00000200", MADO_BYTES_SHORT},
        {"00A4040C000001AA00", MADO_BYTES_SHORT},
        {"00A4040C000001AA000000", MADO_BYTES_TRAILING},
        {"00A4040C000000AA", MADO_BYTES_BAD_LENGTH},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        MadoCommand command = {.ins = 0x5A, .ne = 77};
        size_t len = from_hex(rows[i].hex);

        assert_int_equal(mado_apdu_decode(buffer, len, &command), rows[i].status);
        if (rows[i].status != MADO_BYTES_OK) {
            assert_int_equal(command.ins, 0x5A);
            assert_int_equal(command.ne, 77);
        }
    }
}

static void
encode_refuses_what_no_command_can_hold(void **state)
{
    MadoCommand command = {.data = filling, .data_len = MADO_APDU_MAX_DATA + 1};
    MadoWriter writer;

    mado_writer_init(&writer, buffer, sizeof buffer);
    assert_int_equal(mado_apdu_encode(&command, &writer), MADO_BYTES_BAD_LENGTH);
    assert_false(mado_writer_ok(&writer));

    command.data_len = 0;
    command.ne = MADO_APDU_MAX_NE + 1;
    mado_writer_init(&writer, buffer, sizeof buffer);
    assert_int_equal(mado_apdu_encode(&command, &writer), MADO_BYTES_BAD_LENGTH);

    command.ne = 0;
    command.data_len = 10;
    mado_writer_init(&writer, buffer, 14);
    assert_int_equal(mado_apdu_encode(&command, &writer), MADO_BYTES_FULL);
    assert_int_equal(mado_writer_len(&writer), 0);
}

static void
split_needs_a_status_word(void **state)
{
    MadoResponse response = {.sw = 0x5A5A};

    assert_int_equal(mado_apdu_split(buffer, 0, &response), MADO_BYTES_SHORT);
    assert_int_equal(mado_apdu_split(buffer, 1, &response), MADO_BYTES_SHORT);
    assert_int_equal(mado_apdu_split(buffer, MADO_APDU_MAX_RESPONSE + 1, &response),
                     MADO_BYTES_BAD_LENGTH);
    assert_int_equal(response.sw, 0x5A5A);

    assert_int_equal(mado_apdu_split(buffer, from_hex("9000"), &response), MADO_BYTES_OK);
    assert_int_equal(response.sw, 0x9000);
    assert_int_equal(response.data_len, 0);
    assert_int_equal(mado_apdu_split(buffer, from_hex("AABB63C2"), &response), MADO_BYTES_OK);
    assert_int_equal(response.sw, 0x63C2);
    assert_int_equal(response.data_len, 2);
    assert_ptr_equal(response.data, buffer);
}

static void
only_known_harmless_commands_may_be_logged_whole(void **state)
{
    static const struct {
        uint8_t cla;
        uint8_t ins;
        bool sensitive;
    } rows[] = {
        {0x00, 0xA4, false}, {0x00, 0xB0, false}, {0x00, 0xB2, false}, {0x00, 0xC0, false},
        {0x00, 0xCA, false}, {0x00, 0x84, false}, {0x00, 0x88, false}, {0x80, 0x50, false},
        {0x00, 0x20, true},  {0x00, 0x24, true},  {0x00, 0x2C, true},  {0x80, 0x32, true},
        {0x00, 0x46, true},  {0x00, 0x47, true},  {0x80, 0x2A, true},  {0x00, 0xD6, true},
        {0x84, 0x82, true},  {0x08, 0xB0, true},  {0x0C, 0xB0, true},  {0x04, 0xA4, true},
        {0x60, 0xA4, true},  {0x40, 0xA4, true},  {0x84, 0x50, true},  {0x80, 0xA4, true},
        {0x00, 0x00, true},  {0x00, 0xFF, true},  {0x00, 0x50, true},
    };
    size_t n_harmless = 0;

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        MadoCommand command = {.cla = rows[i].cla, .ins = rows[i].ins};

        assert_int_equal(mado_apdu_is_sensitive(&command), rows[i].sensitive);
    }
    for (unsigned number = 0; number <= 0xFFFF; number++) {
        MadoCommand command = {.cla = (uint8_t)(number >> 8), .ins = (uint8_t)number};

        n_harmless += !mado_apdu_is_sensitive(&command);
    }
    assert_int_equal(n_harmless, 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_written_and_read_back),
        cmocka_unit_test(decode_tells_the_form_it_saw),
        cmocka_unit_test(broken_commands_are_refused_and_touch_nothing),
        cmocka_unit_test(encode_refuses_what_no_command_can_hold),
        cmocka_unit_test(split_needs_a_status_word),
        cmocka_unit_test(only_known_harmless_commands_may_be_logged_whole),
    };

    for (size_t i = 0; i < sizeof filling; i++)
        filling[i] = (uint8_t)(i * 31 + 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
