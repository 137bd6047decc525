/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/hex.h"
#include "common/tlv.h"
#include "tests/support/test.h"

#include <string.h>

static uint8_t bytes[4096];

static size_t
from_hex(const char *text)
{
    size_t len = 0;

    assert_int_equal(mado_hex_parse(text, strlen(text), bytes, sizeof bytes, &len),
                     MADO_BYTES_OK);
    return len;
}

static void
next_accepts_what_cards_write_and_nothing_else(void **state)
{
    static const struct {
        const char *hex;
        MadoBytesStatus status;
        uint32_t tag;
        size_t len;
        size_t raw_len;
    } rows[] = {
        {"", MADO_BYTES_MISSING, 0, 0, 0},
        {"0400", MADO_BYTES_OK, 0x04, 0, 2},
        {"0401AA", MADO_BYTES_OK, 0x04, 1, 3},
        {"0401AABB", MADO_BYTES_OK, 0x04, 1, 3},
        {"FF1001AA", MADO_BYTES_OK, 0xFF10, 1, 4},
        {"DF2101AA", MADO_BYTES_OK, 0xDF21, 1, 4},
        {"7F810101AA", MADO_BYTES_OK, 0x7F8101, 1, 5},
        {"048101AA", MADO_BYTES_OK, 0x04, 1, 4}, /* long form of a short value */
        {"04820001AA", MADO_BYTES_OK, 0x04, 1, 5},
        {"0483000001AA", MADO_BYTES_OK, 0x04, 1, 6},
        {"048400000001AA", MADO_BYTES_OK, 0x04, 1, 7},
        {"04850000000001AA", MADO_BYTES_BAD_LENGTH, 0, 0, 0},
        {"0480AA0000", MADO_BYTES_BAD_LENGTH, 0, 0, 0}, /* indefinite */
        {"04FF", MADO_BYTES_BAD_LENGTH, 0, 0, 0},
        {"04", MADO_BYTES_SHORT, 0, 0, 0},
        {"0402AA", MADO_BYTES_SHORT, 0, 0, 0},
        {"0481", MADO_BYTES_SHORT, 0, 0, 0},
        {"048200", MADO_BYTES_SHORT, 0, 0, 0},
        {"0484FFFFFFFFAA", MADO_BYTES_SHORT, 0, 0, 0},
        {"FF", MADO_BYTES_SHORT, 0, 0, 0},
        {"7F81", MADO_BYTES_SHORT, 0, 0, 0},
        {"0000", MADO_BYTES_BAD_TAG, 0, 0, 0},
        {"FFFFFF00", MADO_BYTES_BAD_TAG, 0, 0, 0}, /* a tag of more than three bytes */
        {"7F8001", MADO_BYTES_BAD_TAG, 0, 0, 0},
        {"7F0001AA", MADO_BYTES_BAD_TAG, 0, 0, 0},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        MadoCursor cursor;
        MadoTlv tlv = {.tag = 0xAAAA};
        size_t len = from_hex(rows[i].hex);

        mado_cursor_init(&cursor, bytes, len);
        assert_int_equal(mado_tlv_next(&cursor, &tlv), rows[i].status);
        if (rows[i].status != MADO_BYTES_OK) {
            assert_int_equal(tlv.tag, 0xAAAA);
            assert_int_equal(cursor.at, 0);
            continue;
        }
        assert_int_equal(tlv.tag, rows[i].tag);
        assert_int_equal(tlv.len, rows[i].len);
        assert_int_equal(tlv.raw_len, rows[i].raw_len);
        assert_ptr_equal(tlv.raw, bytes);
        assert_ptr_equal(tlv.value, bytes + tlv.raw_len - tlv.len);
        assert_int_equal(cursor.at, tlv.raw_len);
    }
}

/* EF 0005 of the text application answers FF40 82 00 9F: two length bytes for 159. */
static void
a_two_byte_length_for_159_is_read(void **state)
{
    size_t len = from_hex("FF4082009F");
    MadoTlv tlv;

    memset(bytes + len, 0x5A, 159);
    assert_int_equal(mado_tlv_only(bytes, len + 159, 0xFF40, &tlv), MADO_BYTES_OK);
    assert_int_equal(tlv.len, 159);
}

static void
filler_ends_a_file_but_ff_alone_is_a_tag(void **state)
{
    static const struct {
        const char *hex;
        MadoBytesStatus status; /* of the second object */
    } rows[] = {
        {"FF1001AAFFFF", MADO_BYTES_MISSING}, {"FF1001AAFF", MADO_BYTES_MISSING},
        {"FF1001AAFF00", MADO_BYTES_MISSING}, {"FF1001AA00", MADO_BYTES_MISSING},
        {"FF1001AA0000", MADO_BYTES_MISSING}, {"FF1001AA", MADO_BYTES_MISSING},
        {"FF1001AAFF2001BB", MADO_BYTES_OK},  {"FF1001AAFF20", MADO_BYTES_SHORT},
        {"FF1001AAFF8101", MADO_BYTES_SHORT},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        MadoCursor cursor;
        MadoTlv tlv;
        size_t len = from_hex(rows[i].hex);

        mado_cursor_init(&cursor, bytes, len);
        assert_int_equal(mado_tlv_next_filled(&cursor, &tlv), MADO_BYTES_OK);
        assert_int_equal(cursor.at, 4);
        assert_int_equal(mado_tlv_next_filled(&cursor, &tlv), rows[i].status);
        if (rows[i].status != MADO_BYTES_OK)
            assert_int_equal(cursor.at, 4);
    }
}

static void
find_takes_the_first_with_the_tag(void **state)
{
    static const struct {
        const char *hex;
        uint32_t tag;
        MadoBytesStatus status;
        uint8_t value;
    } rows[] = {
        {"DF2101AADF2201BBDF2201CC", 0xDF22, MADO_BYTES_OK, 0xBB},
        {"DF2101AADF2201BB", 0xDF23, MADO_BYTES_MISSING, 0},
        {"DF2101AAFFFFDF2201BB", 0xDF22, MADO_BYTES_MISSING, 0}, /* behind filler */
        {"FF2004DF2201BB", 0xDF22, MADO_BYTES_MISSING, 0},       /* not at the top */
        {"DF2106AADF2201BB", 0xDF22, MADO_BYTES_SHORT, 0},
        {"DF2101AADF2202BB", 0xDF21, MADO_BYTES_OK, 0xAA}, /* what follows is not looked at */
        {"", 0xDF22, MADO_BYTES_MISSING, 0},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        MadoTlv tlv = {.tag = 0xAAAA};
        size_t len = from_hex(rows[i].hex);

        assert_int_equal(mado_tlv_find(bytes, len, rows[i].tag, &tlv), rows[i].status);
        if (rows[i].status == MADO_BYTES_OK)
            assert_int_equal(tlv.value[0], rows[i].value);
        else
            assert_int_equal(tlv.tag, 0xAAAA);
    }
}

static void
only_is_exactly_one_object(void **state)
{
    static const struct {
        const char *hex;
        MadoBytesStatus status;
    } rows[] = {
        {"7F2101AA", MADO_BYTES_OK},      {"7F2101AA00", MADO_BYTES_TRAILING},
        {"7F2201AA", MADO_BYTES_BAD_TAG}, {"7F2102AA", MADO_BYTES_SHORT},
        {"", MADO_BYTES_MISSING},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        MadoTlv tlv = {.tag = 0xAAAA};
        size_t len = from_hex(rows[i].hex);

        assert_int_equal(mado_tlv_only(bytes, len, 0x7F21, &tlv), rows[i].status);
        if (rows[i].status != MADO_BYTES_OK)
            assert_int_equal(tlv.tag, 0xAAAA);
    }
}

typedef struct {
    size_t n_visits;
    size_t stop_at;
    uint32_t tags[16];
    size_t depths[16];
} Visits;

static bool
note_visit(void *user, const MadoTlv *tlv, size_t depth)
{
    Visits *visits = user;

    assert_true(visits->n_visits < MADO_N_ELEMENTS(visits->tags));
    visits->tags[visits->n_visits] = tlv->tag;
    visits->depths[visits->n_visits] = depth;
    visits->n_visits++;
    return visits->n_visits != visits->stop_at;
}

static void
walk_visits_parents_first(void **state)
{
    static const uint32_t tags[] = {0x30, 0x04, 0x7F49, 0x81, 0x30, 0x05};
    static const size_t depths[] = {0, 1, 1, 2, 1, 0};
    size_t len = from_hex("300A0401AA7F4902810030000500");
    Visits visits = {0};

    assert_int_equal(mado_tlv_walk(bytes, len, 3, note_visit, &visits), MADO_BYTES_OK);
    assert_int_equal(visits.n_visits, MADO_N_ELEMENTS(tags));
    for (size_t i = 0; i < visits.n_visits; i++) {
        assert_int_equal(visits.tags[i], tags[i]);
        assert_int_equal(visits.depths[i], depths[i]);
    }
}

static void
walk_stops_where_the_visitor_says(void **state)
{
    size_t len = from_hex("3003040100050004");
    Visits visits = {.stop_at = 2};

    assert_int_equal(mado_tlv_walk(bytes, len, 3, note_visit, &visits), MADO_BYTES_OK);
    assert_int_equal(visits.n_visits, 2);
}

static void
walk_refuses_what_is_broken_or_too_deep(void **state)
{
    static const struct {
        const char *hex;
        size_t max_depth;
        MadoBytesStatus status;
    } rows[] = {
        {"3002300030", 4, MADO_BYTES_SHORT},
        {"30033002", 4, MADO_BYTES_SHORT},
        {"30023002", 4, MADO_BYTES_SHORT}, /* the inner one would leave the outer one */
        {"30023000", 1, MADO_BYTES_DEPTH},
        {"30023000", 2, MADO_BYTES_OK},
        {"30023000", 0, MADO_BYTES_DEPTH},
        {"300E300C300A30083006300430023000", 8, MADO_BYTES_OK},
        {"3010300E300C300A30083006300430023000", 8, MADO_BYTES_DEPTH},
        {"3010300E300C300A30083006300430023000", SIZE_MAX, MADO_BYTES_DEPTH},
        {"", 1, MADO_BYTES_OK},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        Visits visits = {0};
        size_t len = from_hex(rows[i].hex);

        assert_int_equal(mado_tlv_walk(bytes, len, rows[i].max_depth, note_visit, &visits),
                         rows[i].status);
    }
}

static void
constructed_is_told_by_the_first_byte(void **state)
{
    assert_true(mado_tlv_is_constructed(0x30));
    assert_true(mado_tlv_is_constructed(0x7F49));
    assert_true(mado_tlv_is_constructed(0xFF10));
    assert_true(mado_tlv_is_constructed(0x7F8101));
    assert_false(mado_tlv_is_constructed(0x04));
    assert_false(mado_tlv_is_constructed(0xDF21));
    assert_false(mado_tlv_is_constructed(0x5F37));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_accepts_what_cards_write_and_nothing_else),
        cmocka_unit_test(a_two_byte_length_for_159_is_read),
        cmocka_unit_test(filler_ends_a_file_but_ff_alone_is_a_tag),
        cmocka_unit_test(find_takes_the_first_with_the_tag),
        cmocka_unit_test(only_is_exactly_one_object),
        cmocka_unit_test(walk_visits_parents_first),
        cmocka_unit_test(walk_stops_where_the_visitor_says),
        cmocka_unit_test(walk_refuses_what_is_broken_or_too_deep),
        cmocka_unit_test(constructed_is_told_by_the_first_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
