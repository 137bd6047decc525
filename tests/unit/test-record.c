/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/record.h"
#include "common/tlv.h"
#include "tests/support/test.h"

#include <string.h>

static MadoRecord
some_record(void)
{
    MadoRecord record = {0};

    record.profile = MADO_PROFILE_VERSION;
    record.life = MADO_LIFE_PREPARED;
    record.phase = MADO_PHASE_OPEN;
    record.fencing = 0x01020304;
    record.has_transaction = true;
    memset(record.transaction, 1, sizeof record.transaction);
    record.has_committed = true;
    memset(record.committed, 2, sizeof record.committed);
    record.n_staged = 2;
    record.staged[0].slot = MADO_SLOT_SIGN;
    memset(record.staged[0].key_hash, 3, 32);
    record.staged[1].slot = MADO_SLOT_AUTH;
    memset(record.staged[1].key_hash, 4, 32);
    record.staged[1].has_cert_hash = true;
    memset(record.staged[1].cert_hash, 5, 32);
    record.n_live = 1;
    record.live[0] = record.staged[1];
    record.n_pins = 2;
    record.pins[0] = (MadoRecordPin){MADO_AP_JPKI, MADO_EF_JPKI_AUTH_PIN,
                                     MADO_PIN_FLAG_TRANSPORT, 0x0506, 3};
    record.pins[1] =
        (MadoRecordPin){MADO_AP_COMMON, MADO_EF_JUKI_PIN, MADO_PIN_FLAG_UNSET, 0, 0};
    return record;
}

static size_t
format(const MadoRecord *record, uint8_t data[MADO_RECORD_MAX_LEN])
{
    MadoWriter writer;

    mado_writer_init(&writer, data, MADO_RECORD_MAX_LEN);
    mado_record_format(record, &writer);
    assert_true(mado_writer_ok(&writer));
    return mado_writer_len(&writer);
}

static void
what_is_formatted_is_parsed(void **state)
{
    const MadoRecord record = some_record();
    uint8_t data[MADO_RECORD_MAX_LEN];
    uint8_t again[MADO_RECORD_MAX_LEN];
    size_t len = format(&record, data);
    MadoRecord parsed;

    assert_int_equal(mado_record_parse(data, len, &parsed), MADO_BYTES_OK);
    assert_int_equal(parsed.life, MADO_LIFE_PREPARED);
    assert_int_equal(parsed.phase, MADO_PHASE_OPEN);
    assert_int_equal(parsed.fencing, 0x01020304);
    assert_int_equal(parsed.n_staged, 2);
    assert_int_equal(parsed.n_live, 1);
    assert_int_equal(parsed.n_pins, 2);
    assert_int_equal(format(&parsed, again), len);
    assert_memory_equal(again, data, len);
}

static void
the_profile_of_a_newer_record_can_be_told(void **state)
{
    MadoRecord record = some_record();
    uint8_t data[MADO_RECORD_MAX_LEN] = {0};
    unsigned profile = 0x77;
    size_t len;

    assert_int_equal(mado_record_profile(data, 0, &profile), MADO_BYTES_MISSING);
    record.profile = MADO_PROFILE_VERSION + 1;
    len = format(&record, data);
    assert_int_not_equal(mado_record_profile(data, len - 1, &profile), MADO_BYTES_OK);
    assert_int_equal(profile, 0x77);
    assert_int_equal(mado_record_profile(data, len, &profile), MADO_BYTES_OK);
    assert_int_equal(profile, MADO_PROFILE_VERSION + 1);
}

static void
the_largest_record_fits(void **state)
{
    MadoRecord record = some_record();
    uint8_t data[MADO_RECORD_MAX_LEN];

    record.n_live = 2;
    record.live[1] = record.live[0];
    record.n_pins = MADO_RECORD_MAX_PINS;
    for (size_t i = 0; i < MADO_RECORD_MAX_PINS; i++)
        record.pins[i] = record.pins[0];
    assert_true(format(&record, data) > 0);
}

static void
the_entries_are_found_by_name(void **state)
{
    const MadoRecord record = some_record();
    const uint8_t open[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const uint8_t done[16] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
    MadoRecord idle = record;

    assert_ptr_equal(mado_record_staged(&record, MADO_SLOT_AUTH), &record.staged[1]);
    assert_null(mado_record_live(&record, MADO_SLOT_SIGN));
    assert_ptr_equal(mado_record_live(&record, MADO_SLOT_AUTH), &record.live[0]);
    assert_ptr_equal(mado_record_pin(&record, MADO_AP_COMMON, MADO_EF_JUKI_PIN),
                     &record.pins[1]);
    assert_null(mado_record_pin(&record, MADO_AP_JUKI, MADO_EF_JUKI_PIN));
    assert_true(mado_record_has_transport(&record));
    assert_true(mado_record_is_open(&record, open));
    assert_false(mado_record_is_open(&record, done));
    assert_true(mado_record_is_committed(&record, done));
    assert_false(mado_record_is_committed(&record, open));
    idle.pins[0].flags = 0;
    idle.phase = MADO_PHASE_IDLE;
    idle.has_transaction = false;
    idle.has_committed = false;
    assert_false(mado_record_has_transport(&idle));
    assert_false(mado_record_is_open(&idle, open));
    assert_false(mado_record_is_committed(&idle, done));
}

/* Formats `record`, which parsing must refuse for this reason. */
static void
assert_refused(const MadoRecord *record, MadoBytesStatus expected)
{
    uint8_t data[MADO_RECORD_MAX_LEN];
    size_t len = format(record, data);
    MadoRecord parsed;

    memset(&parsed, 0x77, sizeof parsed);
    assert_int_equal(mado_record_parse(data, len, &parsed), expected);
    assert_int_equal(parsed.profile, 0x77);
}

static void
a_record_that_contradicts_itself_is_refused(void **state)
{
    MadoRecord record = some_record();

    record.profile = MADO_PROFILE_VERSION + 1;
    assert_refused(&record, MADO_BYTES_BAD_VALUE);
    record = some_record();
    record.life = (MadoLifeCycle)0x02;
    assert_refused(&record, MADO_BYTES_BAD_VALUE);
    record = some_record();
    record.has_transaction = false;
    assert_refused(&record, MADO_BYTES_BAD_VALUE);
    record = some_record();
    record.phase = MADO_PHASE_IDLE;
    assert_refused(&record, MADO_BYTES_BAD_VALUE);
    record.has_transaction = false;
    assert_refused(&record, MADO_BYTES_BAD_VALUE);
    record.n_staged = 0;
    {
        uint8_t data[MADO_RECORD_MAX_LEN];
        MadoRecord parsed;

        assert_int_equal(mado_record_parse(data, format(&record, data), &parsed),
                         MADO_BYTES_OK);
    }
    record = some_record();
    record.live[0].has_cert_hash = false;
    assert_refused(&record, MADO_BYTES_MISSING);
    record = some_record();
    record.staged[0].slot = MADO_SLOT_AUTH;
    assert_refused(&record, MADO_BYTES_BAD_VALUE);
    record = some_record();
    record.staged[0].slot = (MadoSlot)3;
    assert_refused(&record, MADO_BYTES_BAD_VALUE);
    record = some_record();
    record.pins[1] = record.pins[0];
    assert_refused(&record, MADO_BYTES_BAD_VALUE);
    record = some_record();
    record.pins[1].ap = (MadoAp)6;
    assert_refused(&record, MADO_BYTES_BAD_VALUE);
    record = some_record();
    record.pins[1].flags = 4;
    assert_refused(&record, MADO_BYTES_BAD_VALUE);
}

/* Rewrites the record with one top-level object left out, doubled or lengthened by a byte. */
static size_t
edit(const uint8_t *data, size_t len, size_t at, unsigned how, uint8_t ret_data[2048])
{
    MadoWriter writer;
    MadoCursor cursor;
    MadoTlv record;
    MadoTlv tlv;
    size_t mark;

    assert_int_equal(mado_tlv_only(data, len, MADO_OBJECT_RECORD, &record), MADO_BYTES_OK);
    mado_writer_init(&writer, ret_data, 2048);
    mark = mado_writer_begin(&writer, MADO_OBJECT_RECORD);
    mado_cursor_init(&cursor, record.value, record.len);
    for (size_t i = 0; mado_tlv_next(&cursor, &tlv) == MADO_BYTES_OK; i++) {
        if (i != at || how > 0)
            mado_writer_bytes(&writer, tlv.raw, tlv.raw_len);
        if (i == at && how == 1)
            mado_writer_bytes(&writer, tlv.raw, tlv.raw_len);
    }
    if (how == 2)
        mado_writer_tlv(&writer, 0x99, NULL, 0);
    mado_writer_end(&writer, mark);
    return mado_writer_len(&writer);
}

static void
every_malformed_record_is_refused(void **state)
{
    const MadoRecord record = some_record();
    uint8_t data[MADO_RECORD_MAX_LEN];
    uint8_t edited[2048];
    size_t len = format(&record, data);
    MadoRecord parsed;

    /* PROFILE, LIFE, PHASE, FENCING, TRANSACTION: required here; all objects: once. */
    for (size_t at = 0; at < 5; at++)
        assert_int_not_equal(mado_record_parse(edited, edit(data, len, at, 0, edited), &parsed),
                             MADO_BYTES_OK);
    for (size_t at = 0; at < 11; at++)
        assert_int_not_equal(mado_record_parse(edited, edit(data, len, at, 1, edited), &parsed),
                             MADO_BYTES_OK);
    assert_int_equal(mado_record_parse(edited, edit(data, len, 99, 2, edited), &parsed),
                     MADO_BYTES_BAD_TAG);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_not_equal(mado_record_parse(data, cut, &parsed), MADO_BYTES_OK);
    memset(edited, 0, sizeof edited);
    assert_int_equal(mado_record_parse(edited, MADO_RECORD_MAX_LEN + 1, &parsed),
                     MADO_BYTES_BAD_LENGTH);
}

static void
lengths_inside_must_be_exact(void **state)
{
    static const struct {
        MadoBytesStatus status;
        uint8_t len;
        uint8_t data[16];
    } rows[] = {
        {MADO_BYTES_MISSING, 3, {0xDF, 0x70, 0}},
        {MADO_BYTES_MISSING, 6, {0xDF, 0x70, 3, 0x8B, 1, 1}},
        {MADO_BYTES_BAD_LENGTH, 7, {0xDF, 0x70, 4, 0x8B, 2, 0, 1}},
        {MADO_BYTES_BAD_LENGTH, 6, {0xDF, 0x70, 3, 0x83, 1, 1}},
        {MADO_BYTES_BAD_LENGTH, 6, {0xDF, 0x70, 3, 0x82, 1, 1}},
        {MADO_BYTES_BAD_LENGTH, 8, {0xDF, 0x70, 5, 0xB2, 3, 0x81, 1, 1}},
        {MADO_BYTES_BAD_LENGTH, 8, {0xDF, 0x70, 5, 0xB0, 3, 0x8E, 1, 1}},
        {MADO_BYTES_MISSING, 8, {0xDF, 0x70, 5, 0xB0, 3, 0x85, 1, 1}},
        {MADO_BYTES_BAD_TAG, 8, {0xDF, 0x70, 5, 0xB0, 3, 0x84, 1, 1}},
        {MADO_BYTES_SHORT, 8, {0xDF, 0x70, 5, 0xB0, 3, 0x85, 2, 1}},
        {MADO_BYTES_BAD_TAG, 3, {0xDF, 0x71, 0}},
        {MADO_BYTES_TRAILING, 4, {0xDF, 0x70, 0, 0}},
    };
    MadoRecord parsed;

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++)
        assert_int_equal(mado_record_parse(rows[i].data, rows[i].len, &parsed), rows[i].status);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_formatted_is_parsed),
        cmocka_unit_test(the_profile_of_a_newer_record_can_be_told),
        cmocka_unit_test(the_largest_record_fits),
        cmocka_unit_test(the_entries_are_found_by_name),
        cmocka_unit_test(a_record_that_contradicts_itself_is_refused),
        cmocka_unit_test(every_malformed_record_is_refused),
        cmocka_unit_test(lengths_inside_must_be_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
