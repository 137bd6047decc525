/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/tlv.h"
#include "common/writer.h"
#include "tests/support/test.h"

#include <string.h>

static uint8_t buffer[70000];
static uint8_t filling[66000];

static void
numbers_are_big_endian(void **state)
{
    static const uint8_t expected[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
                                       0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F};
    MadoWriter writer;

    mado_writer_init(&writer, buffer, sizeof expected);
    mado_writer_u8(&writer, 0x01);
    mado_writer_u16(&writer, 0x0203);
    mado_writer_u32(&writer, 0x04050607);
    mado_writer_u64(&writer, 0x08090A0B0C0D0E0FU);
    assert_true(mado_writer_ok(&writer));
    assert_int_equal(mado_writer_len(&writer), sizeof expected);
    assert_memory_equal(buffer, expected, sizeof expected);
}

static void
one_byte_too_many_fails_and_stays_failed(void **state)
{
    MadoWriter writer;

    memset(buffer, 0xAA, 8);
    mado_writer_init(&writer, buffer, 3);
    mado_writer_u16(&writer, 0x0102);
    mado_writer_u16(&writer, 0x0304);
    assert_false(mado_writer_ok(&writer));
    mado_writer_u8(&writer, 0x05); /* would fit */
    assert_false(mado_writer_ok(&writer));
    assert_int_equal(mado_writer_len(&writer), 0);
    assert_int_equal(buffer[2], 0xAA);
    assert_int_equal(buffer[3], 0xAA);
}

static void
lengths_are_as_short_as_they_can_be(void **state)
{
    static const struct {
        size_t len;
        uint8_t head[5];
        size_t head_len;
    } rows[] = {
        {0, {0x04, 0x00}, 2},
        {1, {0x04, 0x01}, 2},
        {0x7F, {0x04, 0x7F}, 2},
        {0x80, {0x04, 0x81, 0x80}, 3},
        {0xFF, {0x04, 0x81, 0xFF}, 3},
        {0x100, {0x04, 0x82, 0x01, 0x00}, 4},
        {0xFFFF, {0x04, 0x82, 0xFF, 0xFF}, 4},
        {0x10000, {0x04, 0x83, 0x01, 0x00, 0x00}, 5},
    };

    memset(filling, 0x5A, sizeof filling);
    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        MadoWriter writer;
        size_t mark;

        mado_writer_init(&writer, buffer, sizeof buffer);
        mado_writer_tlv(&writer, 0x04, filling, rows[i].len);
        assert_int_equal(mado_writer_len(&writer), rows[i].head_len + rows[i].len);
        assert_memory_equal(buffer, rows[i].head, rows[i].head_len);
        assert_memory_equal(buffer + rows[i].head_len, filling, rows[i].len);

        /* begin … end makes the same bytes, and needs no more room than they take. */
        mado_writer_init(&writer, buffer, rows[i].head_len + rows[i].len);
        mark = mado_writer_begin(&writer, 0x04);
        mado_writer_bytes(&writer, filling, rows[i].len);
        mado_writer_end(&writer, mark);
        assert_int_equal(mado_writer_len(&writer), rows[i].head_len + rows[i].len);
        assert_memory_equal(buffer, rows[i].head, rows[i].head_len);
        assert_memory_equal(buffer + rows[i].head_len, filling, rows[i].len);
    }
}

static void
objects_nest(void **state)
{
    MadoWriter writer;
    MadoTlv outer;
    MadoTlv inner;
    size_t outer_mark;
    size_t inner_mark;

    mado_writer_init(&writer, buffer, sizeof buffer);
    outer_mark = mado_writer_begin(&writer, 0x7F49);
    mado_writer_tlv(&writer, 0x81, filling, 200);
    inner_mark = mado_writer_begin(&writer, 0xDF21);
    mado_writer_bytes(&writer, filling, 300);
    mado_writer_end(&writer, inner_mark);
    mado_writer_tlv(&writer, 0x82, filling, 3);
    mado_writer_end(&writer, outer_mark);
    assert_true(mado_writer_ok(&writer));

    assert_int_equal(mado_tlv_only(buffer, mado_writer_len(&writer), 0x7F49, &outer),
                     MADO_BYTES_OK);
    assert_int_equal(mado_tlv_find(outer.value, outer.len, 0xDF21, &inner), MADO_BYTES_OK);
    assert_int_equal(inner.len, 300);
    assert_memory_equal(inner.value, filling, 300);
    assert_int_equal(mado_tlv_find(outer.value, outer.len, 0x82, &inner), MADO_BYTES_OK);
    assert_int_equal(inner.len, 3);
}

static void
end_fails_when_the_length_no_longer_fits(void **state)
{
    MadoWriter writer;
    size_t mark;

    mado_writer_init(&writer, buffer, 2 + 0x80);
    mark = mado_writer_begin(&writer, 0x04);
    mado_writer_bytes(&writer, filling, 0x80);
    assert_true(mado_writer_ok(&writer));
    mado_writer_end(&writer, mark);
    assert_false(mado_writer_ok(&writer));
}

static void
a_mark_that_was_never_given_fails(void **state)
{
    static const size_t marks[] = {0, 4, SIZE_MAX};

    for (size_t i = 0; i < MADO_N_ELEMENTS(marks); i++) {
        MadoWriter writer;

        mado_writer_init(&writer, buffer, 16);
        mado_writer_u16(&writer, 0x0400);
        mado_writer_end(&writer, marks[i]);
        assert_false(mado_writer_ok(&writer));
    }
}

static void
tags_have_one_to_three_bytes(void **state)
{
    static const struct {
        uint32_t tag;
        size_t len;
    } rows[] = {{0x5C, 1}, {0x7F49, 2}, {0xDF21, 2}, {0x7F8101, 3}, {0, 0}, {0x1F818101, 0}};

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        MadoWriter writer;

        mado_writer_init(&writer, buffer, 16);
        mado_writer_tag(&writer, rows[i].tag);
        assert_int_equal(mado_writer_ok(&writer), rows[i].len > 0);
        assert_int_equal(mado_writer_len(&writer), rows[i].len);
    }
}

static void
no_bytes_may_be_written_from_nowhere(void **state)
{
    MadoWriter writer;

    mado_writer_init(&writer, buffer, 0);
    mado_writer_bytes(&writer, NULL, 0);
    assert_true(mado_writer_ok(&writer));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(one_byte_too_many_fails_and_stays_failed),
        cmocka_unit_test(lengths_are_as_short_as_they_can_be),
        cmocka_unit_test(objects_nest),
        cmocka_unit_test(end_fails_when_the_length_no_longer_fits),
        cmocka_unit_test(a_mark_that_was_never_given_fails),
        cmocka_unit_test(tags_have_one_to_three_bytes),
        cmocka_unit_test(no_bytes_may_be_written_from_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
