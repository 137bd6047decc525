/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal's database file: opening it safely, its schema version, statements, transactions.
 * The only place in daemon/ that knows SQLite. One thread at a time: journal.c's own.
 *
 * Errors are MADO_ERROR_JOURNAL (the disk or the file) or MADO_ERROR_CONFIG (a file that is not
 * ours to use: newer schema, another desk's, unsafe permissions, in use).
 */
#pragma once

#include <gio/gio.h>

#define MADO_JOURNAL_SCHEMA_VERSION 1

typedef struct _MadoJournalStore MadoJournalStore;
typedef struct _MadoJournalRow MadoJournalRow; /* the row under a callback's eyes, borrowed */

/* What takes an empty database to version 1, version 1 to 2, and so on. */
typedef struct {
    const char *const *steps; /* (borrowed, static): SQL, one string per version */
    guint n_steps;            /* the version this program writes */
} MadoJournalSchema;

/* (transfer none): the schema of this program. */
const MadoJournalSchema *
mado_journal_store_schema(void);

typedef enum {
    MADO_JOURNAL_VALUE_NULL,
    MADO_JOURNAL_VALUE_INTEGER,
    MADO_JOURNAL_VALUE_TEXT,
    MADO_JOURNAL_VALUE_BLOB,
} MadoJournalValueKind;

/* A parameter of a statement; borrows what it points to until the call returns. */
typedef struct {
    MadoJournalValueKind kind;
    gint64 integer;
    const void *data;
    gsize len;
} MadoJournalValue;

MadoJournalValue
mado_journal_store_integer(gint64 value);
MadoJournalValue
mado_journal_store_text(const char *text); /* NULL gives an SQL NULL */
MadoJournalValue
mado_journal_store_blob(const void *data, gsize len); /* NULL gives an SQL NULL */
MadoJournalValue
mado_journal_store_bytes(GBytes *bytes); /* NULL gives an SQL NULL */

/*
 * (transfer full): opens or creates @path. Its folder is made 0700 when absent and refused when
 * others may enter it; the file is 0600; both are on the disk (fsync of the folder) on return.
 * A schema newer than @schema is refused, an older one migrated in one transaction. A lock file
 * beside it keeps a second process out.
 */
MadoJournalStore *
mado_journal_store_open(const char *path, const MadoJournalSchema *schema, GError **error);
void
mado_journal_store_close(MadoJournalStore *self); /* NULL is allowed */

/* Runs one statement that gives no rows. */
gboolean
mado_journal_store_run(MadoJournalStore *self,
                       const char *sql,
                       const MadoJournalValue *values,
                       guint n_values,
                       GError **error);

/* Return FALSE, with @error set, to stop and fail. */
typedef gboolean (*MadoJournalEach)(const MadoJournalRow *row,
                                    gpointer user_data,
                                    GError **error);
/* Calls @each for every row of a query. */
gboolean
mado_journal_store_query(MadoJournalStore *self,
                         const char *sql,
                         const MadoJournalValue *values,
                         guint n_values,
                         MadoJournalEach each,
                         gpointer user_data,
                         GError **error);
/* Rows the last statement changed. */
guint
mado_journal_store_changes(const MadoJournalStore *self);

gint64
mado_journal_row_integer(const MadoJournalRow *self, int column); /* 0 for NULL */
gboolean
mado_journal_row_is_null(const MadoJournalRow *self, int column);
const char *
mado_journal_row_text(const MadoJournalRow *self,
                      int column); /* (transfer none), "" for NULL */
GBytes *
mado_journal_row_bytes(const MadoJournalRow *self, int column); /* (transfer full) (nullable) */
/* Copies a blob of exactly @len bytes; FALSE, nothing copied, when it has another length. */
gboolean
mado_journal_row_copy(const MadoJournalRow *self, int column, guint8 *ret_data, gsize len);

/* One level of transaction, and savepoints in it. commit is durable on return; when it fails
 * nothing of the transaction is kept. */
gboolean
mado_journal_store_begin(MadoJournalStore *self, GError **error);
gboolean
mado_journal_store_commit(MadoJournalStore *self, GError **error);
void
mado_journal_store_rollback(MadoJournalStore *self);
gboolean
mado_journal_store_save(MadoJournalStore *self, GError **error);
void
mado_journal_store_keep(MadoJournalStore *self);
void
mado_journal_store_undo(MadoJournalStore *self);

/* Whether the last failure was a full disk (or a file size limit). */
gboolean
mado_journal_store_was_full(const MadoJournalStore *self);

/*
 * Space kept for a running visit: a file of @kib beside the database, really allocated. ensure
 * makes or refills it; release gives it back to the disk so that a write that met a full disk
 * can be repeated.
 */
gboolean
mado_journal_store_ensure_reserve(MadoJournalStore *self, guint kib, GError **error);
void
mado_journal_store_release_reserve(MadoJournalStore *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoJournalStore, mado_journal_store_close)
