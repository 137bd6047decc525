/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How store-sqlite.c is divided: each part fills its functions of the table. Private to
 * store-sqlite*.c. */
#pragma once

#include "central/query.h"
#include "central/store.h"

typedef struct {
    MadoStore parent;
    MadoSqlite *db; /* owned */
} MadoStoreSqlite;

/* The connection behind a store of this backend. */
MadoSqlite *
mado_store_sqlite_parts_db(MadoStore *self);

void
mado_store_sqlite_parts_fill_register(MadoStoreOps *ops); /* requests, cards, terminals .. */
void
mado_store_sqlite_parts_fill_visits(MadoStoreOps *ops); /* transactions, certificates .. */
void
mado_store_sqlite_parts_fill_receipts(MadoStoreOps *ops); /* answers, receipts */

/* Creates or migrates; JOURNAL, or CONFIG for a newer schema. */
gboolean
mado_store_sqlite_parts_prepare_schema(MadoSqlite *db, gboolean create, GError **error);
