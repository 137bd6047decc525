/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/journal-fixture.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

static const guint8 key_id[32] = {7};

static gint64
fake_time(gpointer data)
{
    return ((JournalFixture *)data)->now_ms;
}

/* The receipt's own bytes in place of a signature around them. */
static GBytes *
seal(const MadoReceipt *receipt, GBytes *body, gconstpointer data, GError **error)
{
    return mado_receipt_format(receipt, body, error);
}

static MadoSecret *
open_plain(GBytes *cms, gconstpointer data, GError **error)
{
    return mado_secret_new_from(g_bytes_get_data(cms, NULL), g_bytes_get_size(cms));
}

static GBytes *
encrypt_plain(const MadoSecret *body, gconstpointer data, GError **error)
{
    return g_bytes_new(mado_secret_peek(body), mado_secret_len(body));
}

static void
on_backlog(guint n_receipts, gpointer user_data)
{
    ((JournalFixture *)user_data)->n_backlog = n_receipts;
}

MadoJournal *
journal_fixture_start_as(JournalFixture *fixture, const char *terminal, GError **error)
{
    const MadoJournalSettings settings = {
        .path = fixture->path,
        .realm = MADO_REALM_CODE_TRAINING,
        .terminal = terminal,
        .clock = &fixture->clock,
        .key_id = key_id,
        .seal = seal,
        .open = open_plain,
        .encrypt = encrypt_plain,
        .on_backlog = on_backlog,
        .user_data = fixture,
    };

    return mado_journal_start(&settings, error);
}

void
journal_fixture_start(JournalFixture *fixture)
{
    g_autoptr(GError) error = NULL;

    fixture->journal = journal_fixture_start_as(fixture, "D001", &error);
    assert_null(error);
    assert_non_null(fixture->journal);
}

void
journal_fixture_restart(JournalFixture *fixture)
{
    g_clear_pointer(&fixture->journal, mado_journal_close);
    journal_fixture_start(fixture);
}

void
journal_fixture_set_clock(JournalFixture *fixture)
{
    fixture->now_ms = 1700000000000;
    fixture->clock = (MadoClock){fake_time, fake_time, fixture};
}

int
journal_fixture_set_up(void **state)
{
    JournalFixture *fixture = g_new0(JournalFixture, 1);

    fixture->folder = g_dir_make_tmp("journal-XXXXXX", NULL);
    fixture->path = g_build_filename(fixture->folder, "journal", "journal.db", NULL);
    journal_fixture_set_clock(fixture);
    journal_fixture_start(fixture);
    *state = fixture;
    return 0;
}

void
journal_fixture_remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        journal_fixture_remove_tree(child);
    }
    g_remove(path);
}

int
journal_fixture_tear_down(void **state)
{
    JournalFixture *fixture = *state;

    mado_journal_close(fixture->journal);
    journal_fixture_remove_tree(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->path);
    g_free(fixture);
    return 0;
}

MadoJournalVisit
journal_fixture_make_visit(guint8 number)
{
    MadoJournalVisit visit = {
        .procedure = MADO_PROCEDURE_ISSUE,
        .state = MADO_JOURNAL_VISIT_OPEN,
        .attempt = 1,
        .fencing = 3,
        .step_number = 1,
    };

    visit.visit[0] = number;
    visit.transaction[0] = number;
    visit.card_id[0] = number;
    g_strlcpy(visit.request_id, "R-1", sizeof visit.request_id);
    g_strlcpy(visit.serial, "000000000000001", sizeof visit.serial);
    g_strlcpy(visit.operator_id, "CLERK-1", sizeof visit.operator_id);
    return visit;
}

void
journal_fixture_put_receipt(MadoJournalEntry *entry, guint8 number)
{
    MadoReceipt draft = {.kind = MADO_RECEIPT_VISIT_OPENED, .has_card = TRUE};
    g_autoptr(GBytes) body = g_bytes_new_static("encrypted", 9);

    draft.visit[0] = number;
    g_strlcpy(draft.operator_id, "CLERK-1", sizeof draft.operator_id);
    mado_journal_entry_put_receipt(entry, &draft, body);
}

void
journal_fixture_write_visit(JournalFixture *fixture, guint8 number, gboolean with_receipt)
{
    MadoJournalEntry *entry = mado_journal_entry_new();
    MadoJournalVisit visit = journal_fixture_make_visit(number);
    g_autoptr(GError) error = NULL;

    mado_journal_entry_put_visit(entry, &visit);
    if (with_receipt)
        journal_fixture_put_receipt(entry, number);
    assert_true(mado_journal_write(fixture->journal, entry, &error));
}

void
journal_fixture_load(JournalFixture *fixture, const char *name)
{
    g_autofree char *path =
        g_build_filename(g_getenv("MADO_TOP_SRCDIR"), "tests", "fixtures", name, NULL);
    g_autofree char *sql = NULL;
    sqlite3 *db = NULL;

    assert_true(g_file_get_contents(path, &sql, NULL, NULL));
    g_remove(fixture->path);
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* One value as SQL text. */
static void
append_value(GString *text, sqlite3_stmt *row, int column)
{
    const guint8 *data = sqlite3_column_blob(row, column);
    char *quoted;

    if (sqlite3_column_type(row, column) == SQLITE_BLOB) {
        g_string_append(text, "X'");
        for (int i = 0; i < sqlite3_column_bytes(row, column); i++)
            g_string_append_printf(text, "%02X", data[i]);
        g_string_append(text, "'");
        return;
    }
    quoted = sqlite3_column_type(row, column) == SQLITE_TEXT
                 ? sqlite3_mprintf("%Q", sqlite3_column_text(row, column))
                 : sqlite3_mprintf("%lld", sqlite3_column_int64(row, column));
    g_string_append(text, sqlite3_column_type(row, column) == SQLITE_NULL ? "NULL" : quoted);
    sqlite3_free(quoted);
}

static void
append_rows(GString *text, sqlite3 *db, const char *table)
{
    g_autofree char *query = g_strdup_printf("SELECT * FROM %s", table);
    sqlite3_stmt *row = NULL;

    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &row, NULL), SQLITE_OK);
    while (sqlite3_step(row) == SQLITE_ROW) {
        g_string_append_printf(text, "INSERT INTO %s VALUES (", table);
        for (int i = 0; i < sqlite3_column_count(row); i++) {
            g_string_append(text, i > 0 ? "," : "");
            append_value(text, row, i);
        }
        g_string_append(text, ");\n");
    }
    sqlite3_finalize(row);
}

void
journal_fixture_dump(JournalFixture *fixture, const char *path)
{
    g_autoptr(GString) text = g_string_new("-- SPDX-License-Identifier: LGPL-2.1-or-later\n");
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;

    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    sqlite3_prepare_v2(db, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL", -1, &row,
                       NULL);
    while (sqlite3_step(row) == SQLITE_ROW)
        g_string_append_printf(text, "%s;\n", sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
                       -1, &row, NULL);
    while (sqlite3_step(row) == SQLITE_ROW)
        append_rows(text, db, (const char *)sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    g_string_append_printf(text, "PRAGMA user_version = %d;\nPRAGMA application_id = %d;\n",
                           MADO_JOURNAL_SCHEMA_VERSION, 0x4D41444F);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_true(g_file_set_contents(path, text->str, -1, NULL));
}
