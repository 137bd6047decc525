/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal-store.h"

#include "common/error.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 0x4D41444F /* "MADO" */
#define BUSY_WAIT_MS   2000       /* a technician's sqlite3 may hold a read lock for a moment */

struct _MadoJournalStore {
    sqlite3 *db;          /* owned */
    char *path;           /* owned */
    char *reserve_path;   /* owned */
    GHashTable *prepared; /* SQL text to sqlite3_stmt, both owned */
    int lock_fd;
    gboolean was_full;
};

struct _MadoJournalRow {
    sqlite3_stmt *statement; /* borrowed */
};

/* Times are ms since 1970 UTC. Ids are 16 bytes. A command's data is never kept: its header,
 * and the hash of what is not a secret. */
static const char *const schema_steps[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE visits (visit BLOB PRIMARY KEY, trans BLOB NOT NULL, request TEXT NOT NULL,"
    " procedure INTEGER NOT NULL, card_id BLOB NOT NULL, serial TEXT NOT NULL,"
    " state INTEGER NOT NULL, step INTEGER NOT NULL, phase INTEGER NOT NULL,"
    " begun INTEGER NOT NULL, attempt INTEGER NOT NULL, fencing INTEGER NOT NULL,"
    " operator TEXT NOT NULL, error INTEGER NOT NULL, reason TEXT NOT NULL,"
    " started_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX visits_by_state ON visits (state, started_ms);"
    "CREATE INDEX visits_by_trans ON visits (trans);"
    "CREATE TABLE commands (visit BLOB NOT NULL, attempt INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, step INTEGER NOT NULL, header BLOB NOT NULL, hash BLOB,"
    " intent_ms INTEGER NOT NULL, sw INTEGER, answer_hash BLOB, answer_ms INTEGER,"
    " PRIMARY KEY (visit, attempt, seq)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE messages (key TEXT PRIMARY KEY, visit BLOB NOT NULL,"
    " attempt INTEGER NOT NULL, step INTEGER NOT NULL, endpoint TEXT NOT NULL, body BLOB,"
    " hash BLOB NOT NULL, state INTEGER NOT NULL, reply_hash BLOB, made_ms INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX messages_by_visit ON messages (visit);"
    "CREATE TABLE csrs (trans BLOB NOT NULL, slot INTEGER NOT NULL, der BLOB NOT NULL,"
    " PRIMARY KEY (trans, slot)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE receipts (epoch INTEGER NOT NULL, number INTEGER NOT NULL,"
    " hash BLOB NOT NULL, previous BLOB NOT NULL, kind INTEGER NOT NULL, visit BLOB NOT NULL,"
    " time_ms INTEGER NOT NULL, operator TEXT NOT NULL, cms BLOB NOT NULL,"
    " acknowledged INTEGER NOT NULL, PRIMARY KEY (epoch, number)) STRICT;"
    "CREATE INDEX receipts_waiting ON receipts (acknowledged, epoch, number);",
};

G_STATIC_ASSERT(G_N_ELEMENTS(schema_steps) == MADO_JOURNAL_SCHEMA_VERSION);

static const MadoJournalSchema program_schema = {schema_steps, G_N_ELEMENTS(schema_steps)};

const MadoJournalSchema *
mado_journal_store_schema(void)
{
    return &program_schema;
}

MadoJournalValue
mado_journal_store_integer(gint64 value)
{
    return (MadoJournalValue){.kind = MADO_JOURNAL_VALUE_INTEGER, .integer = value};
}

MadoJournalValue
mado_journal_store_text(const char *text)
{
    if (text == NULL)
        return (MadoJournalValue){.kind = MADO_JOURNAL_VALUE_NULL};
    return (MadoJournalValue){
        .kind = MADO_JOURNAL_VALUE_TEXT, .data = text, .len = strlen(text)};
}

MadoJournalValue
mado_journal_store_blob(const void *data, gsize len)
{
    if (data == NULL)
        return (MadoJournalValue){.kind = MADO_JOURNAL_VALUE_NULL};
    return (MadoJournalValue){.kind = MADO_JOURNAL_VALUE_BLOB, .data = data, .len = len};
}

MadoJournalValue
mado_journal_store_bytes(GBytes *bytes)
{
    gsize len = 0;
    const void *data = NULL;

    if (bytes == NULL)
        return (MadoJournalValue){.kind = MADO_JOURNAL_VALUE_NULL};
    data = g_bytes_get_data(bytes, &len);
    /* An empty blob has no address but is not NULL. */
    return (MadoJournalValue){
        .kind = MADO_JOURNAL_VALUE_BLOB, .data = data != NULL ? data : "", .len = len};
}

/* The one place where SQLite's numbers become ours; @doing says what was attempted. */
static gboolean
set_error(MadoJournalStore *self, const char *doing, GError **error)
{
    int code = sqlite3_errcode(self->db);
    int os_error = sqlite3_system_errno(self->db);
    gboolean io_full =
        code == SQLITE_IOERR && (os_error == ENOSPC || os_error == EFBIG || os_error == EDQUOT);

    self->was_full = code == SQLITE_FULL || io_full;
    g_set_error(error, MADO_ERROR, MADO_ERROR_JOURNAL, "journal: %s: %s%s%s", doing,
                sqlite3_errmsg(self->db), os_error != 0 ? ": " : "",
                os_error != 0 ? g_strerror(os_error) : "");
    return FALSE;
}

static sqlite3_stmt *
prepare(MadoJournalStore *self, const char *sql, GError **error)
{
    sqlite3_stmt *statement = g_hash_table_lookup(self->prepared, sql);

    if (statement != NULL)
        return statement;
    if (sqlite3_prepare_v3(self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK) {
        set_error(self, "preparing a statement", error);
        return NULL;
    }
    g_hash_table_insert(self->prepared, g_strdup(sql), statement);
    return statement;
}

static int
bind_value(sqlite3_stmt *statement, int index, const MadoJournalValue *value)
{
    switch (value->kind) {
    case MADO_JOURNAL_VALUE_NULL:
        return sqlite3_bind_null(statement, index);
    case MADO_JOURNAL_VALUE_INTEGER:
        return sqlite3_bind_int64(statement, index, value->integer);
    case MADO_JOURNAL_VALUE_TEXT:
        return sqlite3_bind_text64(statement, index, value->data, value->len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case MADO_JOURNAL_VALUE_BLOB:
        return sqlite3_bind_blob64(statement, index, value->data, value->len, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static gboolean
step_rows(MadoJournalStore *self,
          sqlite3_stmt *statement,
          MadoJournalEach each,
          gpointer user_data,
          GError **error)
{
    MadoJournalRow row = {statement};
    int code = sqlite3_step(statement);

    while (code == SQLITE_ROW) {
        if (each != NULL && !each(&row, user_data, error))
            return FALSE;
        code = sqlite3_step(statement);
    }
    return code == SQLITE_DONE || set_error(self, "running a statement", error);
}

gboolean
mado_journal_store_query(MadoJournalStore *self,
                         const char *sql,
                         const MadoJournalValue *values,
                         guint n_values,
                         MadoJournalEach each,
                         gpointer user_data,
                         GError **error)
{
    sqlite3_stmt *statement = prepare(self, sql, error);
    gboolean ok = TRUE;

    if (statement == NULL)
        return FALSE;
    for (guint i = 0; ok && i < n_values; i++)
        ok = bind_value(statement, (int)i + 1, &values[i]) == SQLITE_OK ||
             set_error(self, "binding a value", error);
    ok = ok && step_rows(self, statement, each, user_data, error);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return ok;
}

gboolean
mado_journal_store_run(MadoJournalStore *self,
                       const char *sql,
                       const MadoJournalValue *values,
                       guint n_values,
                       GError **error)
{
    return mado_journal_store_query(self, sql, values, n_values, NULL, NULL, error);
}

guint
mado_journal_store_changes(const MadoJournalStore *self)
{
    return (guint)sqlite3_changes(self->db);
}

gint64
mado_journal_row_integer(const MadoJournalRow *self, int column)
{
    return sqlite3_column_int64(self->statement, column);
}

gboolean
mado_journal_row_is_null(const MadoJournalRow *self, int column)
{
    return sqlite3_column_type(self->statement, column) == SQLITE_NULL;
}

const char *
mado_journal_row_text(const MadoJournalRow *self, int column)
{
    const unsigned char *text = sqlite3_column_text(self->statement, column);

    return text == NULL ? "" : (const char *)text;
}

GBytes *
mado_journal_row_bytes(const MadoJournalRow *self, int column)
{
    const void *data;

    if (mado_journal_row_is_null(self, column))
        return NULL;
    data = sqlite3_column_blob(self->statement, column);
    return g_bytes_new(data, (gsize)sqlite3_column_bytes(self->statement, column));
}

gboolean
mado_journal_row_copy(const MadoJournalRow *self, int column, guint8 *ret_data, gsize len)
{
    const void *data = sqlite3_column_blob(self->statement, column);

    if (data == NULL || (gsize)sqlite3_column_bytes(self->statement, column) != len)
        return FALSE;
    memcpy(ret_data, data, len);
    return TRUE;
}

/* For statements that are run once, several to a string. */
static gboolean
run_script(MadoJournalStore *self, const char *sql, const char *doing, GError **error)
{
    return sqlite3_exec(self->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           set_error(self, doing, error);
}

gboolean
mado_journal_store_begin(MadoJournalStore *self, GError **error)
{
    self->was_full = FALSE;
    return run_script(self, "BEGIN IMMEDIATE", "beginning a transaction", error);
}

gboolean
mado_journal_store_commit(MadoJournalStore *self, GError **error)
{
    if (run_script(self, "COMMIT", "committing", error))
        return TRUE;
    mado_journal_store_rollback(self);
    return FALSE;
}

void
mado_journal_store_rollback(MadoJournalStore *self)
{
    /* After some errors SQLite has rolled back by itself. */
    if (sqlite3_get_autocommit(self->db) == 0)
        sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
}

gboolean
mado_journal_store_save(MadoJournalStore *self, GError **error)
{
    return run_script(self, "SAVEPOINT entry", "beginning an entry", error);
}

void
mado_journal_store_keep(MadoJournalStore *self)
{
    sqlite3_exec(self->db, "RELEASE entry", NULL, NULL, NULL);
}

void
mado_journal_store_undo(MadoJournalStore *self)
{
    sqlite3_exec(self->db, "ROLLBACK TO entry; RELEASE entry", NULL, NULL, NULL);
}

gboolean
mado_journal_store_was_full(const MadoJournalStore *self)
{
    return self->was_full;
}

static gboolean
set_file_error(GError **error, MadoErrorCode code, const char *path, const char *doing)
{
    int saved_errno = errno;

    g_set_error(error, MADO_ERROR, (gint)code, "journal '%s': %s: %s", path, doing,
                g_strerror(saved_errno));
    return FALSE;
}

gboolean
mado_journal_store_ensure_reserve(MadoJournalStore *self, guint kib, GError **error)
{
    const off_t len = (off_t)kib * 1024;
    struct stat info;
    gboolean ok = FALSE;
    int fd = g_open(self->reserve_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return set_file_error(error, MADO_ERROR_JOURNAL, self->reserve_path, "opening");
    if (fstat(fd, &info) == 0 && info.st_size == len && (off_t)info.st_blocks * 512 >= len)
        ok = TRUE;
    else if ((errno = posix_fallocate(fd, 0, len)) == 0 && fsync(fd) == 0)
        ok = TRUE;
    if (!ok)
        set_file_error(error, MADO_ERROR_JOURNAL, self->reserve_path, "reserving space");
    close(fd);
    return ok;
}

void
mado_journal_store_release_reserve(MadoJournalStore *self)
{
    if (truncate(self->reserve_path, 0) != 0 && errno != ENOENT)
        g_debug("journal: reserve not released: %s", g_strerror(errno));
}

/* ---- opening ---- */

static gboolean
ensure_folder(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    struct stat info;

    if (g_mkdir_with_parents(folder, 0700) != 0)
        return set_file_error(error, MADO_ERROR_JOURNAL, folder, "making the folder");
    if (stat(folder, &info) != 0)
        return set_file_error(error, MADO_ERROR_JOURNAL, folder, "looking at the folder");
    if ((info.st_mode & 077) != 0 || info.st_uid != geteuid()) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG,
                    "journal folder '%s' must belong to user %u with mode 0700", folder,
                    (guint)geteuid());
        return FALSE;
    }
    return TRUE;
}

static gboolean
take_lock(MadoJournalStore *self, GError **error)
{
    g_autofree char *path = g_strconcat(self->path, ".lock", NULL);

    self->lock_fd = g_open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (self->lock_fd < 0)
        return set_file_error(error, MADO_ERROR_JOURNAL, path, "opening the lock");
    if (flock(self->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG,
                    "journal '%s' is in use by another process", self->path);
        return FALSE;
    }
    return TRUE;
}

static gboolean
sync_folder(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = g_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    gboolean ok = fd >= 0 && fsync(fd) == 0;

    if (!ok)
        set_file_error(error, MADO_ERROR_JOURNAL, folder, "syncing the folder");
    if (fd >= 0)
        close(fd);
    return ok;
}

static gboolean
take_integer(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    *(gint64 *)user_data = mado_journal_row_integer(row, 0);
    return TRUE;
}

static gboolean
migrate(MadoJournalStore *self, const MadoJournalSchema *schema, gint64 from, GError **error)
{
    gboolean ok = mado_journal_store_begin(self, error);
    g_autofree char *stamp = g_strdup_printf("PRAGMA user_version = %u;"
                                             "PRAGMA application_id = %d",
                                             schema->n_steps, APPLICATION_ID);

    for (guint i = (guint)from; ok && i < schema->n_steps; i++)
        ok = run_script(self, schema->steps[i], "migrating the schema", error);
    ok = ok && run_script(self, stamp, "stamping the schema", error);
    if (!ok) {
        mado_journal_store_rollback(self);
        return FALSE;
    }
    return mado_journal_store_commit(self, error);
}

static gboolean
ensure_schema(MadoJournalStore *self, const MadoJournalSchema *schema, GError **error)
{
    gint64 version = 0;
    gint64 application = 0;
    gint64 n_tables = 0;

    if (!mado_journal_store_query(self, "PRAGMA user_version", NULL, 0, take_integer, &version,
                                  error) ||
        !mado_journal_store_query(self, "PRAGMA application_id", NULL, 0, take_integer,
                                  &application, error) ||
        !mado_journal_store_query(self, "SELECT count(*) FROM sqlite_schema", NULL, 0,
                                  take_integer, &n_tables, error))
        return FALSE;
    if (application != APPLICATION_ID && (version != 0 || n_tables != 0)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "'%s' is not a journal", self->path);
        return FALSE;
    }
    if (version < 0 || version > schema->n_steps) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG,
                    "journal '%s' has schema %" G_GINT64_FORMAT
                    ", this program knows %u: a newer program wrote it",
                    self->path, version, schema->n_steps);
        return FALSE;
    }
    return version == schema->n_steps || migrate(self, schema, version, error);
}

static gboolean
open_database(MadoJournalStore *self, GError **error)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                      SQLITE_OPEN_EXRESCODE;
    int fd = g_open(self->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    /* Made here, because SQLite would take its mode from the process's umask. */
    if (fd < 0)
        return set_file_error(error, MADO_ERROR_JOURNAL, self->path, "opening");
    if (fchmod(fd, 0600) != 0) {
        set_file_error(error, MADO_ERROR_JOURNAL, self->path, "setting the mode");
        close(fd);
        return FALSE;
    }
    close(fd);
    if (sqlite3_open_v2(self->path, &self->db, flags, NULL) != SQLITE_OK)
        return set_error(self, "opening the database", error);
    sqlite3_extended_result_codes(self->db, 0);
    sqlite3_busy_timeout(self->db, BUSY_WAIT_MS);
    return run_script(self,
                      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                      "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
                      "PRAGMA secure_delete = ON",
                      "setting up", error);
}

static void
finalize_statement(gpointer statement)
{
    sqlite3_finalize(statement);
}

MadoJournalStore *
mado_journal_store_open(const char *path, const MadoJournalSchema *schema, GError **error)
{
    g_autoptr(MadoJournalStore) self = g_new0(MadoJournalStore, 1);

    self->lock_fd = -1;
    self->path = g_strdup(path);
    self->reserve_path = g_strconcat(path, ".reserve", NULL);
    self->prepared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finalize_statement);
    if (!ensure_folder(path, error) || !take_lock(self, error) || !open_database(self, error) ||
        !ensure_schema(self, schema, error) || !sync_folder(path, error))
        return NULL;
    return g_steal_pointer(&self);
}

void
mado_journal_store_close(MadoJournalStore *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->prepared);
    if (self->db != NULL)
        sqlite3_close(self->db);
    if (self->lock_fd >= 0)
        close(self->lock_fd);
    g_free(self->reserve_path);
    g_free(self->path);
    g_free(self);
}
