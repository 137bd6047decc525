/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The open issuer profile (doc/card-profile.md), command by command, through the secure
 * channel. */
#include "config.h"

#include "common/tlv.h"
#include "drivers/training/card-rsa.h"
#include "tests/support/test-card.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#define INS_PUT      MADO_INS_PUT_DATA
#define INS_SET_PIN  MADO_INS_RESET_RETRY
#define INS_GENERATE MADO_INS_GENERATE
#define INS_STAGE    MADO_INS_UPDATE_STAGED
#define BOTH_SLOTS   (MADO_SLOT_AUTH | MADO_SLOT_SIGN)
#define CERT_LEN     450U

static int
open_prepared(void **state)
{
    static TestCard test;

    test_card_open(&test, MADO_LIFE_PREPARED);
    *state = &test;
    return 0;
}

static int
close_card(void **state)
{
    test_card_close(*state);
    return 0;
}

/* ---- commands
 * ----------------------------------------------------------------------------------------- */

static void
write_byte(MadoWriter *writer, uint32_t tag, uint8_t value)
{
    mado_writer_tlv(writer, tag, &value, 1);
}

static void
write_u16(MadoWriter *writer, uint32_t tag, uint16_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};

    mado_writer_tlv(writer, tag, bytes, sizeof(bytes));
}

/* Transactions are named by one byte. */
static void
write_transaction(MadoWriter *writer, uint8_t name)
{
    uint8_t id[MADO_TRANSACTION_LEN];

    memset(id, name, sizeof(id));
    mado_writer_tlv(writer, MADO_TAG_TRANSACTION, id, sizeof(id));
}

static uint16_t
begin(TestCard *test, uint8_t transaction, uint8_t fencing, uint8_t slots, MadoLifeCycle life)
{
    const uint8_t number[4] = {0, 0, 0, fencing};
    uint8_t data[128];
    MadoWriter writer;

    mado_writer_init(&writer, data, sizeof(data));
    write_transaction(&writer, transaction);
    mado_writer_tlv(&writer, MADO_TAG_FENCING, number, sizeof(number));
    write_byte(&writer, MADO_TAG_SLOTS, slots);
    write_byte(&writer, MADO_TAG_LIFE, (uint8_t)life);
    return test_card_issue(test, INS_PUT, MADO_OBJECT_BEGIN, data, mado_writer_len(&writer));
}

static uint16_t
end(TestCard *test, uint16_t object, uint8_t transaction)
{
    uint8_t data[32];
    MadoWriter writer;

    mado_writer_init(&writer, data, sizeof(data));
    write_transaction(&writer, transaction);
    return test_card_issue(test, INS_PUT, object, data, mado_writer_len(&writer));
}

static uint16_t
set_pin(TestCard *test, uint8_t transaction, MadoAp ap, uint16_t ef, const char *pin)
{
    uint8_t data[64];
    MadoWriter writer;

    mado_writer_init(&writer, data, sizeof(data));
    write_transaction(&writer, transaction);
    write_byte(&writer, MADO_TAG_AP, (uint8_t)ap);
    write_u16(&writer, MADO_TAG_EF, ef);
    mado_writer_tlv(&writer, MADO_TAG_PIN, (const uint8_t *)pin, strlen(pin));
    return test_card_issue(test, INS_SET_PIN, 0x0200, data, mado_writer_len(&writer));
}

static uint16_t
generate(TestCard *test, uint8_t transaction, uint8_t slot)
{
    uint8_t data[64];
    MadoWriter writer;

    mado_writer_init(&writer, data, sizeof(data));
    write_transaction(&writer, transaction);
    write_byte(&writer, MADO_TAG_SLOT, slot);
    return test_card_issue(test, INS_GENERATE, 0x8000, data, mado_writer_len(&writer));
}

/* A chunk of a certificate whose bytes are all `fill`. */
static uint16_t
stage(TestCard *test, uint8_t slot, uint16_t offset, uint16_t len, uint8_t fill)
{
    uint8_t bytes[MADO_CHUNK_LEN];
    uint8_t data[256];
    MadoWriter writer;

    memset(bytes, fill, sizeof(bytes));
    mado_writer_init(&writer, data, sizeof(data));
    write_transaction(&writer, 1);
    write_byte(&writer, MADO_TAG_SLOT, slot);
    write_u16(&writer, MADO_TAG_OFFSET, offset);
    write_u16(&writer, MADO_TAG_TOTAL, CERT_LEN);
    mado_writer_tlv(&writer, MADO_TAG_CHUNK, bytes, len);
    return test_card_issue(test, INS_STAGE, 0x0000, data, mado_writer_len(&writer));
}

static void
stage_whole(TestCard *test, uint8_t slot, uint8_t fill)
{
    assert_int_equal(stage(test, slot, 0, 200, fill), 0x9000);
    assert_int_equal(stage(test, slot, 200, 200, fill), 0x9000);
    assert_int_equal(stage(test, slot, 400, 50, fill), 0x9000);
}

/* One object of the admin record, as the issuer reads it; false when it is not there. */
static bool
record_object(TestCard *test, uint32_t tag, MadoTlv *ret_tlv)
{
    MadoTlv record;

    assert_int_equal(test_card_issue(test, MADO_INS_GET_DATA, MADO_OBJECT_RECORD, NULL, 0),
                     0x9000);
    assert_int_equal(mado_tlv_only(test->answer, test->answer_len, MADO_OBJECT_RECORD, &record),
                     MADO_BYTES_OK);
    return mado_tlv_find(record.value, record.len, tag, ret_tlv) == MADO_BYTES_OK;
}

static uint8_t
record_byte(TestCard *test, uint32_t tag)
{
    MadoTlv tlv;

    assert_true(record_object(test, tag, &tlv));
    assert_int_equal(tlv.len, 1);
    return tlv.value[0];
}

/* ---- tests
 * --------------------------------------------------------------------------------------------
 */

static void
writing_needs_the_whole_security_level(void **state)
{
    static const uint8_t levels[] = {0x01, 0x03, 0x11, 0x13};
    TestCard *test = *state;

    for (size_t i = 0; i < sizeof(levels); i++) {
        test_card_open_channel(test, levels[i]);
        assert_int_equal(begin(test, 1, 1, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x6982);
        assert_int_equal(test_card_issue(test, MADO_INS_GET_DATA, MADO_OBJECT_RECORD, NULL, 0),
                         0x6982);
    }
    test_card_select(test, MADO_AP_ISD);
    assert_int_equal(test_card_send(test, "80DADF73 01 00"), 0x6982);
    assert_int_equal(test_card_send(test, "84DADF73 09 000102030405060708"), 0x6982);
    assert_int_equal(mado_card_peek_state(test->card)->phase, MADO_PHASE_IDLE);
}

static void
the_channel_ends_with_reset_another_application_a_plain_command_and_a_bad_mac(void **state)
{
    TestCard *test = *state;

    test_card_open_channel(test, 0x33);
    mado_card_reset(test->card);
    assert_int_equal(begin(test, 1, 1, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x6982);

    test_card_open_channel(test, 0x33);
    test_card_select(test, MADO_AP_JPKI);
    test_card_select(test, MADO_AP_ISD);
    assert_int_equal(begin(test, 1, 1, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x6982);

    test_card_open_channel(test, 0x33);
    assert_int_equal(test_card_send(test, "80CA004500"), 0x9000);
    assert_int_equal(begin(test, 1, 1, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x6982);

    test_card_open_channel(test, 0x33);
    assert_int_equal(test_card_issue(test, 0x50, 0x3F00, (const uint8_t *)"12345678", 8),
                     0x6985);
    assert_int_equal(test_card_send(test, "84CADF7008000000000000000000"), 0x6982);
    assert_int_equal(begin(test, 1, 1, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x6982);

    test_card_open_channel(test, 0x33);
    assert_int_equal(begin(test, 1, 1, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x9000);
}

static void
begin_keeps_the_fence_and_lets_one_transaction_in(void **state)
{
    TestCard *test = *state;
    MadoTlv tlv;

    test_card_open_channel(test, 0x33);
    assert_int_equal(begin(test, 1, 5, BOTH_SLOTS, MADO_LIFE_SUSPENDED), 0x6985);
    assert_int_equal(begin(test, 1, 5, 4, MADO_LIFE_ACTIVE), 0x6A80);
    assert_int_equal(begin(test, 1, 5, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x9000);
    assert_int_equal(begin(test, 1, 4, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x6985);
    assert_int_equal(begin(test, 1, 7, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x9000);
    assert_int_equal(begin(test, 1, 7, MADO_SLOT_AUTH, MADO_LIFE_ACTIVE), 0x6985);
    assert_int_equal(begin(test, 2, 9, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x6985);
    assert_true(record_object(test, MADO_TAG_FENCING, &tlv));
    assert_memory_equal(tlv.value, "\0\0\0\7", 4);
    assert_int_equal(end(test, MADO_OBJECT_ROLLBACK, 2), 0x6985);
    assert_int_equal(end(test, MADO_OBJECT_ROLLBACK, 1), 0x9000);
    assert_int_equal(end(test, MADO_OBJECT_ROLLBACK, 1), 0x9000);
    assert_int_equal(begin(test, 2, 6, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x6985);
    assert_int_equal(begin(test, 2, 7, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x9000);
}

static void
unknown_repeated_and_missing_objects_are_refused(void **state)
{
    TestCard *test = *state;
    uint8_t data[64];
    MadoWriter writer;

    test_card_open_channel(test, 0x33);
    assert_int_equal(begin(test, 1, 1, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x9000);
    mado_writer_init(&writer, data, sizeof(data));
    write_transaction(&writer, 1);
    assert_int_equal(
        test_card_issue(test, INS_GENERATE, 0x8000, data, mado_writer_len(&writer)), 0x6A80);
    write_byte(&writer, MADO_TAG_SLOT, MADO_SLOT_AUTH);
    write_byte(&writer, MADO_TAG_SLOT, MADO_SLOT_AUTH);
    assert_int_equal(
        test_card_issue(test, INS_GENERATE, 0x8000, data, mado_writer_len(&writer)), 0x6A80);
    mado_writer_init(&writer, data, sizeof(data));
    write_transaction(&writer, 1);
    write_byte(&writer, MADO_TAG_SLOT, MADO_SLOT_AUTH);
    write_byte(&writer, 0x9A, 1);
    assert_int_equal(
        test_card_issue(test, INS_GENERATE, 0x8000, data, mado_writer_len(&writer)), 0x6A80);
    assert_int_equal(generate(test, 1, 3), 0x6A80);
    assert_int_equal(test_card_issue(test, INS_PUT, 0xDF76, data, mado_writer_len(&writer)),
                     0x6A88);
    assert_int_equal(test->n_generated, 0);
}

static void
a_key_is_made_once_per_transaction_and_slot(void **state)
{
    TestCard *test = *state;
    uint8_t first[512];
    size_t len;

    test_card_open_channel(test, 0x33);
    assert_int_equal(generate(test, 1, MADO_SLOT_AUTH), 0x6985);
    assert_int_equal(begin(test, 1, 1, MADO_SLOT_AUTH, MADO_LIFE_ACTIVE), 0x9000);
    assert_int_equal(generate(test, 1, MADO_SLOT_SIGN), 0x6985);
    assert_int_equal(generate(test, 2, MADO_SLOT_AUTH), 0x6985);
    assert_int_equal(generate(test, 1, MADO_SLOT_AUTH), 0x9000);
    len = test->answer_len;
    assert_int_equal(len, 5 + 4 + 256 + 5);
    memcpy(first, test->answer, len);
    test_card_power_cycle(test);
    test_card_open_channel(test, 0x33);
    assert_int_equal(generate(test, 1, MADO_SLOT_AUTH), 0x9000);
    assert_memory_equal(test->answer, first, len);
    assert_int_equal(test->n_generated, 1);

    test_card_select(test, MADO_AP_ISD);
    assert_int_equal(test_card_send(test, "80CADF7100"), 0x610E);
    assert_int_equal(test_card_send(test, "00C000000E"), 0x9000);
    assert_int_equal(test_card_send(test, "80CADF71000000"), 0x9000);
    assert_int_equal(test->answer_len, len);
    assert_memory_equal(test->answer, first, len);
    assert_int_equal(test_card_send(test, "80CADF7200"), 0x6A88);
}

static void
a_transport_pin_is_good_for_one_change_and_nothing_else(void **state)
{
    TestCard *test = *state;

    test_card_open_channel(test, 0x33);
    assert_int_equal(set_pin(test, 1, MADO_AP_JPKI, 0x0018, "77777777"), 0x6985);
    assert_int_equal(begin(test, 1, 1, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x9000);
    assert_int_equal(set_pin(test, 1, MADO_AP_VISUAL, 0x0012, "77777777"), 0x6A88);
    assert_int_equal(set_pin(test, 1, MADO_AP_TEXT, 0x0014, "77777777"), 0x6A88);
    assert_int_equal(set_pin(test, 1, MADO_AP_JPKI, 0x0018, "77777777"), 0x9000);

    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_PIN);
    assert_int_equal(test_card_send(test, "00200080"), 0x63C3);
    assert_int_equal(test_card_verify(test, "77777777"), 0x6985);
    assert_int_equal(test_card_send(test, "002401800431323334"), 0x6985);
    assert_int_equal(test_card_send(test, "002400800837373737 37373737"), 0x6A80);
    assert_int_equal(test_card_send(test, "002400800C3737373737373738 31323334"), 0x63C2);
    assert_int_equal(test_card_send(test, "002400800C3737373737373737 31323341"), 0x6A80);
    assert_int_equal(test_card_send(test, "002400800C3737373737373737 31323334"), 0x9000);
    assert_int_equal(test_card_send(test, "00200080"), 0x63C3); /* no status gained */
    assert_int_equal(test_card_send(test, "002400800C3737373737373737 31323334"), 0x6A86);
    assert_int_equal(test_card_verify(test, "1234"), 0x9000);
    assert_int_equal(mado_card_peek_state(test->card)->pins[0].changes, 1);
}

static void
the_juki_references_take_the_same_change_under_a_transport_pin(void **state)
{
    static const MadoAp both[] = {MADO_AP_COMMON, MADO_AP_JUKI};
    TestCard *test = *state;

    test_card_open_channel(test, 0x33);
    assert_int_equal(begin(test, 1, 1, 0, MADO_LIFE_ACTIVE), 0x9000);
    assert_int_equal(set_pin(test, 1, MADO_AP_COMMON, 0x001C, "8888"), 0x9000);
    assert_int_equal(set_pin(test, 1, MADO_AP_JUKI, 0x001C, "8888"), 0x9000);
    for (size_t i = 0; i < 2; i++) {
        test_card_select(test, both[i]);
        test_card_select_ef(test, MADO_EF_JUKI_PIN);
        assert_int_equal(test_card_send(test, "803200800431323334"), 0x6985);
        assert_int_equal(test_card_send(test, "00240080083838383831323334"), 0x9000);
        assert_int_equal(test_card_verify(test, "1234"), 0x9000);
    }
}

static void
rollback_before_delivery_leaves_nothing_behind(void **state)
{
    TestCard *test = *state;
    MadoTlv tlv;

    test_card_open_channel(test, 0x33);
    assert_int_equal(begin(test, 1, 1, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x9000);
    assert_int_equal(set_pin(test, 1, MADO_AP_JPKI, 0x0018, "77777777"), 0x9000);
    assert_int_equal(generate(test, 1, MADO_SLOT_AUTH), 0x9000);
    stage_whole(test, MADO_SLOT_AUTH, 0xAB);
    assert_true(record_object(test, MADO_TAG_STAGED, &tlv));
    assert_int_equal(end(test, MADO_OBJECT_ROLLBACK, 1), 0x9000);
    assert_false(record_object(test, MADO_TAG_STAGED, &tlv));
    assert_false(record_object(test, MADO_TAG_TRANSACTION, &tlv));
    assert_int_equal(record_byte(test, MADO_TAG_PHASE), MADO_PHASE_IDLE);
    test_card_select(test, MADO_AP_JPKI);
    assert_int_equal(test_card_send(test, "00A4020C020117"), 0x6A82);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_PIN);
    assert_int_equal(test_card_send(test, "00200080"), 0x6984);
}

static void
certificate_chunks_come_in_order_and_offset_zero_starts_again(void **state)
{
    TestCard *test = *state;
    MadoTlv staged;
    MadoTlv hash;
    uint8_t cert[CERT_LEN];
    uint8_t expected[32];

    test_card_open_channel(test, 0x33);
    assert_int_equal(begin(test, 1, 1, MADO_SLOT_AUTH, MADO_LIFE_ACTIVE), 0x9000);
    assert_int_equal(stage(test, MADO_SLOT_AUTH, 0, 200, 0xAB), 0x6985);
    assert_int_equal(generate(test, 1, MADO_SLOT_AUTH), 0x9000);
    assert_int_equal(stage(test, MADO_SLOT_AUTH, 200, 200, 0xAB), 0x6985);
    assert_int_equal(stage(test, MADO_SLOT_AUTH, 0, 200, 0x11), 0x9000);
    assert_int_equal(stage(test, MADO_SLOT_AUTH, 400, 50, 0xAB), 0x6985);
    assert_int_equal(stage(test, MADO_SLOT_AUTH, 0, 200, 0xAB), 0x9000);
    assert_true(record_object(test, MADO_TAG_STAGED, &staged));
    assert_int_equal(mado_tlv_find(staged.value, staged.len, MADO_TAG_CERT_HASH, &hash),
                     MADO_BYTES_MISSING);
    assert_int_equal(stage(test, MADO_SLOT_AUTH, 200, 200, 0xAB), 0x9000);
    assert_int_equal(stage(test, MADO_SLOT_AUTH, 400, 51, 0xAB), 0x6A80);
    assert_int_equal(stage(test, MADO_SLOT_AUTH, 400, 50, 0xAB), 0x9000);
    memset(cert, 0xAB, sizeof(cert));
    assert_true(mado_card_rsa_hash(cert, sizeof(cert), expected));
    assert_true(record_object(test, MADO_TAG_STAGED, &staged));
    assert_int_equal(mado_tlv_find(staged.value, staged.len, MADO_TAG_CERT_HASH, &hash),
                     MADO_BYTES_OK);
    assert_memory_equal(hash.value, expected, sizeof(expected));
}

/* Everything issue needs up to COMMIT: both slots, no PIN under transport. */
static void
stage_everything(TestCard *test)
{
    test_card_open_channel(test, 0x33);
    assert_int_equal(begin(test, 1, 1, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x9000);
    assert_int_equal(generate(test, 1, MADO_SLOT_AUTH), 0x9000);
    assert_int_equal(generate(test, 1, MADO_SLOT_SIGN), 0x9000);
    stage_whole(test, MADO_SLOT_AUTH, 0xAA);
    stage_whole(test, MADO_SLOT_SIGN, 0x55);
}

static void
commit_wants_the_whole_set_and_no_transport_pin(void **state)
{
    TestCard *test = *state;

    test_card_open_channel(test, 0x33);
    assert_int_equal(end(test, MADO_OBJECT_COMMIT, 1), 0x6985);
    assert_int_equal(begin(test, 1, 1, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x9000);
    assert_int_equal(generate(test, 1, MADO_SLOT_AUTH), 0x9000);
    stage_whole(test, MADO_SLOT_AUTH, 0xAA);
    assert_int_equal(end(test, MADO_OBJECT_COMMIT, 1), 0x6985);
    assert_int_equal(generate(test, 1, MADO_SLOT_SIGN), 0x9000);
    assert_int_equal(stage(test, MADO_SLOT_SIGN, 0, 200, 0x55), 0x9000);
    assert_int_equal(end(test, MADO_OBJECT_COMMIT, 1), 0x6985);
    assert_int_equal(stage(test, MADO_SLOT_SIGN, 200, 200, 0x55), 0x9000);
    assert_int_equal(stage(test, MADO_SLOT_SIGN, 400, 50, 0x55), 0x9000);
    assert_int_equal(set_pin(test, 1, MADO_AP_TEXT, 0x0011, "8888"), 0x9000);
    assert_int_equal(end(test, MADO_OBJECT_COMMIT, 1), 0x6985);
    test_card_select(test, MADO_AP_TEXT);
    test_card_select_ef(test, MADO_EF_TEXT_PIN);
    assert_int_equal(test_card_send(test, "00240080083838383831323334"), 0x9000);
    test_card_open_channel(test, 0x33);
    assert_int_equal(end(test, MADO_OBJECT_COMMIT, 2), 0x6985);
    assert_int_equal(end(test, MADO_OBJECT_COMMIT, 1), 0x9000);
}

static void
commit_makes_the_staged_live_at_once_and_answers_the_same_when_repeated(void **state)
{
    TestCard *test = *state;
    MadoTlv tlv;
    unsigned n_saves;

    stage_everything(test);
    n_saves = test->store.n_saves;
    assert_int_equal(end(test, MADO_OBJECT_COMMIT, 1), 0x9000);
    assert_int_equal(test->store.n_saves, n_saves + 1); /* one write: there is no half of it */
    assert_int_equal(end(test, MADO_OBJECT_COMMIT, 1), 0x9000);
    assert_int_equal(begin(test, 1, 2, BOTH_SLOTS, MADO_LIFE_ACTIVE), 0x6985);
    assert_int_equal(record_byte(test, MADO_TAG_LIFE), MADO_LIFE_ACTIVE);
    assert_int_equal(record_byte(test, MADO_TAG_PHASE), MADO_PHASE_IDLE);
    assert_true(record_object(test, MADO_TAG_COMMITTED, &tlv));
    assert_int_equal(tlv.value[0], 1);
    assert_false(record_object(test, MADO_TAG_STAGED, &tlv));
    assert_true(record_object(test, MADO_TAG_LIVE, &tlv));

    test_card_select(test, MADO_AP_JPKI);
    assert_int_equal(test_card_send(test, "00B0880000"), 0x9000);
    assert_memory_equal(test->answer, "\x8F\x8F\x00", 3);
    assert_int_equal(test_card_send(test, "00B08A00000000"), 0x9000);
    assert_int_equal(test->answer_len, CERT_LEN);
    assert_int_equal(test->answer[0], 0xAA);
    assert_int_equal(test_card_send(test, "00A4020C020117"), 0x6A82);
    assert_int_equal(test_card_send(test, "00A4020C020017"), 0x9000);
}

static void
a_staged_key_signs_its_request_under_the_new_pin(void **state)
{
    TestCard *test = *state;

    test_card_open_channel(test, 0x33);
    assert_int_equal(begin(test, 1, 1, MADO_SLOT_AUTH, MADO_LIFE_ACTIVE), 0x9000);
    assert_int_equal(set_pin(test, 1, MADO_AP_JPKI, 0x0018, "8888"), 0x9000);
    assert_int_equal(generate(test, 1, MADO_SLOT_AUTH), 0x9000);
    test_card_select(test, MADO_AP_JPKI);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_PIN);
    assert_int_equal(test_card_send(test, "00240080083838383831323334"), 0x9000);
    test_card_select_ef(test, MADO_EF_JPKI_STAGED_AUTH_KEY);
    assert_int_equal(test_card_send(test, "802A0080 03 414243 00"), 0x6982);
    test_card_select_ef(test, MADO_EF_JPKI_AUTH_PIN);
    assert_int_equal(test_card_verify(test, "1234"), 0x9000);
    test_card_select_ef(test, MADO_EF_JPKI_STAGED_AUTH_KEY);
    assert_int_equal(test_card_send(test, "802A0080 03 414243 00"), 0x9000);
    assert_int_equal(test->answer_len, 256);
}

static void
a_power_failure_in_any_write_leaves_the_state_before(void **state)
{
    TestCard *test = *state;
    uint8_t *before;
    size_t len;

    stage_everything(test);
    before = malloc(test->store.len);
    assert_non_null(before);
    len = test->store.len;
    memcpy(before, test->store.data, len);
    test->store.refuse = true;
    assert_int_equal(end(test, MADO_OBJECT_COMMIT, 1), 0);
    assert_int_equal(test->store.len, len);
    assert_memory_equal(test->store.data, before, len);
    free(before);
    test_card_power_cycle(test);
    test_card_open_channel(test, 0x33);
    assert_int_equal(record_byte(test, MADO_TAG_LIFE), MADO_LIFE_PREPARED);
    assert_int_equal(record_byte(test, MADO_TAG_PHASE), MADO_PHASE_OPEN);
    assert_int_equal(end(test, MADO_OBJECT_COMMIT, 1), 0x9000);
    assert_int_equal(record_byte(test, MADO_TAG_LIFE), MADO_LIFE_ACTIVE);
}

static void
the_life_cycle_goes_only_where_the_profile_lets_it(void **state)
{
    static const MadoLifeCycle lives[] = {MADO_LIFE_PERSONALISED, MADO_LIFE_PREPARED,
                                          MADO_LIFE_ACTIVE, MADO_LIFE_SUSPENDED,
                                          MADO_LIFE_TERMINATED};
    static const char *const allowed[] = {
        "01000", "00100", "00110", "00100", "00000",
    };

    for (size_t from = 0; from < 5; from++) {
        for (size_t to = 0; to < 5; to++) {
            bool expected = allowed[from][to] == '1' || (to == 4 && from != 4);

            assert_int_equal(
                mado_card_state_may_become((uint8_t)lives[from], (uint8_t)lives[to]), expected);
        }
    }
}

int
main(void)
{
#define ON_A_CARD(test) cmocka_unit_test_setup_teardown(test, open_prepared, close_card)
    const struct CMUnitTest tests[] = {
        ON_A_CARD(writing_needs_the_whole_security_level),
        ON_A_CARD(
            the_channel_ends_with_reset_another_application_a_plain_command_and_a_bad_mac),
        ON_A_CARD(begin_keeps_the_fence_and_lets_one_transaction_in),
        ON_A_CARD(unknown_repeated_and_missing_objects_are_refused),
        ON_A_CARD(a_key_is_made_once_per_transaction_and_slot),
        ON_A_CARD(a_transport_pin_is_good_for_one_change_and_nothing_else),
        ON_A_CARD(the_juki_references_take_the_same_change_under_a_transport_pin),
        ON_A_CARD(rollback_before_delivery_leaves_nothing_behind),
        ON_A_CARD(certificate_chunks_come_in_order_and_offset_zero_starts_again),
        ON_A_CARD(commit_wants_the_whole_set_and_no_transport_pin),
        ON_A_CARD(commit_makes_the_staged_live_at_once_and_answers_the_same_when_repeated),
        ON_A_CARD(a_staged_key_signs_its_request_under_the_new_pin),
        ON_A_CARD(a_power_failure_in_any_write_leaves_the_state_before),
        cmocka_unit_test(the_life_cycle_goes_only_where_the_profile_lets_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
