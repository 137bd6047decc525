/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A query, the message around it, and the rows that answer it. */
#include "config.h"

#include "common/body-directory.h"
#include "common/body-query.h"
#include "madoguchi/limits.h"
#include "tests/support/test-error.h"

#include <string.h>

/* ---- queries ---- */

static MadoBodyQuery
make_search(void)
{
    MadoBodyQuery query;

    mado_body_query_init(&query, MADO_LOOK_SEARCH, MADO_PURPOSE_CONTACT);
    g_strlcpy(query.reading, "ヤマザキ", sizeof query.reading);
    g_strlcpy(query.birth, "19850714", sizeof query.birth);
    g_strlcpy(query.request_id, "R-1", sizeof query.request_id);
    query.skip = 3;
    return query;
}

static void
a_query_comes_back_as_it_was(void **state)
{
    MadoBodyQuery query = make_search();
    MadoBodyQuery again;
    g_autoptr(MadoSecret) bytes = mado_body_query_format(&query, NULL);

    assert_non_null(bytes);
    assert_true(
        mado_body_query_parse(mado_secret_peek(bytes), mado_secret_len(bytes), &again, NULL));
    assert_memory_equal(again.look, query.look, sizeof query.look);
    assert_int_equal(again.kind, MADO_LOOK_SEARCH);
    assert_int_equal(again.purpose, MADO_PURPOSE_CONTACT);
    assert_string_equal(again.reading, "ヤマザキ");
    assert_string_equal(again.birth, "19850714");
    assert_string_equal(again.request_id, "R-1");
    assert_int_equal(again.skip, 3);
}

static void
no_two_looks_have_one_name(void **state)
{
    MadoBodyQuery one = make_search();
    MadoBodyQuery other = make_search();

    assert_memory_not_equal(one.look, other.look, sizeof one.look);
}

static void
assert_query_is_refused(const MadoBodyQuery *query, const char *words)
{
    g_autoptr(GError) error = NULL;

    assert_null(mado_body_query_format(query, &error));
    assert_mado_error_says(error, MADO_ERROR_BAD_ARGUMENT, words);
}

static void
a_query_says_what_it_wants(void **state)
{
    MadoBodyQuery query;

    mado_body_query_init(&query, MADO_LOOK_SEARCH, MADO_PURPOSE_COUNTER);
    assert_query_is_refused(&query, "search for nothing");
    mado_body_query_init(&query, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    g_strlcpy(query.reading, "ヤマ", sizeof query.reading);
    assert_query_is_refused(&query, "not searched");
    query = make_search();
    g_strlcpy(query.day, "20261123", sizeof query.day);
    assert_query_is_refused(&query, "not of one day");
    query = make_search();
    g_strlcpy(query.birth, "19850231", sizeof query.birth);
    assert_query_is_refused(&query, "does not exist");
    query = make_search();
    query.purpose = 0;
    assert_query_is_refused(&query, "PURPOSE");
    query.purpose = MADO_PURPOSE_AUDIT + 1;
    assert_query_is_refused(&query, "PURPOSE");
}

static void
a_refused_query_leaves_the_output_alone(void **state)
{
    MadoBodyQuery query = make_search();
    g_autoptr(MadoSecret) bytes = mado_body_query_format(&query, NULL);
    guint8 *data = mado_secret_peek_writable(bytes);
    MadoBodyQuery untouched = {.skip = 7};
    g_autoptr(GError) error = NULL;

    data[1] = 15; /* LOOK is 16 bytes */
    assert_false(mado_body_query_parse(data, mado_secret_len(bytes), &untouched, &error));
    assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
    assert_int_equal(untouched.skip, 7);
}

static void
the_hash_is_of_the_bytes_that_were_signed(void **state)
{
    char hash[MADO_BODY_QUERY_HASH_SIZE];

    /* FIPS 180-2, B.1. */
    mado_body_query_hash((const guint8 *)"abc", 3, hash);
    assert_string_equal(hash,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void
a_message_keeps_query_and_decision_byte_by_byte(void **state)
{
    static const guint8 bytes[] = {1, 2, 3};
    g_autoptr(GBytes) decision_bytes = g_bytes_new_static("decision", 8);
    g_autoptr(GBytes) signature = g_bytes_new_static("signature", 9);
    const MadoBodyDecision decision = {decision_bytes, signature};
    g_autoptr(MadoSecret) body = mado_body_query_wrap(bytes, sizeof bytes, &decision, NULL);
    g_autoptr(MadoSecret) query = NULL;
    MadoBodyDecision taken;

    assert_non_null(body);
    assert_true(mado_body_query_unwrap(mado_secret_peek(body), mado_secret_len(body), &query,
                                       &taken, NULL));
    assert_int_equal(mado_secret_len(query), sizeof bytes);
    assert_memory_equal(mado_secret_peek(query), bytes, sizeof bytes);
    assert_true(g_bytes_equal(taken.bytes, decision_bytes));
    assert_true(g_bytes_equal(taken.signature, signature));
    mado_body_parts_clear_decisions(&taken, 1);
}

static void
a_message_without_a_decision_is_refused(void **state)
{
    static const guint8 body[] = {MADO_QRY_QUERY, 1, 0};
    g_autoptr(MadoSecret) query = NULL;
    g_autoptr(GError) error = NULL;
    MadoBodyDecision decision;

    assert_false(mado_body_query_unwrap(body, sizeof body, &query, &decision, &error));
    assert_mado_error_says(error, MADO_ERROR_BAD_ARGUMENT, "DECISION");
    assert_null(query);
}

/* ---- rows ---- */

static MadoBodyRow *
make_row(guint number)
{
    MadoBodyRow *row = mado_body_directory_new_row();

    g_snprintf(row->request_id, sizeof row->request_id, "R-%u", number);
    g_strlcpy(row->reserved_day, "20261123", sizeof row->reserved_day);
    g_strlcpy(row->reserved_time, "1030", sizeof row->reserved_time);
    row->number = (guint16)number;
    /* An ideographic variation sequence, and a character beyond the BMP. */
    g_strlcpy(row->name, "葛\U000E0101城　𠮷子", sizeof row->name);
    g_strlcpy(row->kana, "カツラギ　ヨシコ", sizeof row->kana);
    g_strlcpy(row->birth, "19850714", sizeof row->birth);
    row->procedure = MADO_PROCEDURE_ISSUE;
    row->state = MADO_REQUEST_SET_UP;
    row->transaction = MADO_TRANSACTION_WRITTEN;
    row->alerts = MADO_ALERT_GUARDIAN;
    row->since_ms = 5;
    g_strlcpy(row->terminal, "D001", sizeof row->terminal);
    g_strlcpy(row->reason, "書類不足", sizeof row->reason);
    return row;
}

static MadoBodyDirectory *
make_directory(guint n_rows)
{
    MadoBodyDirectory *directory = mado_body_directory_new();

    g_strlcpy(directory->day, "20261123", sizeof directory->day);
    for (guint i = 0; i < n_rows; i++)
        g_ptr_array_add(directory->rows, make_row(i + 1));
    return directory;
}

static MadoBodyDirectory *
parse(const MadoSecret *bytes, GError **error)
{
    return mado_body_directory_parse(mado_secret_peek(bytes), mado_secret_len(bytes), error);
}

static void
rows_come_back_as_they_were(void **state)
{
    g_autoptr(MadoBodyDirectory) directory = make_directory(2);
    g_autoptr(MadoSecret) bytes = NULL;
    g_autoptr(MadoBodyDirectory) again = NULL;

    directory->more = TRUE;
    bytes = mado_body_directory_format(directory, NULL);
    again = parse(bytes, NULL);
    assert_non_null(again);
    assert_true(again->more);
    assert_string_equal(again->day, "20261123");
    assert_int_equal(again->rows->len, 2);
    assert_memory_equal(g_ptr_array_index(again->rows, 1),
                        g_ptr_array_index(directory->rows, 1), sizeof(MadoBodyRow));
}

static void
no_rows_are_an_answer(void **state)
{
    g_autoptr(MadoBodyDirectory) directory = make_directory(0);
    g_autoptr(MadoSecret) bytes = mado_body_directory_format(directory, NULL);
    g_autoptr(MadoBodyDirectory) again = parse(bytes, NULL);

    assert_non_null(again);
    assert_int_equal(again->rows->len, 0);
    assert_false(again->more);
}

static void
more_rows_than_the_limit_are_refused(void **state)
{
    g_autoptr(MadoBodyDirectory) directory = make_directory(MADO_LIMIT_LOOK_ROWS);
    g_autoptr(MadoSecret) bytes = mado_body_directory_format(directory, NULL);
    g_autoptr(MadoBodyDirectory) again = parse(bytes, NULL);
    g_autoptr(MadoSecret) too_many = NULL;
    g_autoptr(GError) error = NULL;

    assert_non_null(again);
    g_ptr_array_add(directory->rows, make_row(1));
    too_many = mado_body_directory_format(directory, NULL);
    assert_non_null(too_many);
    assert_null(parse(too_many, &error));
    assert_mado_error_says(error, MADO_ERROR_CENTRE_ANSWER, "too often");
}

static void
assert_row_is_refused(MadoBodyRow *row)
{
    g_autoptr(MadoBodyDirectory) directory = make_directory(0);
    g_autoptr(MadoSecret) bytes = NULL;
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(directory->rows, row);
    bytes = mado_body_directory_format(directory, NULL);
    assert_non_null(bytes);
    assert_null(parse(bytes, &error));
    assert_mado_error(error, MADO_ERROR_CENTRE_ANSWER);
}

static void
days_and_times_exist(void **state)
{
    MadoBodyRow *row = make_row(1);

    g_strlcpy(row->reserved_time, "2400", sizeof row->reserved_time);
    assert_row_is_refused(row);
    row = make_row(1);
    g_strlcpy(row->reserved_time, "1060", sizeof row->reserved_time);
    assert_row_is_refused(row);
    row = make_row(1);
    g_strlcpy(row->birth, "19850231", sizeof row->birth);
    assert_row_is_refused(row);
    row = make_row(1);
    g_strlcpy(row->reserved_day, "20261301", sizeof row->reserved_day);
    assert_row_is_refused(row);
    row = make_row(1);
    row->reserved_day[0] = '\0'; /* a time of no day */
    assert_row_is_refused(row);
    row = make_row(1);
    row->state = 0;
    assert_row_is_refused(row);
}

static void
a_row_fits_the_length_it_is_said_to_have(void **state)
{
    g_autoptr(MadoBodyDirectory) none = make_directory(0);
    g_autoptr(MadoBodyDirectory) one = make_directory(1);
    g_autoptr(MadoSecret) shorter = mado_body_directory_format(none, NULL);
    g_autoptr(MadoSecret) longer = mado_body_directory_format(one, NULL);

    assert_true(mado_secret_len(longer) - mado_secret_len(shorter) <=
                mado_body_directory_row_len(g_ptr_array_index(one->rows, 0)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_comes_back_as_it_was),
        cmocka_unit_test(no_two_looks_have_one_name),
        cmocka_unit_test(a_query_says_what_it_wants),
        cmocka_unit_test(a_refused_query_leaves_the_output_alone),
        cmocka_unit_test(the_hash_is_of_the_bytes_that_were_signed),
        cmocka_unit_test(a_message_keeps_query_and_decision_byte_by_byte),
        cmocka_unit_test(a_message_without_a_decision_is_refused),
        cmocka_unit_test(rows_come_back_as_they_were),
        cmocka_unit_test(no_rows_are_an_answer),
        cmocka_unit_test(more_rows_than_the_limit_are_refused),
        cmocka_unit_test(days_and_times_exist),
        cmocka_unit_test(a_row_fits_the_length_it_is_said_to_have),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
