/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/store-sqlite.h"

#include "central/store-sqlite-parts.h"
#include "common/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKUP_PAGES_PER_STEP 256

void
mado_store_close(MadoStore *self)
{
    if (self != NULL)
        self->ops->close(self);
}

MadoSqlite *
mado_store_sqlite_parts_db(MadoStore *self)
{
    return ((MadoStoreSqlite *)(gpointer)self)->db;
}

static void
close_store(MadoStore *store)
{
    MadoStoreSqlite *self = (MadoStoreSqlite *)(gpointer)store;

    mado_query_close(self->db);
    g_free(self);
}

/* Prepared once: these run for every request. */
static gboolean
run_prepared(MadoStore *self, const char *sql, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(mado_store_sqlite_parts_db(self), sql);

    return mado_query_finish(&query, error);
}

static gboolean
begin(MadoStore *self, GError **error)
{
    return run_prepared(self, "BEGIN IMMEDIATE", error);
}

static gboolean
commit(MadoStore *self, GError **error)
{
    return run_prepared(self, "COMMIT", error);
}

static void
rollback(MadoStore *self)
{
    run_prepared(self, "ROLLBACK", NULL);
}

static gboolean
mark(MadoStore *self, GError **error)
{
    return run_prepared(self, "SAVEPOINT job", error);
}

static gboolean
release(MadoStore *self, gboolean keep, GError **error)
{
    if (!keep && !run_prepared(self, "ROLLBACK TO job", error))
        return FALSE;
    return run_prepared(self, "RELEASE job", error);
}

static gboolean
copy_pages(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    int result = SQLITE_OK;

    if (backup == NULL)
        return FALSE;
    while (result == SQLITE_OK)
        result = sqlite3_backup_step(backup, BACKUP_PAGES_PER_STEP);
    return sqlite3_backup_finish(backup) == SQLITE_OK && result == SQLITE_DONE;
}

/* A new file that only we may read, so that the copy never lies open for a moment. */
static gboolean
make_private_file(const char *path, GError **error)
{
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

    if (fd < 0) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "cannot create '%s': %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    close(fd);
    return TRUE;
}

static gboolean
backup(MadoStore *store, const char *path, GError **error)
{
    g_autoptr(MadoSqlite) copy = NULL;

    if (!make_private_file(path, error))
        return FALSE;
    copy = mado_query_open(path, FALSE, error);
    if (copy == NULL)
        return FALSE;
    if (!copy_pages(mado_query_peek(mado_store_sqlite_parts_db(store)),
                    mado_query_peek(copy))) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_JOURNAL, "copying to '%s': %s", path,
                    sqlite3_errmsg(mado_query_peek(copy)));
        return FALSE;
    }
    /* One file without a -wal beside it is what an operator carries away. */
    return mado_query_run(copy, "PRAGMA journal_mode=DELETE", error);
}

static char *
get_meta(MadoStore *self, const char *key, GError **error)
{
    g_auto(MadoQuery) query = mado_query_begin(mado_store_sqlite_parts_db(self),
                                               "SELECT value FROM meta WHERE key = ?");
    char value[128];
    gboolean row;

    mado_query_put_text(&query, key);
    if (!mado_query_step(&query, &row, error) || !row)
        return NULL;
    mado_query_take_text(&query, value, sizeof value);
    return g_strdup(value);
}

static gboolean
put_meta(MadoStore *self, const char *key, const char *value, GError **error)
{
    g_auto(MadoQuery) query =
        mado_query_begin(mado_store_sqlite_parts_db(self),
                         "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");

    mado_query_put_text(&query, key);
    mado_query_put_text(&query, value);
    return mado_query_finish(&query, error);
}

static const MadoStoreOps *
get_ops(void)
{
    static MadoStoreOps ops;
    static gsize ready = 0;

    if (g_once_init_enter(&ready)) {
        ops.name = "sqlite";
        ops.close = close_store;
        ops.begin = begin;
        ops.commit = commit;
        ops.rollback = rollback;
        ops.mark = mark;
        ops.release = release;
        ops.backup = backup;
        ops.get_meta = get_meta;
        ops.put_meta = put_meta;
        mado_store_sqlite_parts_fill_register(&ops);
        mado_store_sqlite_parts_fill_visits(&ops);
        mado_store_sqlite_parts_fill_receipts(&ops);
        mado_store_sqlite_parts_fill_directory(&ops);
        g_once_init_leave(&ready, 1);
    }
    return &ops;
}

MadoStore *
mado_store_sqlite_open(const char *path, gboolean create, GError **error)
{
    g_autoptr(MadoStore) store = NULL;
    MadoStoreSqlite *self = g_new0(MadoStoreSqlite, 1);

    self->parent.ops = get_ops();
    store = &self->parent;
    if (create && !g_file_test(path, G_FILE_TEST_EXISTS) && !make_private_file(path, error))
        return NULL;
    self->db = mado_query_open(path, create, error);
    if (self->db == NULL || !mado_store_sqlite_parts_prepare_schema(self->db, create, error)) {
        g_prefix_error(error, "%s: ", path);
        return NULL;
    }
    return g_steal_pointer(&store);
}
