/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/query.h"

#include "common/error.h"

#include <string.h>

#define BUSY_TIMEOUT_MS 10000 /* another process writes: "import" while "serve" runs */

struct _MadoSqlite {
    sqlite3 *db;
    GHashTable *statements; /* address of the SQL → sqlite3_stmt, owned */
};

static gboolean
set_error(MadoSqlite *self, const char *doing, GError **error)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_JOURNAL, "%s: %s", doing,
                self->db != NULL ? sqlite3_errmsg(self->db) : "out of memory");
    return FALSE;
}

static void
finalize_statement(gpointer stmt)
{
    sqlite3_finalize(stmt);
}

MadoSqlite *
mado_query_open(const char *path, gboolean create, GError **error)
{
    g_autoptr(MadoSqlite) self = g_new0(MadoSqlite, 1);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;

    self->statements = g_hash_table_new_full(NULL, NULL, NULL, finalize_statement);
    if (create)
        flags |= SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(path, &self->db, flags, NULL) != SQLITE_OK) {
        set_error(self, path, error);
        return NULL;
    }
    sqlite3_extended_result_codes(self->db, 1);
    sqlite3_busy_timeout(self->db, BUSY_TIMEOUT_MS);
    if (!mado_query_run(self,
                        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                        "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
                        "PRAGMA secure_delete=ON;",
                        error))
        return NULL;
    return g_steal_pointer(&self);
}

void
mado_query_close(MadoSqlite *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->statements, g_hash_table_unref);
    sqlite3_close(self->db);
    g_free(self);
}

sqlite3 *
mado_query_peek(MadoSqlite *self)
{
    return self->db;
}

gboolean
mado_query_run(MadoSqlite *self, const char *sql, GError **error)
{
    if (sqlite3_exec(self->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return set_error(self, "running SQL", error);
    return TRUE;
}

MadoQuery
mado_query_begin(MadoSqlite *self, const char *sql)
{
    MadoQuery query = {.db = self, .at = 1, .result = SQLITE_OK};

    query.stmt = g_hash_table_lookup(self->statements, sql);
    if (query.stmt != NULL)
        return query;
    query.result =
        sqlite3_prepare_v3(self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &query.stmt, NULL);
    if (query.result == SQLITE_OK)
        g_hash_table_insert(self->statements, (gpointer)(gsize)sql, query.stmt);
    return query;
}

void
mado_query_end(MadoQuery *self)
{
    if (self->stmt == NULL)
        return;
    sqlite3_reset(self->stmt);
    sqlite3_clear_bindings(self->stmt);
    self->stmt = NULL;
}

static void
note(MadoQuery *self, int result)
{
    if (self->result == SQLITE_OK)
        self->result = result;
    self->at++;
}

void
mado_query_put_int(MadoQuery *self, gint64 value)
{
    if (self->stmt != NULL)
        note(self, sqlite3_bind_int64(self->stmt, self->at, value));
}

void
mado_query_put_text(MadoQuery *self, const char *value)
{
    if (self->stmt != NULL)
        note(self, sqlite3_bind_text(self->stmt, self->at, value, -1, SQLITE_STATIC));
}

void
mado_query_put_blob(MadoQuery *self, const guint8 *data, gsize len)
{
    if (self->stmt != NULL)
        note(self, sqlite3_bind_blob64(self->stmt, self->at, data, len, SQLITE_STATIC));
}

void
mado_query_put_bytes(MadoQuery *self, GBytes *bytes)
{
    gsize len = 0;
    const guint8 *data = bytes != NULL ? g_bytes_get_data(bytes, &len) : NULL;

    if (self->stmt == NULL)
        return;
    if (bytes == NULL)
        note(self, sqlite3_bind_null(self->stmt, self->at));
    else
        mado_query_put_blob(self, data != NULL ? data : (const guint8 *)"", len);
}

gboolean
mado_query_step(MadoQuery *self, gboolean *ret_row, GError **error)
{
    int result = self->result;

    if (result == SQLITE_OK)
        result = sqlite3_step(self->stmt);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        return set_error(self->db, "reading or writing the database", error);
    *ret_row = result == SQLITE_ROW;
    self->at = 0;
    return TRUE;
}

gboolean
mado_query_finish(MadoQuery *self, GError **error)
{
    gboolean row;

    return mado_query_step(self, &row, error);
}

gboolean
mado_query_one(MadoQuery *self, const char *what, GError **error)
{
    gboolean row;

    if (!mado_query_step(self, &row, error))
        return FALSE;
    if (!row)
        g_set_error(error, MADO_ERROR, MADO_ERROR_NOT_FOUND, "no such %s", what);
    return row;
}

gint64
mado_query_take_int(MadoQuery *self)
{
    return sqlite3_column_int64(self->stmt, self->at++);
}

guint
mado_query_take_enum(MadoQuery *self)
{
    return (guint)sqlite3_column_int(self->stmt, self->at++);
}

void
mado_query_take_text(MadoQuery *self, char *ret_text, gsize size)
{
    const unsigned char *text = sqlite3_column_text(self->stmt, self->at++);

    g_strlcpy(ret_text, text != NULL ? (const char *)text : "", size);
}

void
mado_query_take_blob(MadoQuery *self, guint8 *ret_data, gsize len)
{
    int column = self->at++;
    const void *data = sqlite3_column_blob(self->stmt, column);

    if (data != NULL && sqlite3_column_bytes(self->stmt, column) == (int)len)
        memcpy(ret_data, data, len);
    else
        memset(ret_data, 0, len);
}

GBytes *
mado_query_take_bytes(MadoQuery *self)
{
    int column = self->at++;

    if (sqlite3_column_type(self->stmt, column) == SQLITE_NULL)
        return NULL;
    return g_bytes_new(sqlite3_column_blob(self->stmt, column),
                       (gsize)sqlite3_column_bytes(self->stmt, column));
}
