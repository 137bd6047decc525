/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/message.h"
#include "common/tlv.h"
#include "common/writer.h"
#include "madoguchi/limits.h"
#include "tests/support/test-error.h"
#include "tests/support/test.h"
#include "tests/support/tlv-edit.h"

#include <string.h>

#define BODY "\x80\x01\x02"

static MadoMessageHeader
some_header(MadoMessageType type)
{
    MadoMessageHeader header;

    mado_message_header_init(&header, type, MADO_REALM_CODE_TRAINING, "D001");
    memset(header.visit, 1, sizeof header.visit);
    memset(header.transaction, 2, sizeof header.transaction);
    header.step_number = 0x0102;
    header.attempt = 0x03040506;
    header.fencing = 0x0708090A;
    memset(header.card_id, 3, sizeof header.card_id);
    header.has_card = TRUE;
    if (type == MADO_MESSAGE_REPLY) {
        memset(header.request_hash, 4, sizeof header.request_hash);
        header.has_request_hash = TRUE;
    }
    return header;
}

static MadoSecret *
format(const MadoMessageHeader *header)
{
    g_autoptr(GError) error = NULL;
    MadoSecret *plain =
        mado_message_format(header, (const guint8 *)BODY, sizeof BODY - 1, &error);

    assert_no_mado_error(error);
    return plain;
}

static void
assert_refused(const guint8 *data, gsize len, const char *words)
{
    g_autoptr(MadoSecret) plain = mado_secret_new_from(data, len);
    g_autoptr(GError) error = NULL;
    MadoMessageHeader header;
    const guint8 *body = (const guint8 *)"untouched";
    gsize body_len = 99;

    memset(&header, 0x77, sizeof header);
    assert_false(mado_message_parse(plain, &header, &body, &body_len, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, words);
    assert_int_equal(header.visit[0], 0x77);
    assert_string_equal((const char *)body, "untouched");
    assert_int_equal(body_len, 99);
}

static void
what_is_formatted_is_parsed(void **state)
{
    const MadoMessageType types[] = {MADO_MESSAGE_LOOKUP, MADO_MESSAGE_REPLY};

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        const MadoMessageHeader header = some_header(types[i]);
        g_autoptr(MadoSecret) plain = format(&header);
        g_autoptr(GError) error = NULL;
        MadoMessageHeader parsed;
        const guint8 *body;
        gsize body_len;

        assert_true(mado_message_parse(plain, &parsed, &body, &body_len, &error));
        assert_no_mado_error(error);
        assert_int_equal(parsed.realm, header.realm);
        assert_int_equal(parsed.type, header.type);
        assert_string_equal(parsed.terminal, "D001");
        assert_memory_equal(parsed.visit, header.visit, 16);
        assert_memory_equal(parsed.transaction, header.transaction, 16);
        assert_int_equal(parsed.step_number, header.step_number);
        assert_int_equal(parsed.attempt, header.attempt);
        assert_int_equal(parsed.fencing, header.fencing);
        assert_true(parsed.has_card);
        assert_memory_equal(parsed.card_id, header.card_id, 10);
        assert_memory_equal(parsed.nonce, header.nonce, 16);
        assert_int_equal(parsed.time_ms, header.time_ms);
        assert_int_equal(parsed.has_request_hash, header.has_request_hash);
        assert_memory_equal(parsed.request_hash, header.request_hash, 32);
        assert_int_equal(body_len, sizeof BODY - 1);
        assert_memory_equal(body, BODY, body_len);
    }
}

/* The bytes of one header, written down: what a second implementation must make of it. */
static void
the_form_is_the_documented_one(void **state)
{
    MadoMessageHeader header = some_header(MADO_MESSAGE_STEP);
    g_autoptr(MadoSecret) plain = NULL;
    const guint8 expected[] = {
        0x70, 0x74, 0xA0, 0x6D, 0x80, 0x01, 0x01, 0x81, 0x01, 0x01, 0x82, 0x01, 0x02, 0x83,
        0x04, 'D',  '0',  '0',  '1',  0x84, 0x10, 1,    1,    1,    1,    1,    1,    1,
        1,    1,    1,    1,    1,    1,    1,    1,    1,    0x85, 0x10, 2,    2,    2,
        2,    2,    2,    2,    2,    2,    2,    2,    2,    2,    2,    2,    2,    0x86,
        0x02, 1,    2,    0x87, 0x04, 3,    4,    5,    6,    0x8B, 0x04, 7,    8,    9,
        10,   0x88, 0x00, 0x89, 0x10, 5,    5,    5,    5,    5,    5,    5,    5,    5,
        5,    5,    5,    5,    5,    5,    5,    0x8A, 0x08, 0,    0,    1,    0x23, 0x45,
        0x67, 0x89, 0xAB, 0xA1, 0x03, 0x80, 0x01, 0x02,
    };

    header.has_card = FALSE;
    memset(header.nonce, 5, sizeof header.nonce);
    header.time_ms = 0x0123456789AB;
    plain = format(&header);
    assert_int_equal(mado_secret_len(plain) - 2, mado_secret_peek(plain)[1]);
    assert_memory_equal(mado_secret_peek(plain) + 4, expected + 4, sizeof expected - 4);
    assert_int_equal(mado_secret_len(plain), sizeof expected);
}

/* Puts edited header objects back into a whole message. */
static void
assert_header_refused(const MadoTlvEdit *edit)
{
    guint8 data[512];
    g_autoptr(MadoSecret) plain = NULL;
    MadoMessageHeader header;
    const guint8 *body;
    gsize body_len;
    MadoWriter writer;
    gsize message;

    mado_writer_init(&writer, data, sizeof data);
    message = mado_writer_begin(&writer, MADO_MSG_MESSAGE);
    mado_writer_tlv(&writer, MADO_MSG_HEADER, edit->bytes->data, edit->bytes->len);
    mado_writer_tlv(&writer, MADO_MSG_BODY, (const guint8 *)BODY, sizeof BODY - 1);
    mado_writer_end(&writer, message);
    assert_true(mado_writer_ok(&writer));
    plain = mado_secret_new_from(data, mado_writer_len(&writer));
    if (mado_message_parse(plain, &header, &body, &body_len, NULL))
        fail_msg("taken: %s", edit->what);
    assert_refused(data, mado_writer_len(&writer), "message");
}

static void
every_malformed_header_is_refused(void **state)
{
    const MadoMessageHeader header = some_header(MADO_MESSAGE_REPLY);
    g_autoptr(MadoSecret) plain = format(&header);
    g_autoptr(GPtrArray) edits = NULL;
    MadoTlv message;
    MadoTlv found;

    assert_int_equal(mado_tlv_only(mado_secret_peek(plain), mado_secret_len(plain),
                                   MADO_MSG_MESSAGE, &message),
                     MADO_BYTES_OK);
    assert_int_equal(mado_tlv_find(message.value, message.len, MADO_MSG_HEADER, &found),
                     MADO_BYTES_OK);
    edits = mado_tlv_edit_all(found.value, found.len);
    assert_int_equal(edits->len, 13 * 4 + 2);
    for (guint i = 0; i < edits->len; i++) {
        const MadoTlvEdit *edit = g_ptr_array_index(edits, i);

        /* A terminal's name may well be a letter longer or shorter. */
        if (edit->tag == MADO_MSG_TERMINAL && strstr(edit->what, "ened") != NULL)
            continue;
        assert_header_refused(edit);
    }
}

static void
every_truncation_is_refused(void **state)
{
    const MadoMessageHeader header = some_header(MADO_MESSAGE_LOOKUP);
    g_autoptr(MadoSecret) plain = format(&header);

    for (gsize len = 0; len < mado_secret_len(plain); len++)
        assert_refused(mado_secret_peek(plain), len, "message");
}

/* One byte of a good message changed to a value that names nothing. */
static void
assert_byte_refused(guint32 tag, gsize at, guint8 value, const char *words)
{
    const MadoMessageHeader header = some_header(MADO_MESSAGE_STEP);
    g_autoptr(MadoSecret) plain = format(&header);
    const guint8 *data = mado_secret_peek(plain);
    MadoTlv message;
    MadoTlv head;
    MadoTlv found;

    assert_int_equal(mado_tlv_only(data, mado_secret_len(plain), MADO_MSG_MESSAGE, &message),
                     MADO_BYTES_OK);
    assert_int_equal(mado_tlv_find(message.value, message.len, MADO_MSG_HEADER, &head),
                     MADO_BYTES_OK);
    assert_int_equal(mado_tlv_find(head.value, head.len, tag, &found), MADO_BYTES_OK);
    mado_secret_peek_writable(plain)[(gsize)(found.value - data) + at] = value;
    assert_refused(data, mado_secret_len(plain), words);
}

static void
unknown_numbers_and_letters_are_refused_by_name(void **state)
{
    assert_byte_refused(MADO_MSG_VERSION, 0, 2, "VERSION");
    assert_byte_refused(MADO_MSG_VERSION, 0, 0, "VERSION");
    assert_byte_refused(MADO_MSG_REALM, 0, 0, "REALM");
    assert_byte_refused(MADO_MSG_REALM, 0, 3, "REALM");
    assert_byte_refused(MADO_MSG_TYPE, 0, 0, "TYPE");
    assert_byte_refused(MADO_MSG_TYPE, 0, MADO_MESSAGE_DIRECTORY + 1, "TYPE");
    assert_byte_refused(MADO_MSG_TYPE, 0, MADO_MESSAGE_DIRECTORY_ROWS + 1, "TYPE");
    assert_byte_refused(MADO_MSG_TERMINAL, 0, 'd', "TERMINAL");
    assert_byte_refused(MADO_MSG_TERMINAL, 3, '\0', "TERMINAL");
    assert_byte_refused(MADO_MSG_TERMINAL, 3, '/', "TERMINAL");
    assert_byte_refused(MADO_MSG_TIME, 0, 0x80, "TIME");
}

static void
a_reply_has_the_hash_of_its_request_and_a_request_has_none(void **state)
{
    MadoMessageHeader header = some_header(MADO_MESSAGE_REPLY);
    g_autoptr(GError) error = NULL;

    header.has_request_hash = FALSE;
    assert_null(mado_message_format(&header, NULL, 0, &error));
    assert_mado_error_says(error, MADO_ERROR_BAD_ARGUMENT, "REQUEST_HASH");
    g_clear_error(&error);
    header = some_header(MADO_MESSAGE_STEP);
    header.has_request_hash = TRUE;
    assert_null(mado_message_format(&header, NULL, 0, &error));
    assert_mado_error_says(error, MADO_ERROR_BAD_ARGUMENT, "REQUEST_HASH");
}

static void
parts_in_another_order_or_number_are_refused(void **state)
{
    const guint8 no_header[] = {0x70, 0x02, 0xA1, 0x00};
    const guint8 no_body[] = {0x70, 0x02, 0xA0, 0x00};
    const guint8 turned[] = {0x70, 0x04, 0xA1, 0x00, 0xA0, 0x00};
    const guint8 more[] = {0x70, 0x06, 0xA0, 0x00, 0xA1, 0x00, 0xA1, 0x00};
    const guint8 other[] = {0x71, 0x04, 0xA0, 0x00, 0xA1, 0x00};
    const guint8 behind[] = {0x70, 0x04, 0xA0, 0x00, 0xA1, 0x00, 0x00};

    assert_refused(no_header, sizeof no_header, "HEADER");
    assert_refused(no_body, sizeof no_body, "BODY");
    assert_refused(turned, sizeof turned, "HEADER");
    assert_refused(more, sizeof more, "follows BODY");
    assert_refused(other, sizeof other, "MESSAGE");
    assert_refused(behind, sizeof behind, "MESSAGE");
}

static void
a_body_beyond_the_limit_is_not_formatted(void **state)
{
    const MadoMessageHeader header = some_header(MADO_MESSAGE_STEP);
    g_autofree guint8 *body = g_malloc0(MADO_LIMIT_MESSAGE_LEN);
    g_autoptr(GError) error = NULL;

    assert_null(mado_message_format(&header, body, MADO_LIMIT_MESSAGE_LEN, &error));
    assert_mado_error(error, MADO_ERROR_LIMIT);
}

static void
a_header_begins_with_a_fresh_nonce_and_the_time(void **state)
{
    MadoMessageHeader first;
    MadoMessageHeader second;
    const gint64 before_ms = g_get_real_time() / 1000;

    mado_message_header_init(&first, MADO_MESSAGE_STEP, MADO_REALM_CODE_TRAINING, "D001");
    mado_message_header_init(&second, MADO_MESSAGE_STEP, MADO_REALM_CODE_TRAINING, "D001");
    assert_memory_not_equal(first.nonce, second.nonce, 16);
    assert_true(first.time_ms >= before_ms);
    assert_false(first.has_card);
}

static void
an_id_is_32_hex_digits(void **state)
{
    const guint8 id[16] = {0x00, 0x01, 0xAB, 0xFF};
    guint8 parsed[16];
    g_autofree char *hex = mado_message_id_to_hex(id);

    assert_string_equal(hex, "0001abff000000000000000000000000");
    assert_true(mado_message_id_from_hex(hex, parsed));
    assert_memory_equal(parsed, id, 16);
    assert_false(mado_message_id_from_hex(NULL, parsed));
    assert_false(mado_message_id_from_hex("0001abff00000000000000000000000", parsed));
    assert_false(mado_message_id_from_hex("0001abff0000000000000000000000000", parsed));
    assert_false(mado_message_id_from_hex("0001abff00000000000000000000000g", parsed));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_formatted_is_parsed),
        cmocka_unit_test(the_form_is_the_documented_one),
        cmocka_unit_test(every_malformed_header_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(unknown_numbers_and_letters_are_refused_by_name),
        cmocka_unit_test(a_reply_has_the_hash_of_its_request_and_a_request_has_none),
        cmocka_unit_test(parts_in_another_order_or_number_are_refused),
        cmocka_unit_test(a_body_beyond_the_limit_is_not_formatted),
        cmocka_unit_test(a_header_begins_with_a_fresh_nonce_and_the_time),
        cmocka_unit_test(an_id_is_32_hex_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
