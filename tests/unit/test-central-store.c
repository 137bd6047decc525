/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The store, the thread that writes to it, what is sealed in it, and receipts. */
#include "config.h"

#include "central/committer.h"
#include "central/private-file.h"
#include "central/problem.h"
#include "central/query.h"
#include "central/receipt-book.h"
#include "central/store-lock.h"
#include "central/store-sqlite.h"
#include "central/vault.h"
#include "common/envelope.h"
#include "tests/support/test-error.h"

#include <glib/gstdio.h>

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    char *folder;
    char *path;
    MadoStore *store;
} Fixture;

static int
set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);

    fixture->folder = g_dir_make_tmp("mado-store-XXXXXX", NULL);
    fixture->path = g_strconcat(fixture->folder, "/test.db", NULL);
    fixture->store = mado_store_sqlite_open(fixture->path, TRUE, NULL);
    assert_non_null(fixture->store);
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GDir) dir = g_dir_open(fixture->folder, 0, NULL);
    const char *name;

    mado_store_close(fixture->store);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(fixture->folder, name, NULL);

        g_unlink(path);
    }
    g_rmdir(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->path);
    g_free(fixture);
    return 0;
}

/* ---- the file ---- */

static void
a_new_database_is_its_owners_alone(void **state)
{
    Fixture *fixture = *state;
    struct stat status;

    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

/* Runs SQL behind the store's back. */
static void
run_sql(const char *path, const char *sql)
{
    g_autoptr(MadoSqlite) db = mado_query_open(path, TRUE, NULL);

    assert_non_null(db);
    assert_true(mado_query_run(db, sql, NULL));
}

static void
a_newer_schema_is_refused_by_name(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&fixture->store, mado_store_close);
    run_sql(fixture->path, "PRAGMA user_version = 3");
    assert_null(mado_store_sqlite_open(fixture->path, TRUE, &error));
    assert_mado_error_says(error, MADO_ERROR_CONFIG, "schema 3");
}

/* One file per version is kept; this program opens every one of them. */
static MadoStore *
open_old(Fixture *fixture, guint version)
{
    const char *top = g_getenv("MADO_TOP_SRCDIR");
    g_autofree char *copy = g_strdup_printf("%s/old-%u.db", fixture->folder, version);
    g_autofree char *name = g_strdup_printf("central-v%u.sql", version);
    g_autofree char *sql_path = NULL;
    g_autofree char *sql = NULL;
    MadoStore *old;

    assert_non_null(top);
    sql_path = g_build_filename(top, "tests", "fixtures", name, NULL);
    assert_true(g_file_get_contents(sql_path, &sql, NULL, NULL));
    run_sql(copy, sql);
    old = mado_store_sqlite_open(copy, FALSE, NULL);
    assert_non_null(old);
    return old;
}

static void
the_schema_of_every_version_opens(void **state)
{
    for (guint version = 1; version <= MADO_STORE_SQLITE_SCHEMA; version++) {
        g_autoptr(MadoStore) old = open_old(*state, version);
        g_autoptr(MadoRequestRecord) request = old->ops->get_request(old, "R-1", NULL);
        g_autoptr(MadoReceiptRecord) head = old->ops->get_head(old, "D001", NULL);

        assert_non_null(request);
        assert_int_equal(request->state, MADO_REQUEST_SET_UP);
        assert_non_null(head);
        assert_int_equal(head->number, 1);
    }
}

static gboolean
take_id(gconstpointer item, gpointer user_data)
{
    const MadoDirectoryRecord *record = item;

    g_strlcpy(user_data, record->request->id, 33);
    return TRUE;
}

/* A request of version 1 has no keys; it waits for whoever has the vault, and is found then. */
static void
a_request_of_version_1_waits_for_its_search_keys(void **state)
{
    static const MadoSearchKeys keys = {{1}, 1, {{2}}};
    const MadoDirectoryFilter filter = {.municipality = "99999", .reading = keys.readings[0]};
    g_autoptr(MadoStore) old = open_old(*state, 1);
    g_autoptr(MadoRequestRecord) request = old->ops->find_unindexed(old, NULL);
    g_autoptr(GError) error = NULL;
    char found[33] = "";

    assert_non_null(request);
    assert_string_equal(request->id, "R-1");
    assert_non_null(request->person);
    assert_int_equal(request->reserved_day[0], 0);
    assert_true(old->ops->begin(old, NULL));
    assert_true(old->ops->put_search_keys(old, "R-1", &keys, NULL));
    assert_true(old->ops->commit(old, NULL));
    assert_null(old->ops->find_unindexed(old, &error));
    assert_mado_error(error, MADO_ERROR_NOT_FOUND);
    assert_true(old->ops->list_directory(old, &filter, take_id, found, NULL));
    assert_string_equal(found, "R-1");
}

static gboolean
add_shown_rows(gconstpointer item, gpointer user_data)
{
    *(guint *)user_data += ((const MadoLookRecord *)item)->n_shown;
    return TRUE;
}

static void
looks_of_version_2_are_listed(void **state)
{
    g_autoptr(MadoStore) old = open_old(*state, 2);
    g_autoptr(MadoRequestRecord) request = old->ops->get_request(old, "R-1", NULL);
    guint n_shown = 0;

    assert_int_equal(request->queue_number, 24);
    assert_int_equal(request->alerts, MADO_ALERT_RESTRICTED);
    assert_string_equal(request->reserved_day, "20261123");
    assert_string_equal(request->reserved_time, "1030");
    assert_true(old->ops->list_looks(old, "R-1", add_shown_rows, &n_shown, NULL));
    assert_int_equal(n_shown, 1);
}

static void
a_file_that_is_no_database_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *path = g_strconcat(fixture->folder, "/none.db", NULL);
    g_autoptr(GError) error = NULL;

    assert_null(mado_store_sqlite_open(path, FALSE, &error));
    assert_mado_error(error, MADO_ERROR_JOURNAL);
    g_clear_error(&error);
    assert_true(g_file_set_contents(path, "nothing at all", -1, NULL));
    assert_null(mado_store_sqlite_open(path, FALSE, &error));
    assert_non_null(error);
}

static void
one_service_holds_the_lock(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(MadoStoreLock) lock = mado_store_lock_take(fixture->path, NULL);
    g_autoptr(GError) error = NULL;

    assert_non_null(lock);
    assert_null(mado_store_lock_take(fixture->path, &error));
    assert_mado_error(error, MADO_ERROR_BUSY);
    g_clear_pointer(&lock, mado_store_lock_free);
    lock = mado_store_lock_take(fixture->path, NULL);
    assert_non_null(lock);
}

/* ---- rules that the database itself keeps ---- */

static MadoRequestRecord
new_request(const char *id, guint8 person)
{
    MadoRequestRecord record = {.municipality = "99999", .state = MADO_REQUEST_READY};

    g_strlcpy(record.id, id, sizeof record.id);
    memset(record.number_key, person, sizeof record.number_key);
    record.person = g_bytes_new_static("sealed", 6);
    return record;
}

static gboolean
put_request(MadoStore *store, const char *id, guint8 person)
{
    MadoRequestRecord record = new_request(id, person);
    gboolean done = store->ops->put_request(store, &record, NULL);

    g_bytes_unref(record.person);
    return done;
}

static void
a_person_has_one_living_request_and_a_request_one_card(void **state)
{
    Fixture *fixture = *state;
    MadoStore *store = fixture->store;
    MadoCardRecord card = {.serial = "1", .request_id = "R-1"};

    assert_true(put_request(store, "R-1", 1));
    assert_false(put_request(store, "R-2", 1));
    assert_true(put_request(store, "R-2", 2));
    assert_true(store->ops->put_card(store, &card, NULL));
    card.card_id[0] = 1;
    card.serial[0] = '2';
    assert_false(store->ops->put_card(store, &card, NULL));
}

static void
a_card_is_in_one_visit_at_a_time(void **state)
{
    Fixture *fixture = *state;
    MadoStore *store = fixture->store;
    MadoCardRecord card = {.serial = "1", .request_id = "R-1"};
    MadoTransactionRecord visit = {.request_id = "R-1", .state = MADO_TRANSACTION_PREPARED};

    assert_true(put_request(store, "R-1", 1));
    assert_true(store->ops->put_card(store, &card, NULL));
    assert_true(store->ops->put_transaction(store, &visit, NULL));
    visit.id[0] = 1;
    assert_false(store->ops->put_transaction(store, &visit, NULL));
    visit.id[0] = 0;
    visit.state = MADO_TRANSACTION_ABORTED;
    assert_true(store->ops->put_transaction(store, &visit, NULL));
    visit.id[0] = 1;
    visit.state = MADO_TRANSACTION_UNKNOWN;
    assert_true(store->ops->put_transaction(store, &visit, NULL));
}

/* New certificates and the death of the old ones are one statement's work. */
static void
going_live_revokes_what_was_live_in_the_same_slot(void **state)
{
    Fixture *fixture = *state;
    MadoStore *store = fixture->store;
    MadoCardRecord card = {.serial = "1", .request_id = "R-1"};
    MadoTransactionRecord visit = {.request_id = "R-1", .state = MADO_TRANSACTION_COMMITTED};
    MadoCertificateRecord certificate = {.slot = MADO_SLOT_AUTH,
                                         .state = MADO_CERTIFICATE_LIVE};
    g_autoptr(MadoCertificateRecord) old = NULL;
    g_autoptr(MadoCertificateRecord) new = NULL;

    assert_true(put_request(store, "R-1", 1));
    assert_true(store->ops->put_card(store, &card, NULL));
    for (guint8 i = 0; i < 2; i++) {
        visit.id[0] = certificate.transaction[0] = i;
        assert_true(store->ops->put_transaction(store, &visit, NULL));
        assert_true(store->ops->put_certificate(store, &certificate, NULL));
        certificate.state = MADO_CERTIFICATE_HELD;
    }
    assert_true(store->ops->make_live(store, visit.id, card.card_id, NULL));
    certificate.transaction[0] = 0;
    old = store->ops->get_certificate(store, certificate.transaction, MADO_SLOT_AUTH, NULL);
    new = store->ops->get_certificate(store, visit.id, MADO_SLOT_AUTH, NULL);
    assert_int_equal(old->state, MADO_CERTIFICATE_REVOKED);
    assert_int_equal(new->state, MADO_CERTIFICATE_LIVE);
}

/* ---- the writing thread ---- */

typedef struct {
    MadoStore *store;
    char id[33];
    guint8 person;
    gboolean keep;
    gint is_durable; /* -1: not told yet */
    pthread_mutex_t *lock;
    pthread_cond_t *changed;
} Write;

static gboolean
run_write(gpointer user_data)
{
    Write *write = user_data;

    return put_request(write->store, write->id, write->person) && write->keep;
}

static void
finish_write(gpointer user_data, gboolean is_durable)
{
    Write *write = user_data;

    pthread_mutex_lock(write->lock);
    write->is_durable = is_durable;
    pthread_cond_signal(write->changed);
    pthread_mutex_unlock(write->lock);
}

#define N_WRITES 1000

/* Every third refuses: it is undone alone, whatever batch it was in. */
static void
a_refusal_is_undone_alone_and_everybody_is_told(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(MadoCommitter) committer = mado_committer_new(fixture->store);
    g_autofree Write *writes = g_new0(Write, N_WRITES);
    pthread_mutex_t lock;
    pthread_cond_t changed;

    pthread_mutex_init(&lock, NULL);
    pthread_cond_init(&changed, NULL);
    for (guint i = 0; i < N_WRITES; i++) {
        MadoCommitterJob job = {run_write, finish_write, &writes[i]};

        writes[i] = (Write){fixture->store, "", 0, i % 3 != 0, -1, &lock, &changed};
        g_snprintf(writes[i].id, sizeof writes[i].id, "R-%u", i);
        /* Everybody is another person only where the write is kept. */
        writes[i].person = 0;
        assert_true(mado_committer_submit(committer, &job));
    }
    pthread_mutex_lock(&lock);
    for (guint i = 0; i < N_WRITES; i++)
        while (writes[i].is_durable < 0)
            pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    mado_committer_stop(committer);
    for (guint i = 0; i < N_WRITES; i++) {
        g_autoptr(MadoRequestRecord) record =
            fixture->store->ops->get_request(fixture->store, writes[i].id, NULL);

        /* The first that is kept has the person; all others refuse or collide. */
        assert_int_equal(record != NULL, i == 1);
        assert_true(writes[i].is_durable);
    }
    assert_false(mado_committer_submit(committer, &(MadoCommitterJob){NULL, NULL, NULL}));
    pthread_mutex_destroy(&lock);
    pthread_cond_destroy(&changed);
}

static void
when_nothing_can_be_written_nobody_is_told_otherwise(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(MadoCommitter) committer = NULL;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    Write write = {fixture->store, "R-1", 1, TRUE, -1, &lock, &changed};
    MadoCommitterJob job = {run_write, finish_write, &write};

    pthread_mutex_init(&lock, NULL);
    pthread_cond_init(&changed, NULL);
    /* A transaction that is open already: the batch cannot begin. */
    assert_true(fixture->store->ops->begin(fixture->store, NULL));
    committer = mado_committer_new(fixture->store);
    assert_true(mado_committer_submit(committer, &job));
    mado_committer_stop(committer);
    assert_int_equal(write.is_durable, FALSE);
    fixture->store->ops->rollback(fixture->store);
    pthread_mutex_destroy(&lock);
    pthread_cond_destroy(&changed);
}

/* ---- sealed data ---- */

static MadoVault *
new_vault(Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
    MadoVault *vault;

    assert_true(mado_private_file_write_random(path, 32, NULL));
    vault = mado_vault_load(path, NULL);
    assert_non_null(vault);
    return vault;
}

static void
a_blob_opens_in_its_own_place_under_its_own_key(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(MadoVault) vault = new_vault(fixture, "a.key");
    g_autoptr(MadoVault) other = new_vault(fixture, "b.key");
    g_autoptr(MadoSecret) plain = mado_secret_new_from((const guint8 *)"secret", 6);
    g_autoptr(GBytes) blob = mado_vault_seal(vault, "person:R-1", plain, NULL);
    g_autoptr(GBytes) again = mado_vault_seal(vault, "person:R-1", plain, NULL);
    g_autoptr(MadoSecret) opened = mado_vault_open(vault, "person:R-1", blob, NULL);
    gsize len;
    const guint8 *data = g_bytes_get_data(blob, &len);

    assert_true(mado_secret_equal(opened, plain));
    assert_false(g_bytes_equal(blob, again));
    assert_null(mado_vault_open(vault, "person:R-2", blob, NULL));
    assert_null(mado_vault_open(other, "person:R-1", blob, NULL));
    for (gsize i = 0; i < len; i++) {
        g_autofree guint8 *bad = g_memdup2(data, len);
        g_autoptr(GBytes) altered = NULL;
        g_autoptr(GBytes) cut = g_bytes_new(data, i);

        bad[i] ^= 0x10;
        altered = g_bytes_new(bad, len);
        assert_null(mado_vault_open(vault, "person:R-1", altered, NULL));
        assert_null(mado_vault_open(vault, "person:R-1", cut, NULL));
    }
}

static void
a_number_is_found_by_a_keyed_hash(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(MadoVault) vault = new_vault(fixture, "a.key");
    g_autoptr(MadoVault) other = new_vault(fixture, "b.key");
    guint8 keys[4][32];

    assert_true(mado_vault_search_key(vault, "123456789018", keys[0], NULL));
    assert_true(mado_vault_search_key(vault, "123456789018", keys[1], NULL));
    assert_true(mado_vault_search_key(vault, "999000000008", keys[2], NULL));
    assert_true(mado_vault_search_key(other, "123456789018", keys[3], NULL));
    assert_memory_equal(keys[0], keys[1], 32);
    assert_memory_not_equal(keys[0], keys[2], 32);
    assert_memory_not_equal(keys[0], keys[3], 32);
}

static void
a_key_file_others_can_read_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *path = g_build_filename(fixture->folder, "open.key", NULL);
    g_autoptr(GError) error = NULL;

    assert_true(mado_private_file_write_random(path, 32, NULL));
    assert_false(mado_private_file_write_random(path, 32, &error));
    assert_mado_error(error, MADO_ERROR_CONFIG);
    g_clear_error(&error);
    assert_int_equal(g_chmod(path, 0640), 0);
    assert_null(mado_vault_load(path, &error));
    assert_mado_error(error, MADO_ERROR_CONFIG);
}

/* ---- receipts ---- */

typedef struct {
    MadoReceiptBookEntry entry;
    guint8 hash[32];
} Receipt;

static Receipt
new_receipt(guint64 number, const guint8 *previous, const char *text)
{
    Receipt receipt = {.entry = {.header = {.terminal = "D001",
                                            .epoch = 1,
                                            .number = number,
                                            .kind = MADO_RECEIPT_VISIT_OPENED}}};

    if (previous != NULL)
        memcpy(receipt.entry.header.previous, previous, 32);
    receipt.entry.cms = g_bytes_new(text, strlen(text));
    mado_envelope_sha256((const guint8 *)text, strlen(text), receipt.hash);
    return receipt;
}

/* The head afterwards; 0 when refused, and *ret_problem. */
static guint64
take(Fixture *fixture, const Receipt *receipt, int *ret_problem)
{
    g_autoptr(MadoReceiptRecord) head = NULL;
    g_autoptr(GError) error = NULL;

    if (mado_receipt_book_take(fixture->store, &receipt->entry, 1, &head, &error))
        return head->number;
    assert_true(error->domain == MADO_PROBLEM_DOMAIN);
    *ret_problem = error->code;
    return 0;
}

static void
receipts_form_a_chain_without_gaps(void **state)
{
    Fixture *fixture = *state;
    Receipt first = new_receipt(1, NULL, "first");
    Receipt second = new_receipt(2, first.hash, "second");
    Receipt third = new_receipt(3, second.hash, "third");
    Receipt broken = new_receipt(2, second.hash, "broken");
    Receipt fork = new_receipt(1, NULL, "another first");
    Receipt zero = new_receipt(0, NULL, "zero");
    Receipt later = new_receipt(1, NULL, "a new epoch");
    guint64 n_forks = 0;
    int problem = -1;

    later.entry.header.epoch = 2;
    assert_int_equal(take(fixture, &zero, &problem), 0);
    assert_int_equal(problem, MADO_PROBLEM_BAD_MESSAGE);
    assert_int_equal(take(fixture, &second, &problem), 0);
    assert_int_equal(problem, MADO_PROBLEM_GAP);
    assert_int_equal(take(fixture, &first, &problem), 1);
    assert_int_equal(take(fixture, &first, &problem), 1);
    assert_int_equal(take(fixture, &third, &problem), 0);
    assert_int_equal(problem, MADO_PROBLEM_GAP);
    assert_int_equal(take(fixture, &broken, &problem), 0);
    assert_int_equal(problem, MADO_PROBLEM_BAD_MESSAGE);
    assert_int_equal(take(fixture, &second, &problem), 2);
    assert_int_equal(take(fixture, &third, &problem), 3);
    /* A repeat of an old one is acknowledged with the head. */
    assert_int_equal(take(fixture, &first, &problem), 3);
    assert_int_equal(take(fixture, &fork, &problem), 0);
    assert_int_equal(problem, MADO_PROBLEM_FORK);
    assert_true(fixture->store->ops->count_forks(fixture->store, &n_forks, NULL));
    assert_int_equal(n_forks, 1);
    assert_int_equal(take(fixture, &later, &problem), 1);
    assert_int_equal(take(fixture, &third, &problem), 0);
    assert_int_equal(problem, MADO_PROBLEM_FENCED);
    g_bytes_unref(first.entry.cms);
    g_bytes_unref(second.entry.cms);
    g_bytes_unref(third.entry.cms);
    g_bytes_unref(broken.entry.cms);
    g_bytes_unref(fork.entry.cms);
    g_bytes_unref(zero.entry.cms);
    g_bytes_unref(later.entry.cms);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_database_is_its_owners_alone),
        TEST(a_newer_schema_is_refused_by_name),
        TEST(the_schema_of_every_version_opens),
        TEST(a_request_of_version_1_waits_for_its_search_keys),
        TEST(looks_of_version_2_are_listed),
        TEST(a_file_that_is_no_database_is_refused),
        TEST(one_service_holds_the_lock),
        TEST(a_person_has_one_living_request_and_a_request_one_card),
        TEST(a_card_is_in_one_visit_at_a_time),
        TEST(going_live_revokes_what_was_live_in_the_same_slot),
        TEST(a_refusal_is_undone_alone_and_everybody_is_told),
        TEST(when_nothing_can_be_written_nobody_is_told_otherwise),
        TEST(a_blob_opens_in_its_own_place_under_its_own_key),
        TEST(a_number_is_found_by_a_keyed_hash),
        TEST(a_key_file_others_can_read_is_refused),
        TEST(receipts_form_a_chain_without_gaps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
