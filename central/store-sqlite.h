/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The SQLite backend of store.h: one file, WAL, synchronous=FULL. */
#pragma once

#include "central/store.h"

#define MADO_STORE_SQLITE_SCHEMA 2 /* PRAGMA user_version */

/* (transfer full): @create makes the file (0600) and the schema when there is none. An older
 * schema is migrated, a newer one refused. JOURNAL or CONFIG. */
MadoStore *
mado_store_sqlite_open(const char *path, gboolean create, GError **error);
