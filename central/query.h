/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SQLite statements without its loose ends: prepared once and kept, bound and read in order,
 * errors sticky until the step. Belongs to store-sqlite*.c; one thread at a time.
 */
#pragma once

#include <gio/gio.h>
#include <sqlite3.h>

typedef struct _MadoSqlite MadoSqlite;

/* (transfer full): opens @path (created only when @create), WAL, synchronous=FULL, foreign keys
 * on. JOURNAL. */
MadoSqlite *
mado_query_open(const char *path, gboolean create, GError **error);
void
mado_query_close(MadoSqlite *self); /* NULL is allowed */
sqlite3 *
mado_query_peek(MadoSqlite *self); /* (transfer none) */
/* One or more statements without parameters or results. */
gboolean
mado_query_run(MadoSqlite *self, const char *sql, GError **error);

typedef struct {
    MadoSqlite *db;     /* borrowed */
    sqlite3_stmt *stmt; /* borrowed from the cache; NULL when preparing failed */
    int at;             /* next parameter, or next column */
    int result;         /* first bad result of a bind */
} MadoQuery;

/* @sql is a literal: its address is the key of the cache. Ends with mado_query_end. */
MadoQuery
mado_query_begin(MadoSqlite *self, const char *sql);
void
mado_query_end(MadoQuery *self);

/* Parameters, in order. Nothing is copied: the values must live until the last step. */
void
mado_query_put_int(MadoQuery *self, gint64 value);
void
mado_query_put_text(MadoQuery *self, const char *value); /* (nullable) */
void
mado_query_put_blob(MadoQuery *self, const guint8 *data, gsize len);
void
mado_query_put_bytes(MadoQuery *self, GBytes *bytes); /* (nullable) */

/* TRUE and *ret_row: whether there is a row to take from. */
gboolean
mado_query_step(MadoQuery *self, gboolean *ret_row, GError **error);
/* For statements without rows. */
gboolean
mado_query_finish(MadoQuery *self, GError **error);
/* TRUE when there is a row; NOT_FOUND naming @what when there is none. */
gboolean
mado_query_one(MadoQuery *self, const char *what, GError **error);

/* Columns, in order. A value of another size or kind than asked for is taken as empty. */
gint64
mado_query_take_int(MadoQuery *self);
guint
mado_query_take_enum(MadoQuery *self);
void
mado_query_take_text(MadoQuery *self, char *ret_text, gsize size);
void
mado_query_take_blob(MadoQuery *self, guint8 *ret_data, gsize len);
GBytes *
mado_query_take_bytes(MadoQuery *self); /* (transfer full) (nullable) */

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MadoQuery, mado_query_end)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoSqlite, mado_query_close)
