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

void
mado_store_sqlite_parts_fill_directory(MadoStoreOps *ops); /* search keys, looks */

/* The columns of a request but the sealed ones, and the record made of them. */
#define MADO_STORE_SQLITE_PARTS_REQUEST                                                        \
    "id, municipality, state, slots, number_key, changed_ms, reserved_day, reserved_time,"     \
    " queue_number, procedure, alerts"
MadoRequestRecord *
mado_store_sqlite_parts_take_request(MadoQuery *query); /* (transfer full) */

/* Creates or migrates; JOURNAL, or CONFIG for a newer schema. */
gboolean
mado_store_sqlite_parts_prepare_schema(MadoSqlite *db, gboolean create, GError **error);
