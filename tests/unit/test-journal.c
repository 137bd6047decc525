/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal: what it keeps and what it refuses. */
#include "config.h"

#include "common/body-receipt.h"
#include "common/envelope.h"
#include "common/error.h"
#include "daemon/journal-meta.h"
#include "daemon/journal-query.h"
#include "daemon/journal.h"
#include "tests/support/journal-fixture.h"

#include <glib/gstdio.h>

#include <string.h>
#include <sys/stat.h>

/* ---- answers in the main context ---- */

typedef struct {
    GVariant *result;
    GError *error;
    gboolean done;
} Answer;

static void
take_answer(GVariant *result, const GError *error, gpointer user_data)
{
    Answer *answer = user_data;

    answer->result = result == NULL ? NULL : g_variant_ref(result);
    answer->error = error == NULL ? NULL : g_error_copy(error);
    answer->done = TRUE;
}

static void
await(Answer *answer)
{
    while (!answer->done)
        g_main_context_iteration(NULL, TRUE);
}

static void
drop(Answer *answer)
{
    g_clear_pointer(&answer->result, g_variant_unref);
    g_clear_error(&answer->error);
    answer->done = FALSE;
}

static GBytes *
next_delivery(JournalFixture *fixture, char **ret_key)
{
    Answer answer = {0};
    const char *endpoint;
    const char *key;
    g_autoptr(GVariant) body = NULL;
    GBytes *bytes;

    mado_journal_next_delivery(fixture->journal, take_answer, &answer);
    await(&answer);
    assert_null(answer.error);
    g_variant_get(answer.result, "(&s&s@ay)", &endpoint, &key, &body);
    if (endpoint[0] != '\0')
        assert_string_equal(endpoint, "/v1/terminals/D001/receipts");
    *ret_key = g_strdup(key);
    bytes = g_variant_get_data_as_bytes(body);
    drop(&answer);
    return bytes;
}

static GBytes *
make_ack(GBytes *receipt, guint64 number, const guint8 head_hash[32])
{
    MadoMessageHeader header;
    MadoBodyReceiptAck ack = {.epoch = 1, .head_number = number};
    g_autoptr(MadoSecret) body = NULL;
    g_autoptr(MadoSecret) plain = NULL;
    g_autoptr(GError) error = NULL;

    mado_message_header_init(&header, MADO_MESSAGE_RECEIPT_ACK, MADO_REALM_CODE_TRAINING,
                             "D001");
    memset(header.visit, 1, sizeof header.visit);
    memset(header.transaction, 1, sizeof header.transaction);
    mado_envelope_sha256(g_bytes_get_data(receipt, NULL), g_bytes_get_size(receipt),
                         header.request_hash);
    header.has_request_hash = TRUE;
    memcpy(ack.head_hash, head_hash, 32);
    body = mado_body_receipt_format_ack(&ack, &error);
    assert_non_null(body);
    plain = mado_message_format(&header, mado_secret_peek(body), mado_secret_len(body), &error);
    assert_non_null(plain);
    return g_bytes_new(mado_secret_peek(plain), mado_secret_len(plain));
}

static void
finish_delivery(JournalFixture *fixture, const char *key, GBytes *ack, Answer *ret_answer)
{
    mado_journal_finish_delivery(fixture->journal, key, ack, take_answer, ret_answer);
    await(ret_answer);
}

/* ---- visits ---- */

static void
a_visit_is_found_again_after_a_restart_and_is_then_on_hold(void **state)
{
    JournalFixture *fixture = *state;
    MadoJournalVisit visit = journal_fixture_make_visit(1);
    MadoJournalVisit found;
    g_autofree char *key = NULL;
    g_autoptr(GBytes) receipt = NULL;
    MadoReceipt parsed;
    g_autoptr(GError) error = NULL;

    journal_fixture_write_visit(fixture, 1, FALSE);
    assert_true(mado_journal_find_visit(fixture->journal, visit.visit, &found, &error));
    assert_int_equal(found.state, MADO_JOURNAL_VISIT_OPEN);
    journal_fixture_restart(fixture);
    assert_true(mado_journal_find_visit(fixture->journal, visit.visit, &found, &error));
    assert_int_equal(found.state, MADO_JOURNAL_VISIT_HELD);
    assert_int_equal(found.error, MADO_ERROR_HELD);
    assert_string_equal(found.request_id, "R-1");
    assert_int_equal(found.fencing, 3);
    receipt = next_delivery(fixture, &key);
    assert_true(mado_receipt_parse(g_bytes_get_data(receipt, NULL), g_bytes_get_size(receipt),
                                   &parsed, NULL, &error));
    assert_int_equal(parsed.kind, MADO_RECEIPT_HELD);
    assert_memory_equal(parsed.visit, visit.visit, sizeof visit.visit);
    assert_true(mado_journal_find_card(fixture->journal, visit.card_id, &found, &error));
    assert_memory_equal(found.visit, visit.visit, sizeof visit.visit);
}

/* As visit.c posts: a row of the visit, from this writer. */
static gboolean
write_as(JournalFixture *fixture, guint writer, const MadoJournalVisit *visit, GError **error)
{
    MadoJournalEntry *entry = mado_journal_entry_new();

    mado_journal_entry_set_writer(entry, writer);
    mado_journal_entry_put_visit(entry, visit);
    return mado_journal_write(fixture->journal, entry, error);
}

static void
a_visit_whose_worker_was_lost_is_on_hold_at_once_and_the_worker_writes_no_more(void **state)
{
    JournalFixture *fixture = *state;
    MadoJournalVisit visit = journal_fixture_make_visit(1);
    MadoJournalVisit found;
    guint lost = mado_journal_add_writer(fixture->journal);
    guint next = mado_journal_add_writer(fixture->journal);
    g_autoptr(GError) error = NULL;

    assert_true(write_as(fixture, lost, &visit, &error));
    mado_journal_abandon(fixture->journal, lost, visit.visit);
    assert_true(mado_journal_find_visit(fixture->journal, visit.visit, &found, &error));
    assert_int_equal(found.state, MADO_JOURNAL_VISIT_HELD);
    assert_string_equal(found.reason, "a command to the card did not return");
    visit.attempt++;
    assert_true(write_as(fixture, next, &visit, &error));
    /* The thread comes back: neither its entry nor its last word changes anything. */
    visit.attempt = 77;
    assert_false(write_as(fixture, lost, &visit, &error));
    assert_true(g_error_matches(error, MADO_ERROR, MADO_ERROR_JOURNAL));
    g_clear_error(&error);
    mado_journal_leave(fixture->journal, lost, visit.visit);
    assert_true(mado_journal_check_ready(fixture->journal, FALSE, &error));
    assert_true(mado_journal_find_visit(fixture->journal, visit.visit, &found, &error));
    assert_int_equal(found.state, MADO_JOURNAL_VISIT_OPEN);
    assert_int_equal(found.attempt, 2);
}

static void
a_visit_that_ended_before_its_worker_was_lost_stays_ended(void **state)
{
    JournalFixture *fixture = *state;
    MadoJournalVisit visit = journal_fixture_make_visit(1);
    MadoJournalVisit found;
    guint lost = mado_journal_add_writer(fixture->journal);
    g_autoptr(GError) error = NULL;

    visit.state = MADO_JOURNAL_VISIT_COMMITTED;
    assert_true(write_as(fixture, lost, &visit, &error));
    mado_journal_abandon(fixture->journal, lost, visit.visit);
    assert_true(mado_journal_find_visit(fixture->journal, visit.visit, &found, &error));
    assert_int_equal(found.state, MADO_JOURNAL_VISIT_COMMITTED);
}

static void
an_unknown_visit_is_not_found_and_sets_nothing(void **state)
{
    JournalFixture *fixture = *state;
    MadoJournalVisit visit = journal_fixture_make_visit(9);
    MadoJournalVisit found = {.attempt = 77};
    g_autoptr(GError) error = NULL;

    assert_false(mado_journal_find_visit(fixture->journal, visit.visit, &found, &error));
    assert_int_equal(error->code, MADO_ERROR_NOT_FOUND);
    assert_int_equal(found.attempt, 77);
}

static void
a_message_is_dropped_when_it_is_answered_and_answered_once(void **state)
{
    JournalFixture *fixture = *state;
    MadoJournalVisit visit = journal_fixture_make_visit(1);
    g_autoptr(GBytes) body = g_bytes_new_static("sealed", 6);
    const guint8 hash[32] = {1};
    const MadoJournalMessage message = {
        .key = "00112233445566778899aabbccddeeff",
        .visit = visit.visit,
        .endpoint = "/v1/terminals/D001/visits",
        .body = body,
        .hash = hash,
    };
    MadoJournalEntry *entry = mado_journal_entry_new();
    g_autoptr(GError) error = NULL;

    mado_journal_entry_put_message(entry, &message);
    assert_true(mado_journal_write(fixture->journal, entry, &error));
    entry = mado_journal_entry_new();
    mado_journal_entry_finish_message(entry, message.key, MADO_JOURNAL_MESSAGE_ANSWERED, hash);
    assert_true(mado_journal_write(fixture->journal, entry, &error));
    entry = mado_journal_entry_new();
    mado_journal_entry_finish_message(entry, message.key, MADO_JOURNAL_MESSAGE_ANSWERED, hash);
    assert_false(mado_journal_write(fixture->journal, entry, &error));
    assert_int_equal(error->code, MADO_ERROR_JOURNAL);
}

static void
an_answer_needs_its_intent_and_a_failed_entry_leaves_nothing(void **state)
{
    JournalFixture *fixture = *state;
    MadoJournalVisit visit = journal_fixture_make_visit(4);
    MadoJournalVisit found;
    MadoJournalAnswer answer = {.attempt = 1, .seq = 1, .sw = 0x9000};
    MadoJournalIntent intent = {.attempt = 1, .seq = 1, .header = {0x84, 0xDA, 0xDF, 0x73}};
    MadoJournalEntry *entry = mado_journal_entry_new();
    g_autoptr(GError) error = NULL;

    mado_journal_entry_put_visit(entry, &visit);
    journal_fixture_put_receipt(entry, 4);
    mado_journal_entry_put_answer(entry, &answer);
    assert_false(mado_journal_write(fixture->journal, entry, &error));
    g_clear_error(&error);
    assert_false(mado_journal_find_visit(fixture->journal, visit.visit, &found, &error));
    g_clear_error(&error);
    entry = mado_journal_entry_new();
    mado_journal_entry_put_intent(entry, &intent);
    assert_true(mado_journal_write(fixture->journal, entry, &error));
    entry = mado_journal_entry_new();
    mado_journal_entry_put_answer(entry, &answer);
    assert_true(mado_journal_write(fixture->journal, entry, &error));
    assert_int_equal(fixture->n_backlog, 0);
}

static void
a_request_is_kept_by_transaction_and_slot(void **state)
{
    JournalFixture *fixture = *state;
    const guint8 transaction[16] = {5};
    g_autoptr(GBytes) der = g_bytes_new_static("der", 3);
    g_autoptr(GBytes) found = NULL;
    MadoJournalEntry *entry = mado_journal_entry_new();
    g_autoptr(GError) error = NULL;

    mado_journal_entry_put_csr(entry, transaction, MADO_SLOT_AUTH, der);
    assert_true(mado_journal_write(fixture->journal, entry, &error));
    found = mado_journal_find_csr(fixture->journal, transaction, MADO_SLOT_AUTH, &error);
    assert_true(g_bytes_equal(found, der));
    assert_null(mado_journal_find_csr(fixture->journal, transaction, MADO_SLOT_SIGN, &error));
    assert_int_equal(error->code, MADO_ERROR_NOT_FOUND);
}

/* ---- receipts ---- */

static void
receipts_are_numbered_without_gaps_and_chained(void **state)
{
    JournalFixture *fixture = *state;
    Answer answer = {0};
    g_autoptr(GVariant) list = NULL;
    guint8 previous[32] = {0};

    for (guint8 i = 1; i <= 5; i++)
        journal_fixture_write_visit(fixture, i, TRUE);
    journal_fixture_restart(fixture);
    for (guint8 i = 6; i <= 8; i++)
        journal_fixture_write_visit(fixture, i, TRUE);
    mado_journal_list_receipts(fixture->journal, 0, 100, take_answer, &answer);
    await(&answer);
    assert_null(answer.error);
    list = g_variant_get_child_value(answer.result, 0);
    assert_int_equal(g_variant_n_children(list), 13); /* five were put on hold */
    for (gsize i = 0; i < 13; i++) {
        g_autoptr(GVariant) row = g_variant_get_child_value(list, i);
        g_autoptr(GVariant) cms = g_variant_lookup_value(row, "cms", G_VARIANT_TYPE("ay"));
        g_autoptr(GBytes) bytes = g_variant_get_data_as_bytes(cms);
        g_autoptr(GError) error = NULL;
        MadoReceipt receipt;
        gboolean verified = FALSE;

        assert_true(mado_receipt_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes),
                                       &receipt, NULL, &error));
        assert_true(mado_receipt_check_link(&receipt, i, previous, &error));
        assert_true(g_variant_lookup(row, "verified", "b", &verified));
        assert_true(verified);
        mado_envelope_sha256(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), previous);
    }
    drop(&answer);
}

static void
an_acknowledgement_clears_up_to_the_head(void **state)
{
    JournalFixture *fixture = *state;
    g_autofree char *key = NULL;
    g_autofree char *second_key = NULL;
    g_autoptr(GBytes) receipt = NULL;
    g_autoptr(GBytes) second = NULL;
    g_autoptr(GBytes) ack = NULL;
    Answer answer = {0};
    guint8 hash[32];
    guint n_backlog = 99;

    journal_fixture_write_visit(fixture, 1, TRUE);
    journal_fixture_write_visit(fixture, 2, TRUE);
    receipt = next_delivery(fixture, &key);
    assert_string_equal(key, "r-1-1");
    mado_envelope_sha256(g_bytes_get_data(receipt, NULL), g_bytes_get_size(receipt), hash);
    ack = make_ack(receipt, 1, hash);
    finish_delivery(fixture, key, ack, &answer);
    assert_null(answer.error);
    g_variant_get(answer.result, "(u)", &n_backlog);
    assert_int_equal(n_backlog, 1);
    drop(&answer);
    second = next_delivery(fixture, &second_key);
    assert_string_equal(second_key, "r-1-2");
    /* The first answer again, late: to another receipt. */
    finish_delivery(fixture, second_key, ack, &answer);
    assert_int_equal(answer.error->code, MADO_ERROR_CENTRE_ANSWER);
    drop(&answer);
    finish_delivery(fixture, "r-1-3", ack, &answer);
    assert_int_equal(answer.error->code, MADO_ERROR_NOT_FOUND);
    drop(&answer);
    finish_delivery(fixture, "x", ack, &answer);
    assert_int_equal(answer.error->code, MADO_ERROR_NOT_FOUND);
    drop(&answer);
}

static void
a_pin_changed_outside_a_visit_has_a_receipt_without_one(void **state)
{
    JournalFixture *fixture = *state;
    const guint8 card_id[MADO_CARD_ID_LEN] = {9};
    const guint8 none[MADO_MESSAGE_ID_LEN] = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *key = NULL;
    g_autoptr(GBytes) receipt = NULL;
    MadoReceipt parsed;

    assert_true(mado_journal_pin_changed(fixture->journal, card_id, MADO_PIN_TEXT,
                                         MADO_ERROR_PIN_WRONG, &error));
    receipt = next_delivery(fixture, &key);
    assert_true(mado_receipt_parse(g_bytes_get_data(receipt, NULL), g_bytes_get_size(receipt),
                                   &parsed, NULL, &error));
    assert_int_equal(parsed.kind, MADO_RECEIPT_PIN_CHANGED);
    assert_memory_equal(parsed.card_id, card_id, sizeof card_id);
    assert_memory_equal(parsed.visit, none, sizeof none);
}

static void
another_head_at_the_centre_is_a_fork_and_stops_new_visits(void **state)
{
    JournalFixture *fixture = *state;
    g_autofree char *key = NULL;
    g_autoptr(GBytes) receipt = NULL;
    g_autoptr(GBytes) ack = NULL;
    g_autoptr(GError) error = NULL;
    Answer answer = {0};
    const guint8 other[32] = {0xEE};

    journal_fixture_write_visit(fixture, 1, TRUE);
    assert_true(mado_journal_check_ready(fixture->journal, TRUE, &error));
    receipt = next_delivery(fixture, &key);
    ack = make_ack(receipt, 1, other);
    finish_delivery(fixture, key, ack, &answer);
    assert_int_equal(answer.error->code, MADO_ERROR_CENTRE_ANSWER);
    drop(&answer);
    assert_false(mado_journal_check_ready(fixture->journal, TRUE, &error));
    assert_int_equal(error->code, MADO_ERROR_JOURNAL);
    g_clear_error(&error);
    journal_fixture_restart(fixture);
    assert_false(mado_journal_check_ready(fixture->journal, TRUE, &error));
}

static void
a_full_backlog_stops_new_visits_and_lets_old_ones_go_on(void **state)
{
    JournalFixture *fixture = *state;
    g_autoptr(GError) error = NULL;
    MadoJournalEntry *entry = mado_journal_entry_new();

    for (guint i = 0; i < MADO_LIMIT_RECEIPT_BACKLOG; i++)
        journal_fixture_put_receipt(entry, 1);
    assert_true(mado_journal_write(fixture->journal, entry, &error));
    assert_false(mado_journal_check_ready(fixture->journal, TRUE, &error));
    assert_int_equal(error->code, MADO_ERROR_LIMIT);
    g_clear_error(&error);
    assert_true(mado_journal_check_ready(fixture->journal, FALSE, &error));
    while (fixture->n_backlog != MADO_LIMIT_RECEIPT_BACKLOG)
        g_main_context_iteration(NULL, TRUE);
}

/* ---- whose file it is ---- */

static void
the_files_are_for_their_owner_alone(void **state)
{
    JournalFixture *fixture = *state;
    g_autofree char *folder = g_path_get_dirname(fixture->path);
    struct stat info;

    assert_int_equal(stat(folder, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(stat(fixture->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void
refuses(JournalFixture *fixture, const char *terminal, MadoErrorCode code)
{
    g_autoptr(GError) error = NULL;

    assert_null(journal_fixture_start_as(fixture, terminal, &error));
    assert_int_equal(error->code, code);
}

static void
a_second_process_and_another_desk_are_refused(void **state)
{
    JournalFixture *fixture = *state;
    g_autofree char *folder = g_path_get_dirname(fixture->path);

    refuses(fixture, "D001", MADO_ERROR_CONFIG);
    g_clear_pointer(&fixture->journal, mado_journal_close);
    refuses(fixture, "D002", MADO_ERROR_CONFIG);
    assert_int_equal(g_chmod(folder, 0755), 0);
    refuses(fixture, "D001", MADO_ERROR_CONFIG);
    assert_int_equal(g_chmod(folder, 0700), 0);
    assert_true(g_file_set_contents(fixture->path, "not a database, but text", -1, NULL));
    refuses(fixture, "D001", MADO_ERROR_JOURNAL);
    assert_int_equal(g_remove(fixture->path), 0);
    journal_fixture_start(fixture);
}

static void
a_newer_schema_is_refused_by_name_and_an_older_one_migrated(void **state)
{
    JournalFixture *fixture = *state;
    const MadoJournalSchema *now = mado_journal_store_schema();
    const char *const steps[] = {now->steps[0], "CREATE TABLE later (a INTEGER) STRICT;"
                                                "INSERT INTO later VALUES (1);"};
    const MadoJournalSchema next = {steps, 2};
    const char *const broken_steps[] = {now->steps[0], "CREATE TABLE later (a);", "nonsense;"};
    const MadoJournalSchema broken = {broken_steps, 3};
    g_autoptr(GError) error = NULL;
    MadoJournalStore *store;
    MadoJournalHead head;

    journal_fixture_write_visit(fixture, 1, TRUE);
    g_clear_pointer(&fixture->journal, mado_journal_close);
    /* A migration that fails half-way leaves the old schema. */
    assert_null(mado_journal_store_open(fixture->path, &broken, &error));
    assert_int_equal(error->code, MADO_ERROR_JOURNAL);
    g_clear_error(&error);
    store = mado_journal_store_open(fixture->path, &next, &error);
    assert_non_null(store);
    assert_true(mado_journal_meta_head(store, &head, &error));
    assert_int_equal(head.number, 1);
    mado_journal_store_close(store);
    assert_null(journal_fixture_start_as(fixture, "D001", &error));
    assert_int_equal(error->code, MADO_ERROR_CONFIG);
    assert_non_null(strstr(error->message, "schema 2"));
}

/* One entry of each kind of row, so that the dump has something in every table. */
static void
fill(JournalFixture *fixture)
{
    MadoJournalVisit visit = journal_fixture_make_visit(1);
    const guint8 hash[32] = {1};
    g_autoptr(GBytes) bytes = g_bytes_new_static("body", 4);
    const MadoJournalMessage message = {.key = "00112233445566778899aabbccddeeff",
                                        .visit = visit.visit,
                                        .attempt = 1,
                                        .step_number = 1,
                                        .endpoint = "/v1/terminals/D001/visits",
                                        .body = bytes,
                                        .hash = hash};
    MadoJournalIntent intent = {
        .attempt = 1, .seq = 1, .step_number = 1, .header = {0x84, 0xDA, 0xDF, 0x73}};
    MadoJournalEntry *entry = mado_journal_entry_new();
    g_autoptr(GError) error = NULL;

    memcpy(intent.visit, visit.visit, sizeof intent.visit);
    mado_journal_entry_put_visit(entry, &visit);
    mado_journal_entry_put_message(entry, &message);
    mado_journal_entry_put_intent(entry, &intent);
    mado_journal_entry_put_csr(entry, visit.transaction, MADO_SLOT_AUTH, bytes);
    mado_journal_entry_put_centre_time(entry, fixture->now_ms);
    journal_fixture_put_receipt(entry, 1);
    assert_true(mado_journal_write(fixture->journal, entry, &error));
}

/* MADO_MAKE_FIXTURES=FOLDER writes the one of the present version there instead. */
static void
a_journal_of_every_version_is_opened(void **state)
{
    JournalFixture *fixture = *state;
    const char *folder = g_getenv("MADO_MAKE_FIXTURES");
    MadoJournalVisit visit = journal_fixture_make_visit(1);
    MadoJournalVisit found;
    g_autoptr(GError) error = NULL;

    if (folder != NULL) {
        g_autofree char *path =
            g_strdup_printf("%s/journal-%d.sql", folder, MADO_JOURNAL_SCHEMA_VERSION);

        fill(fixture);
        g_clear_pointer(&fixture->journal, mado_journal_close);
        journal_fixture_dump(fixture, path);
        return;
    }
    for (int version = 1; version <= MADO_JOURNAL_SCHEMA_VERSION; version++) {
        g_autofree char *name = g_strdup_printf("journal-%d.sql", version);
        g_autofree char *key = NULL;
        g_autoptr(GBytes) receipt = NULL;
        g_autoptr(GBytes) csr = NULL;

        g_clear_pointer(&fixture->journal, mado_journal_close);
        journal_fixture_load(fixture, name);
        journal_fixture_start(fixture);
        assert_true(mado_journal_find_visit(fixture->journal, visit.visit, &found, &error));
        assert_string_equal(found.request_id, "R-1");
        csr =
            mado_journal_find_csr(fixture->journal, visit.transaction, MADO_SLOT_AUTH, &error);
        assert_non_null(csr);
        receipt = next_delivery(fixture, &key);
        assert_string_equal(key, "r-1-1");
    }
}

/* ---- many writers ---- */

typedef struct {
    JournalFixture *fixture;
    guint8 number;
    gboolean ok;
} Writer;

static gpointer
write_many(gpointer data)
{
    Writer *writer = data;

    writer->ok = TRUE;
    for (guint i = 0; i < 25; i++) {
        MadoJournalEntry *entry = mado_journal_entry_new();

        journal_fixture_put_receipt(entry, writer->number);
        writer->ok = writer->ok && mado_journal_write(writer->fixture->journal, entry, NULL);
    }
    return NULL;
}

static void
entries_of_many_workers_share_one_chain(void **state)
{
    JournalFixture *fixture = *state;
    Writer writers[4];
    GThread *threads[4];
    Answer answer = {0};
    g_autoptr(GVariant) list = NULL;

    for (guint8 i = 0; i < 4; i++) {
        writers[i] = (Writer){fixture, i, FALSE};
        threads[i] = g_thread_new("writer", write_many, &writers[i]);
    }
    for (guint i = 0; i < 4; i++) {
        g_thread_join(threads[i]);
        assert_true(writers[i].ok);
    }
    mado_journal_list_receipts(fixture->journal, 0, 500, take_answer, &answer);
    await(&answer);
    list = g_variant_get_child_value(answer.result, 0);
    assert_int_equal(g_variant_n_children(list), 100);
    for (gsize i = 0; i < 100; i++) {
        g_autoptr(GVariant) row = g_variant_get_child_value(list, i);
        gboolean verified = FALSE;

        g_variant_lookup(row, "verified", "b", &verified);
        assert_true(verified);
    }
    drop(&answer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_visit_is_found_again_after_a_restart_and_is_then_on_hold, journal_fixture_set_up,
            journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(
            a_visit_whose_worker_was_lost_is_on_hold_at_once_and_the_worker_writes_no_more,
            journal_fixture_set_up, journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(
            a_visit_that_ended_before_its_worker_was_lost_stays_ended, journal_fixture_set_up,
            journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_visit_is_not_found_and_sets_nothing,
                                        journal_fixture_set_up, journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(
            a_message_is_dropped_when_it_is_answered_and_answered_once, journal_fixture_set_up,
            journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(
            an_answer_needs_its_intent_and_a_failed_entry_leaves_nothing,
            journal_fixture_set_up, journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_request_is_kept_by_transaction_and_slot,
                                        journal_fixture_set_up, journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(receipts_are_numbered_without_gaps_and_chained,
                                        journal_fixture_set_up, journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_acknowledgement_clears_up_to_the_head,
                                        journal_fixture_set_up, journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_pin_changed_outside_a_visit_has_a_receipt_without_one,
                                        journal_fixture_set_up, journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(
            another_head_at_the_centre_is_a_fork_and_stops_new_visits, journal_fixture_set_up,
            journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_full_backlog_stops_new_visits_and_lets_old_ones_go_on,
                                        journal_fixture_set_up, journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(the_files_are_for_their_owner_alone,
                                        journal_fixture_set_up, journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_second_process_and_another_desk_are_refused,
                                        journal_fixture_set_up, journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(
            a_newer_schema_is_refused_by_name_and_an_older_one_migrated, journal_fixture_set_up,
            journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_journal_of_every_version_is_opened,
                                        journal_fixture_set_up, journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(entries_of_many_workers_share_one_chain,
                                        journal_fixture_set_up, journal_fixture_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
