/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/cursor.h"
#include "tests/support/test.h"

#include <string.h>

static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09};

static void
numbers_are_big_endian(void **state)
{
    MadoCursor cursor;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;

    mado_cursor_init(&cursor, bytes, sizeof bytes);
    assert_true(mado_cursor_u8(&cursor, &u8));
    assert_int_equal(u8, 0x01);
    assert_true(mado_cursor_u16(&cursor, &u16));
    assert_int_equal(u16, 0x0203);
    assert_true(mado_cursor_u32(&cursor, &u32));
    assert_int_equal(u32, 0x04050607);
    assert_int_equal(mado_cursor_left(&cursor), 2);

    mado_cursor_init(&cursor, bytes, sizeof bytes);
    assert_true(mado_cursor_u64(&cursor, &u64));
    assert_true(u64 == 0x0102030405060708U);
    assert_int_equal(mado_cursor_left(&cursor), 1);
}

/* Each call on every length that is too short for it: nothing is set, nothing moves. */
static void
a_short_read_touches_nothing(void **state)
{
    for (size_t len = 0; len < 8; len++) {
        MadoCursor cursor;
        uint8_t u8 = 0xAA;
        uint16_t u16 = 0xAAAA;
        uint32_t u32 = 0xAAAAAAAA;
        uint64_t u64 = 0xAAAAAAAA;

        mado_cursor_init(&cursor, bytes, len);
        if (len < 1)
            assert_false(mado_cursor_u8(&cursor, &u8));
        if (len < 2)
            assert_false(mado_cursor_u16(&cursor, &u16));
        if (len < 4)
            assert_false(mado_cursor_u32(&cursor, &u32));
        assert_false(mado_cursor_u64(&cursor, &u64));
        assert_int_equal(u8, 0xAA);
        assert_int_equal(u16, 0xAAAA);
        assert_int_equal(u32, 0xAAAAAAAA);
        assert_true(u64 == 0xAAAAAAAA);
        assert_int_equal(cursor.at, 0);
    }
}

static void
take_refuses_lengths_that_would_wrap(void **state)
{
    static const size_t lens[] = {sizeof bytes, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2};
    MadoCursor cursor;
    MadoCursor sub = {0};
    const uint8_t *taken = NULL;

    mado_cursor_init(&cursor, bytes, sizeof bytes);
    assert_true(mado_cursor_skip(&cursor, 1));
    for (size_t i = 0; i < MADO_N_ELEMENTS(lens); i++) {
        assert_false(mado_cursor_take(&cursor, lens[i], &taken));
        assert_false(mado_cursor_skip(&cursor, lens[i]));
        assert_false(mado_cursor_sub(&cursor, lens[i], &sub));
        assert_null(taken);
        assert_null(sub.data);
        assert_int_equal(cursor.at, 1);
    }
}

static void
take_and_sub_point_into_the_bytes(void **state)
{
    MadoCursor cursor;
    MadoCursor sub;
    const uint8_t *taken;
    uint8_t u8;

    mado_cursor_init(&cursor, bytes, sizeof bytes);
    assert_true(mado_cursor_take(&cursor, 2, &taken));
    assert_ptr_equal(taken, bytes);
    assert_true(mado_cursor_sub(&cursor, 3, &sub));
    assert_int_equal(mado_cursor_left(&cursor), 4);
    assert_int_equal(mado_cursor_left(&sub), 3);
    assert_true(mado_cursor_skip(&sub, 2));
    assert_true(mado_cursor_u8(&sub, &u8));
    assert_int_equal(u8, 0x05);
    assert_false(mado_cursor_u8(&sub, &u8));
}

static void
peek_does_not_move(void **state)
{
    MadoCursor cursor;
    uint8_t u8 = 0xAA;

    mado_cursor_init(&cursor, bytes, sizeof bytes);
    assert_false(mado_cursor_peek_u8(&cursor, sizeof bytes, &u8));
    assert_false(mado_cursor_peek_u8(&cursor, SIZE_MAX, &u8));
    assert_int_equal(u8, 0xAA);
    assert_true(mado_cursor_peek_u8(&cursor, sizeof bytes - 1, &u8));
    assert_int_equal(u8, 0x09);
    assert_int_equal(cursor.at, 0);
}

static void
no_bytes_are_a_cursor_too(void **state)
{
    MadoCursor cursor;
    MadoCursor sub;
    const uint8_t *taken = bytes;
    uint8_t u8;

    mado_cursor_init(&cursor, NULL, 0);
    assert_int_equal(mado_cursor_left(&cursor), 0);
    assert_true(mado_cursor_take(&cursor, 0, &taken));
    assert_null(taken);
    assert_true(mado_cursor_sub(&cursor, 0, &sub));
    assert_false(mado_cursor_peek_u8(&sub, 0, &u8));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(a_short_read_touches_nothing),
        cmocka_unit_test(take_refuses_lengths_that_would_wrap),
        cmocka_unit_test(take_and_sub_point_into_the_bytes),
        cmocka_unit_test(peek_does_not_move),
        cmocka_unit_test(no_bytes_are_a_cursor_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
