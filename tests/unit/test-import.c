/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of requests: what is taken, what is refused and on which line. */
#include "config.h"

#include "central/csv.h"
#include "central/import.h"
#include "central/private-file.h"
#include "central/resident.h"
#include "central/store-sqlite.h"
#include "tests/support/test-error.h"

#include <glib/gstdio.h>

#include <string.h>

#define HEADER "request_id,number,name,kana,birth,sex,address\n"
#define GOOD   "R-1,123456789018,試験　花子,シケン　ハナコ,19900401,2,架空県見本市１丁目\n"
#define OTHER  "R-2,999000000008,試験　一郎,シケン　イチロウ,20150401,1,架空県見本市２丁目\n"

typedef struct {
    char *folder;
    char *database;
    char *key;
    MadoStore *store;
    MadoVault *vault;
    MadoImport import;
} Fixture;

static int
set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);

    fixture->folder = g_dir_make_tmp("mado-import-XXXXXX", NULL);
    fixture->database = g_strconcat(fixture->folder, "/test.db", NULL);
    fixture->key = g_strconcat(fixture->folder, "/at-rest.key", NULL);
    assert_true(mado_private_file_write_random(fixture->key, 32, NULL));
    fixture->vault = mado_vault_load(fixture->key, NULL);
    fixture->store = mado_store_sqlite_open(fixture->database, TRUE, NULL);
    assert_non_null(fixture->store);
    fixture->import = (MadoImport){.store = fixture->store,
                                   .vault = fixture->vault,
                                   .municipality = "99999",
                                   .photos = fixture->folder,
                                   .today = {2026, 11, 23},
                                   .now_ms = 1};
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *fixture = *state;
    static const char *const names[] = {"test.db",     "test.db-wal", "test.db-shm",
                                        "at-rest.key", "good.jp2",    "bad.jp2"};

    mado_store_close(fixture->store);
    mado_vault_free(fixture->vault);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(fixture->folder, names[i], NULL);

        g_unlink(path);
    }
    g_rmdir(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->database);
    g_free(fixture->key);
    g_free(fixture);
    return 0;
}

static gboolean
count_one(gconstpointer record, gpointer user_data)
{
    (*(guint *)user_data)++;
    return TRUE;
}

static guint
count_requests(Fixture *fixture)
{
    guint n = 0;

    assert_true(fixture->store->ops->list_requests(fixture->store, NULL, count_one, &n, NULL));
    return n;
}

/* Nothing is written, and the fault begins with these words. */
static void
assert_fault(Fixture *fixture, const char *table, const char *words)
{
    guint before = count_requests(fixture);
    g_autoptr(MadoImportReport) report =
        mado_import_run(&fixture->import, table, strlen(table), NULL);

    assert_non_null(report);
    assert_int_not_equal(report->faults->len, 0);
    if (!g_str_has_prefix(g_ptr_array_index(report->faults, 0), words))
        fail_msg("'%s' does not begin with '%s'",
                 (const char *)g_ptr_array_index(report->faults, 0), words);
    assert_int_equal(count_requests(fixture), before);
}

static void
import(Fixture *fixture, const char *table, guint n_requests)
{
    g_autoptr(MadoImportReport) report =
        mado_import_run(&fixture->import, table, strlen(table), NULL);

    assert_non_null(report);
    if (report->faults->len > 0)
        fail_msg("%s", (const char *)g_ptr_array_index(report->faults, 0));
    assert_int_equal(report->n_requests, n_requests);
}

static void
a_good_table_is_taken(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(MadoRequestRecord) record = NULL;
    g_autoptr(MadoResident) resident = NULL;

    import(fixture, "\xEF\xBB\xBF" HEADER GOOD "\r\n" OTHER, 2);
    record = fixture->store->ops->get_request(fixture->store, "R-1", NULL);
    assert_non_null(record);
    assert_int_equal(record->state, MADO_REQUEST_READY);
    assert_int_equal(record->slots, MADO_SLOT_AUTH | MADO_SLOT_SIGN);
    resident = mado_resident_open(fixture->vault, "R-1", record->person, NULL);
    assert_non_null(resident);
    assert_string_equal(resident->name, "試験　花子");
    assert_string_equal(resident->number, "123456789018");
    /* Another row's key does not open it. */
    g_clear_pointer(&resident, mado_resident_free);
    assert_null(mado_resident_open(fixture->vault, "R-2", record->person, NULL));
}

/* Under fifteen no signature certificate is made, and asking for one is a fault. */
static void
certificates_go_by_age(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(MadoRequestRecord) record = NULL;

    import(fixture, HEADER OTHER, 1);
    record = fixture->store->ops->get_request(fixture->store, "R-2", NULL);
    assert_int_equal(record->slots, MADO_SLOT_AUTH);
    assert_fault(fixture,
                 "request_id,number,name,kana,birth,sex,address,certificates\n"
                 "R-3,123456789018,試,シ,20111124,1,町,both\n",
                 "line 2: certificates");
    import(fixture,
           "request_id,number,name,kana,birth,sex,address,certificates\n"
           "R-3,123456789018,試,シ,20111123,1,町,both\n",
           1);
}

static void
full_width_digits_and_words_are_folded(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(MadoRequestRecord) record = NULL;
    g_autoptr(MadoResident) resident = NULL;

    import(fixture,
           HEADER "\"R-1\",１２３４５６７８９０１８,\"試験,\"\"花子\"\"\",シケン,"
                  "１９９００４０１,女,町\n",
           1);
    record = fixture->store->ops->get_request(fixture->store, "R-1", NULL);
    resident = mado_resident_open(fixture->vault, "R-1", record->person, NULL);
    assert_string_equal(resident->number, "123456789018");
    assert_string_equal(resident->name, "試験,\"花子\"");
    assert_string_equal(resident->sex, "2");
}

static void
faults_name_their_line(void **state)
{
    Fixture *fixture = *state;

    assert_fault(fixture, "", "line 1: the table has no header");
    assert_fault(fixture, "request_id,number,colour\n", "line 1: a column that is unknown");
    assert_fault(fixture, "number,number\n",
                 "line 1: a column that is unknown, or there twice");
    assert_fault(fixture, "number\n", "line 1: no column request_id");
    assert_fault(fixture, HEADER "R-1,1\n", "line 2: not as many fields");
    assert_fault(fixture, HEADER GOOD "R-9,123456789019,試,シ,19900401,2,町\n",
                 "line 3: number: not 12 digits");
    assert_fault(fixture, HEADER "R 1,123456789018,試,シ,19900401,2,町\n",
                 "line 2: request_id: not");
    assert_fault(fixture, HEADER "R-1,123456789018,試,シ,19900230,2,町\n",
                 "line 2: birth: not a day");
    assert_fault(fixture, HEADER "R-1,123456789018,試,シ,19900401,3,町\n", "line 2: sex");
    assert_fault(fixture, HEADER "R-1,123456789018,,シ,19900401,2,町\n", "line 2: name");
    assert_fault(fixture, HEADER GOOD GOOD, "line 3: request_id: is there already");
}

static void
what_is_there_already_is_a_fault(void **state)
{
    Fixture *fixture = *state;

    import(fixture, HEADER GOOD, 1);
    assert_fault(fixture, HEADER GOOD, "line 2: request_id: is there already");
    assert_fault(fixture, HEADER OTHER "R-7,123456789018,試,シ,19900401,2,町\n",
                 "line 3: number: this person has a request");
    assert_int_equal(count_requests(fixture), 1);
}

static void
a_dry_run_writes_nothing(void **state)
{
    Fixture *fixture = *state;

    fixture->import.dry_run = TRUE;
    import(fixture, HEADER GOOD, 1);
    assert_int_equal(count_requests(fixture), 0);
}

static char *
table_with_photo(const char *name)
{
    return g_strconcat("request_id,number,name,kana,birth,sex,address,photo\n"
                       "R-1,123456789018,試,シ,19900401,2,町,",
                       name, "\n", NULL);
}

static void
a_photo_is_a_jpeg_2000_file_of_the_folder(void **state)
{
    static const guint8 photo[] = {0,    0,    0,    12,   0x6A, 0x50, 0x20,
                                   0x20, 0x0D, 0x0A, 0x87, 0x0A, 1};
    Fixture *fixture = *state;
    g_autofree char *good = g_build_filename(fixture->folder, "good.jp2", NULL);
    g_autofree char *bad = g_build_filename(fixture->folder, "bad.jp2", NULL);
    static const char *const wrong[] = {"bad.jp2", "none.jp2", "../good.jp2", ".hidden"};
    g_autofree char *text = table_with_photo("good.jp2");
    g_autoptr(MadoRequestRecord) record = NULL;

    assert_true(g_file_set_contents(good, (const char *)photo, sizeof photo, NULL));
    assert_true(g_file_set_contents(bad, "JFIF", 4, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *faulty = table_with_photo(wrong[i]);

        assert_fault(fixture, faulty, "line 2: photo");
    }
    import(fixture, text, 1);
    record = fixture->store->ops->get_request(fixture->store, "R-1", NULL);
    assert_non_null(record->photo);
    assert_int_not_equal(g_bytes_get_size(record->photo), sizeof photo);
}

static void
json_is_an_array_of_the_same(void **state)
{
    Fixture *fixture = *state;

    fixture->import.is_json = TRUE;
    import(
        fixture,
        "[{\"request_id\":\"R-1\",\"number\":\"123456789018\",\"name\":\"試\",\"kana\":\"シ\","
        "\"birth\":\"19900401\",\"sex\":\"2\",\"address\":\"町\"}]",
        1);
    assert_fault(fixture, "[{\"colour\":\"red\"}]", "line 1: a member that is unknown");
    assert_fault(fixture, "[{\"number\":1}]", "line 1: a member that is unknown or no text");
    assert_fault(fixture, "[1]", "line 1: not an object");
    assert_fault(fixture, "[{}]", "line 1: a required column is missing");
}

static void
assert_no_table(Fixture *fixture, const char *text, gsize len)
{
    g_autoptr(GError) error = NULL;

    assert_null(mado_import_run(&fixture->import, text, len, &error));
    assert_mado_error(error, MADO_ERROR_CONFIG);
}

static void
what_is_no_table_is_an_error(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *deep = g_strnfill(100000, '[');

    assert_no_table(fixture, "\"", 1);
    assert_no_table(fixture, "\"a\"b\n", 5);
    assert_no_table(fixture, "a\"b\n", 4);
    assert_no_table(fixture, "a\0b", 3);
    assert_no_table(fixture, "\x82\xA0\n", 3);
    fixture->import.is_json = TRUE;
    assert_no_table(fixture, "{}", 2);
    assert_no_table(fixture, "", 0);
    assert_no_table(fixture, "[", 1);
    assert_no_table(fixture, deep, 100000);
}

static void
a_csv_line_is_counted_through_quoted_line_ends(void **state)
{
    static const char text[] = "a,\"b\nc\"\n\n\"d\",e\r\n";
    g_autoptr(GPtrArray) rows = mado_csv_parse(text, strlen(text), NULL);
    const MadoCsvRow *row;

    assert_non_null(rows);
    assert_int_equal(rows->len, 2);
    row = g_ptr_array_index(rows, 0);
    assert_string_equal(g_ptr_array_index(row->cells, 1), "b\nc");
    row = g_ptr_array_index(rows, 1);
    assert_int_equal(row->line, 4);
    assert_string_equal(g_ptr_array_index(row->cells, 0), "d");
    assert_int_equal(row->cells->len, 2);
}

/* ---- the queue's columns ---- */

#define QUEUE_HEADER                                                                           \
    "request_id,number,name,kana,birth,sex,address,reserved,queue_number,procedure,alerts\n"
#define QUEUE_ROW(rest)                                                                        \
    QUEUE_HEADER "R-1,123456789018,試験　花子,シケン　ハナコ,19900401,2,架空県," rest "\n"

static void
what_the_queue_shows_is_taken(void **state)
{
    static const struct {
        const char *table;
        const char *day;
        const char *time;
    } rows[] = {
        {QUEUE_ROW("2026-12-01 09:30,7,prepare,restricted guardian"), "20261201", "0930"},
        {QUEUE_ROW("2026-12-01T09:30,7,prepare,restricted guardian"), "20261201", "0930"},
        {QUEUE_ROW("2026-12-01,7,prepare,restricted guardian"), "20261201", ""},
        {QUEUE_ROW("23:59,7,prepare,restricted guardian"), "20261123", "2359"},
    };

    for (gsize i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        Fixture *fixture;
        g_autoptr(MadoRequestRecord) record = NULL;

        set_up(state);
        fixture = *state;
        import(fixture, rows[i].table, 1);
        record = fixture->store->ops->get_request(fixture->store, "R-1", NULL);
        assert_string_equal(record->reserved_day, rows[i].day);
        assert_string_equal(record->reserved_time, rows[i].time);
        assert_int_equal(record->queue_number, 7);
        assert_int_equal(record->procedure, MADO_PROCEDURE_PREPARE);
        assert_int_equal(record->alerts, MADO_ALERT_RESTRICTED | MADO_ALERT_GUARDIAN);
        tear_down(state);
    }
}

static void
a_queue_that_cannot_be_is_named(void **state)
{
    assert_fault(*state, QUEUE_ROW("2026-02-30 09:30,,,"), "line 2: reserved");
    assert_fault(*state, QUEUE_ROW("2026-12-01 24:00,,,"), "line 2: reserved");
    assert_fault(*state, QUEUE_ROW("2026-12-01 09:60,,,"), "line 2: reserved");
    assert_fault(*state, QUEUE_ROW("9:30,,,"), "line 2: reserved");
    assert_fault(*state, QUEUE_ROW("soon,,,"), "line 2: reserved");
    assert_fault(*state, QUEUE_ROW(",0,,"), "line 2: queue_number");
    assert_fault(*state, QUEUE_ROW(",65536,,"), "line 2: queue_number");
    assert_fault(*state, QUEUE_ROW(",,renew,"), "line 2: procedure");
    assert_fault(*state, QUEUE_ROW(",,,secret"), "line 2: alerts");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_table_is_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(certificates_go_by_age, set_up, tear_down),
        cmocka_unit_test_setup_teardown(full_width_digits_and_words_are_folded, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(faults_name_their_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_there_already_is_a_fault, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dry_run_writes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_photo_is_a_jpeg_2000_file_of_the_folder, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(json_is_an_array_of_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_table_is_an_error, set_up, tear_down),
        cmocka_unit_test(a_csv_line_is_counted_through_quoted_line_ends),
        cmocka_unit_test(what_the_queue_shows_is_taken),
        cmocka_unit_test_setup_teardown(a_queue_that_cannot_be_is_named, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
