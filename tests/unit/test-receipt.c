/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/receipt.h"
#include "tests/support/test-error.h"
#include "tests/support/test.h"
#include "tests/support/tlv-edit.h"

#include <string.h>

static MadoReceipt
some_receipt(guint64 number)
{
    MadoReceipt receipt = {
        .realm = MADO_REALM_CODE_TRAINING,
        .terminal = "D001",
        .visit = {1},
        .transaction = {2},
        .card_id = {3},
        .has_card = TRUE,
        .time_ms = 4,
        .epoch = 5,
        .number = number,
        .previous = {6},
        .kind = MADO_RECEIPT_COMMITTED,
        .operator_id = "CLERK-1",
        .monotonic_ms = 7,
        .boot_id = {8},
        .centre_time_ms = 9,
        .key_id = {10},
    };

    return receipt;
}

static GBytes *
format(const MadoReceipt *receipt)
{
    g_autoptr(GBytes) body = g_bytes_new("body", 4);
    g_autoptr(GError) error = NULL;
    GBytes *bytes = mado_receipt_format(receipt, body, &error);

    assert_no_mado_error(error);
    return bytes;
}

static void
what_is_formatted_is_parsed(void **state)
{
    const MadoReceipt receipt = some_receipt(77);
    g_autoptr(GBytes) bytes = format(&receipt);
    g_autoptr(GBytes) body = NULL;
    g_autoptr(GError) error = NULL;
    MadoReceipt parsed;
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);

    assert_true(mado_receipt_parse(data, len, &parsed, &body, &error));
    assert_no_mado_error(error);
    assert_int_equal(parsed.realm, receipt.realm);
    assert_string_equal(parsed.terminal, "D001");
    assert_memory_equal(parsed.visit, receipt.visit, 16);
    assert_memory_equal(parsed.transaction, receipt.transaction, 16);
    assert_true(parsed.has_card);
    assert_memory_equal(parsed.card_id, receipt.card_id, 10);
    assert_int_equal(parsed.time_ms, 4);
    assert_int_equal(parsed.epoch, 5);
    assert_int_equal(parsed.number, 77);
    assert_memory_equal(parsed.previous, receipt.previous, 32);
    assert_int_equal(parsed.kind, MADO_RECEIPT_COMMITTED);
    assert_string_equal(parsed.operator_id, "CLERK-1");
    assert_int_equal(parsed.monotonic_ms, 7);
    assert_memory_equal(parsed.boot_id, receipt.boot_id, 16);
    assert_int_equal(parsed.centre_time_ms, 9);
    assert_memory_equal(parsed.key_id, receipt.key_id, 32);
    assert_int_equal(g_bytes_get_size(body), 4);
    assert_memory_equal(g_bytes_get_data(body, NULL), "body", 4);
    assert_true(mado_receipt_parse(data, len, &parsed, NULL, NULL));
}

static void
a_receipt_may_concern_no_card_and_no_operator(void **state)
{
    MadoReceipt receipt = some_receipt(1);
    MadoReceipt parsed;
    g_autoptr(GBytes) bytes = NULL;

    receipt.has_card = FALSE;
    receipt.operator_id[0] = '\0';
    bytes = format(&receipt);
    assert_true(mado_receipt_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes),
                                   &parsed, NULL, NULL));
    assert_false(parsed.has_card);
    assert_string_equal(parsed.operator_id, "");
}

static void
every_malformed_receipt_is_refused(void **state)
{
    const MadoReceipt receipt = some_receipt(77);
    g_autoptr(GBytes) bytes = format(&receipt);
    g_autoptr(GPtrArray) edits =
        mado_tlv_edit_all(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));

    for (guint i = 0; i < edits->len; i++) {
        const MadoTlvEdit *edit = g_ptr_array_index(edits, i);
        gboolean is_length = g_str_has_suffix(edit->what, "ened");
        gboolean is_free = edit->tag == MADO_MSG_TERMINAL || edit->tag == MADO_RCP_OPERATOR ||
                           edit->tag == MADO_RCP_BODY;
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) body = NULL;
        MadoReceipt parsed;

        if ((is_free && is_length) ||
            (edit->tag == MADO_RCP_OPERATOR && g_str_has_suffix(edit->what, "left out")))
            continue;
        memset(&parsed, 0x77, sizeof parsed);
        if (mado_receipt_parse(edit->bytes->data, edit->bytes->len, &parsed, &body, &error))
            fail_msg("taken: %s", edit->what);
        assert_mado_error(error, MADO_ERROR_CENTRE_ANSWER);
        assert_null(body);
        assert_int_equal(parsed.visit[0], 0x77);
    }
}

static void
zero_is_no_realm_kind_or_number(void **state)
{
    MadoReceipt receipt = some_receipt(0);
    g_autoptr(GBytes) body = g_bytes_new("body", 4);
    g_autoptr(GError) error = NULL;

    assert_null(mado_receipt_format(&receipt, body, &error));
    assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
    g_clear_error(&error);
    receipt = some_receipt(1);
    receipt.kind = 0;
    assert_null(mado_receipt_format(&receipt, body, &error));
    assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
    g_clear_error(&error);
    receipt = some_receipt(1);
    assert_null(mado_receipt_format(&receipt, NULL, &error));
    assert_mado_error_says(error, MADO_ERROR_BAD_ARGUMENT, "RCP_BODY");
}

static void
a_chain_holds_by_number_and_hash(void **state)
{
    const guint8 hash[32] = {6};
    const guint8 other[32] = {7};
    MadoReceipt receipt = some_receipt(78);
    g_autoptr(GError) error = NULL;

    assert_true(mado_receipt_check_link(&receipt, 77, hash, &error));
    assert_no_mado_error(error);
    assert_false(mado_receipt_check_link(&receipt, 76, hash, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, "receipt 78");
    g_clear_error(&error);
    assert_false(mado_receipt_check_link(&receipt, 78, hash, &error));
    assert_mado_error(error, MADO_ERROR_CENTRE_ANSWER);
    g_clear_error(&error);
    assert_false(mado_receipt_check_link(&receipt, 77, other, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, "RCP_PREVIOUS");
}

static void
the_first_receipt_follows_zeros(void **state)
{
    const guint8 ignored[32] = {6};
    MadoReceipt receipt = some_receipt(1);
    g_autoptr(GError) error = NULL;

    assert_false(mado_receipt_check_link(&receipt, 0, ignored, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, "RCP_PREVIOUS");
    memset(receipt.previous, 0, sizeof receipt.previous);
    assert_true(mado_receipt_check_link(&receipt, 0, ignored, NULL));
}

static void
every_kind_has_a_name_of_its_own(void **state)
{
    for (MadoReceiptKind kind = MADO_RECEIPT_VISIT_OPENED; kind <= MADO_RECEIPT_PIN_CHANGED;
         kind++) {
        assert_string_not_equal(mado_receipt_kind_name(kind), "unknown");
        for (MadoReceiptKind other = MADO_RECEIPT_VISIT_OPENED; other < kind; other++)
            assert_string_not_equal(mado_receipt_kind_name(kind),
                                    mado_receipt_kind_name(other));
    }
    assert_string_equal(mado_receipt_kind_name(0), "unknown");
    assert_string_equal(mado_receipt_kind_name(MADO_RECEIPT_PIN_CHANGED + 1), "unknown");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_formatted_is_parsed),
        cmocka_unit_test(a_receipt_may_concern_no_card_and_no_operator),
        cmocka_unit_test(every_malformed_receipt_is_refused),
        cmocka_unit_test(zero_is_no_realm_kind_or_number),
        cmocka_unit_test(a_chain_holds_by_number_and_hash),
        cmocka_unit_test(the_first_receipt_follows_zeros),
        cmocka_unit_test(every_kind_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
