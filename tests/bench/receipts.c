/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Durable receipts per second: the centre's store with its group commit against SQLite alone,
 * the same row, the same batch, WAL, synchronous=FULL, both in a fresh file of the same folder.
 *
 *   receipts FOLDER
 *
 * What is compared is storing: the signature of a receipt is checked by other threads before it
 * comes here. Prints one line of figures per batch, for tests/bench/receipts.py.
 */
#include "config.h"

#include "central/committer.h"
#include "central/receipt-book.h"
#include "central/store-sqlite.h"
#include "common/envelope.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

#include <string.h>

#define CMS_LEN     1700 /* of a receipt about a visit's step */
#define N_BATCHED   16384
#define N_SINGLE    2000
#define N_ROUNDS    3
#define TERMINAL    "D001"
#define RECEIVED_MS G_GINT64_CONSTANT(1767225600000)

typedef struct {
    guint n_receipts;
    guint batch;
    MadoReceiptBookEntry *entries; /* owned, and their cms */
    guint8 (*hashes)[32];          /* owned */
} Load;

typedef struct {
    GMutex lock;
    GCond changed;
    guint n_done;
    gboolean has_failed;
    MadoStore *store;
} Run;

typedef struct {
    Run *run;
    const MadoReceiptBookEntry *entry;
} Job;

/* A chain as a desk would send it, made beforehand. */
static void
make_load(Load *load, guint n_receipts, guint batch)
{
    guint8 previous[32] = {0};
    g_autoptr(GRand) random = g_rand_new_with_seed(1);

    load->n_receipts = n_receipts;
    load->batch = batch;
    load->entries = g_new0(MadoReceiptBookEntry, n_receipts);
    load->hashes = g_malloc0_n(n_receipts, sizeof *load->hashes);
    for (guint i = 0; i < n_receipts; i++) {
        MadoReceiptBookEntry *entry = &load->entries[i];
        guint8 *cms = g_malloc(CMS_LEN);

        for (guint at = 0; at < CMS_LEN; at++)
            cms[at] = (guint8)g_rand_int(random);
        entry->header.epoch = 1;
        entry->header.number = i + 1;
        entry->header.kind = MADO_RECEIPT_COMMITTED;
        g_strlcpy(entry->header.terminal, TERMINAL, sizeof entry->header.terminal);
        memcpy(entry->header.previous, previous, sizeof previous);
        mado_envelope_sha256(cms, CMS_LEN, load->hashes[i]);
        memcpy(previous, load->hashes[i], sizeof previous);
        entry->cms = g_bytes_new_take(cms, CMS_LEN);
    }
}

static void
clear_load(Load *load)
{
    for (guint i = 0; i < load->n_receipts; i++)
        g_bytes_unref(load->entries[i].cms);
    g_free(load->entries);
    g_free(load->hashes);
}

/* ---- ours ----------------------------------------------------------------------------- */

static gboolean
take_receipt(gpointer user_data)
{
    Job *job = user_data;
    g_autoptr(MadoReceiptRecord) head = NULL;

    return mado_receipt_book_take(job->run->store, job->entry, RECEIVED_MS, &head, NULL);
}

static void
on_done(gpointer user_data, gboolean is_durable)
{
    Run *run = ((Job *)user_data)->run;

    g_mutex_lock(&run->lock);
    run->n_done++;
    run->has_failed |= !is_durable;
    g_cond_signal(&run->changed);
    g_mutex_unlock(&run->lock);
}

static void
wait_done(Run *run, guint n_done)
{
    g_mutex_lock(&run->lock);
    while (run->n_done < n_done)
        g_cond_wait(&run->changed, &run->lock);
    g_mutex_unlock(&run->lock);
}

/* The batch is what waits together: everything that fits the queue, or one at a time. */
static gboolean
run_ours(const char *path, const Load *load, double *ret_seconds)
{
    g_autoptr(MadoStore) store = mado_store_sqlite_open(path, TRUE, NULL);
    g_autofree Job *jobs = g_new0(Job, load->n_receipts);
    Run run = {.store = store};
    MadoCommitter *committer;
    gint64 start_us;

    if (store == NULL)
        return FALSE;
    g_mutex_init(&run.lock);
    g_cond_init(&run.changed);
    committer = mado_committer_new(store);
    start_us = g_get_monotonic_time();
    for (guint i = 0; i < load->n_receipts; i++) {
        MadoCommitterJob job = {take_receipt, on_done, &jobs[i]};

        jobs[i] = (Job){&run, &load->entries[i]};
        if (load->batch == 1)
            wait_done(&run, i);
        else if (i >= MADO_COMMITTER_QUEUE)
            wait_done(&run, i + 1 - MADO_COMMITTER_QUEUE);
        if (!mado_committer_submit(committer, &job))
            return FALSE;
    }
    wait_done(&run, load->n_receipts);
    *ret_seconds = (double)(g_get_monotonic_time() - start_us) / G_USEC_PER_SEC;
    mado_committer_free(committer);
    return !run.has_failed;
}

/* ---- SQLite alone --------------------------------------------------------------------- */

static const char schema[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "CREATE TABLE receipts (terminal TEXT NOT NULL, epoch INTEGER NOT NULL,"
    " number INTEGER NOT NULL, hash BLOB NOT NULL, kind INTEGER NOT NULL, visit BLOB NOT NULL,"
    " cms BLOB NOT NULL, received_ms INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX receipts_in_order ON receipts (terminal, epoch, number);";

static gboolean
insert(sqlite3_stmt *statement, const Load *load, guint i)
{
    const MadoReceiptBookEntry *entry = &load->entries[i];

    sqlite3_bind_text(statement, 1, TERMINAL, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, 1);
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)entry->header.number);
    sqlite3_bind_blob(statement, 4, load->hashes[i], 32, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 5, MADO_RECEIPT_COMMITTED);
    sqlite3_bind_blob(statement, 6, entry->header.visit, 16, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 7, g_bytes_get_data(entry->cms, NULL), CMS_LEN, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 8, RECEIVED_MS);
    if (sqlite3_step(statement) != SQLITE_DONE)
        return FALSE;
    return sqlite3_reset(statement) == SQLITE_OK;
}

static gboolean
insert_all(sqlite3 *db, sqlite3_stmt *statement, const Load *load)
{
    gboolean done = TRUE;

    for (guint i = 0; done && i < load->n_receipts; i++) {
        if (i % load->batch == 0)
            done = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
        done = done && insert(statement, load, i);
        if (done && (i + 1) % load->batch == 0)
            done = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    }
    return done;
}

static gboolean
run_bare(const char *path, const Load *load, double *ret_seconds)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    gboolean done;
    gint64 start_us;

    done = sqlite3_open(path, &db) == SQLITE_OK &&
           sqlite3_exec(db, schema, NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_prepare_v2(db, "INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", -1,
                              &statement, NULL) == SQLITE_OK;
    start_us = g_get_monotonic_time();
    done = done && insert_all(db, statement, load);
    *ret_seconds = (double)(g_get_monotonic_time() - start_us) / G_USEC_PER_SEC;
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return done;
}

/* ---- both ----------------------------------------------------------------------------- */

typedef gboolean (*RunLoad)(const char *path, const Load *load, double *ret_seconds);

static gboolean
run_fresh(const char *folder, RunLoad run_load, const Load *load, double *best_s)
{
    static const char *const files[] = {"", "-wal", "-shm"};
    g_autofree char *path = g_build_filename(folder, "receipts.db", NULL);
    double seconds = 0;
    gboolean done = run_load(path, load, &seconds);

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *file = g_strconcat(path, files[i], NULL);

        g_unlink(file);
    }
    *best_s = *best_s == 0 ? seconds : MIN(*best_s, seconds);
    return done;
}

static gboolean
compare(const char *folder, guint n_receipts, guint batch)
{
    Load load;
    double ours_s = 0;
    double bare_s = 0;
    gboolean done = TRUE;

    make_load(&load, n_receipts, batch);
    for (guint i = 0; done && i < N_ROUNDS; i++)
        done = run_fresh(folder, run_bare, &load, &bare_s) &&
               run_fresh(folder, run_ours, &load, &ours_s);
    clear_load(&load);
    if (done)
        g_print("%u %.0f %.0f\n", batch, n_receipts / ours_s, n_receipts / bare_s);
    return done;
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        g_printerr("usage: receipts FOLDER\n");
        return 2;
    }
    if (compare(argv[1], N_BATCHED, MADO_COMMITTER_BATCH) && compare(argv[1], N_SINGLE, 1))
        return 0;
    g_printerr("receipts: a store failed\n");
    return 1;
}
