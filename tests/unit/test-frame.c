/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/pasori/frame.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static size_t
unhex(const char *hex, uint8_t *ret_bytes)
{
    size_t len = 0;
    unsigned byte;

    while (sscanf(hex + 2 * len, "%2x", &byte) == 1) {
        ret_bytes[len++] = (uint8_t)byte;
    }
    return len;
}

/* Seen on the bus of real readers, in public traces of nfcpy and the kernel's driver. */
static void
frames_are_those_of_the_reader(void **state)
{
    static const char *const rows[][2] = {
        {"D62A01", "0000FFFFFF0300FDD62A01FF00"},
        {"D620", "0000FFFFFF0200FED6200A00"},
        {"D60600", "0000FFFFFF0300FDD606002400"},
        {"D60001010F01", "0000FFFFFF0600FAD60001010F011800"},
    };
    uint8_t payload[16], expected[32], frame[32];

    (void)state;
    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        const size_t payload_len = unhex(rows[i][0], payload);
        const size_t len = unhex(rows[i][1], expected);

        assert_int_equal(mado_frame_build(payload, payload_len, frame, sizeof(frame)), len);
        assert_memory_equal(frame, expected, len);
        assert_int_equal(mado_frame_build(payload, payload_len, frame, len - 1), 0);
    }
}

static void
what_is_built_is_taken_again(void **state)
{
    static uint8_t payload[MADO_FRAME_MAX_PAYLOAD + 1], bytes[MADO_FRAME_MAX + 1];
    MadoCursor cursor;
    MadoFrame frame;

    (void)state;
    for (size_t i = 0; i < sizeof(payload); i++) {
        payload[i] = (uint8_t)(i * 5);
    }
    for (size_t n = 2; n <= MADO_FRAME_MAX_PAYLOAD; n++) {
        const size_t len = mado_frame_build(payload, n, bytes, sizeof(bytes));

        assert_int_equal(len, n + MADO_FRAME_OVERHEAD);
        mado_cursor_init(&cursor, bytes, len);
        assert_int_equal(mado_frame_take(&cursor, &frame), MADO_BYTES_OK);
        assert_int_equal(cursor.at, len);
        assert_int_equal(frame.kind, MADO_FRAME_DATA);
        assert_int_equal(frame.payload_len, n);
        assert_memory_equal(frame.payload, payload, n);
    }
    assert_int_equal(mado_frame_build(payload, sizeof(payload), bytes, sizeof(bytes)), 0);
}

static void
frames_are_told_apart(void **state)
{
    static const struct {
        const char *hex;
        MadoBytesStatus status;
        MadoFrameKind kind;
        size_t used;
    } rows[] = {
        {"0000FF00FF00", MADO_BYTES_OK, MADO_FRAME_ACK, 6},
        {"0000FF00FF000000FF", MADO_BYTES_OK, MADO_FRAME_ACK, 6},
        {"0000FFFF0000", MADO_BYTES_OK, MADO_FRAME_ERROR, 6},
        {"0000FFFFFF", MADO_BYTES_OK, MADO_FRAME_ERROR, 5},
        {"0000FF01FF7F8100", MADO_BYTES_OK, MADO_FRAME_ERROR, 8},
        {"0000FF03FDD72B00FE00", MADO_BYTES_OK, MADO_FRAME_DATA, 10},
        {"0000FFFFFF0300FDD72B00FE00", MADO_BYTES_OK, MADO_FRAME_DATA, 13},
        /* the beginning of one */
        {"", MADO_BYTES_SHORT, 0, 0},
        {"0000", MADO_BYTES_SHORT, 0, 0},
        {"0000FF00", MADO_BYTES_SHORT, 0, 0},
        {"0000FF00FF", MADO_BYTES_SHORT, 0, 0},
        {"0000FFFFFF0300", MADO_BYTES_SHORT, 0, 0},
        {"0000FFFFFF0300FDD72B", MADO_BYTES_SHORT, 0, 0},
        {"0000FFFFFF0300FDD72B00FE", MADO_BYTES_SHORT, 0, 0},
        /* none */
        {"0100FF00FF00", MADO_BYTES_BAD_VALUE, 0, 0},
        {"0000FE00FF00", MADO_BYTES_BAD_VALUE, 0, 0},
        {"0000FF00FF01", MADO_BYTES_BAD_VALUE, 0, 0},
        {"0000FFFFFF0300FCD72B00FE00", MADO_BYTES_BAD_LENGTH, 0, 0},
        {"0000FFFFFF0300FDD72B00FF00", MADO_BYTES_BAD_VALUE, 0, 0},
        {"0000FFFFFF0300FDD72B00FE01", MADO_BYTES_BAD_VALUE, 0, 0},
        {"0000FFFFFF000000", MADO_BYTES_BAD_LENGTH, 0, 0},
        {"0000FFFFFFFFFF02", MADO_BYTES_BAD_LENGTH, 0, 0},
        {"0000FF03FED72B00FE00", MADO_BYTES_BAD_LENGTH, 0, 0},
        {"0000FF0000", MADO_BYTES_BAD_LENGTH, 0, 0},
    };
    uint8_t bytes[32];

    (void)state;
    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        MadoFrame frame = {.kind = MADO_FRAME_DATA, .payload_len = 77};
        MadoCursor cursor;

        mado_cursor_init(&cursor, bytes, unhex(rows[i].hex, bytes));
        assert_int_equal(mado_frame_take(&cursor, &frame), rows[i].status);
        assert_int_equal(cursor.at, rows[i].used);
        if (rows[i].status == MADO_BYTES_OK) {
            assert_int_equal(frame.kind, rows[i].kind);
        } else {
            assert_int_equal(frame.payload_len, 77);
        }
    }
}

/* No single flipped bit turns a frame into another one: at worst into none. */
static void
a_flipped_bit_is_noticed(void **state)
{
    const uint8_t payload[] = {0xD7, 0x05, 0, 0, 0, 0, 8, 0x02, 0x90, 0x00};
    uint8_t bytes[64];
    const size_t len = mado_frame_build(payload, sizeof(payload), bytes, sizeof(bytes));

    (void)state;
    for (size_t bit = 0; bit < len * 8; bit++) {
        MadoFrame frame;
        MadoCursor cursor;

        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        mado_cursor_init(&cursor, bytes, len);
        assert_int_not_equal(mado_frame_take(&cursor, &frame), MADO_BYTES_OK);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_those_of_the_reader),
        cmocka_unit_test(what_is_built_is_taken_again),
        cmocka_unit_test(frames_are_told_apart),
        cmocka_unit_test(a_flipped_bit_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
