/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The queue of a municipality: what a request is found by (doc/adr/0006), and the rows a look
 * is answered with. Writing thread.
 */
#pragma once

#include "central/resident.h"
#include "central/store.h"
#include "common/body-directory.h"
#include "common/body-query.h"
#include "common/date.h"

/* Beginnings of a folded reading that are kept as keys; a longer search is compared after
 * opening. */
#define MADO_DIRECTORY_PREFIX_MAX 8

/* The keys of @resident for municipality @place. */
gboolean
mado_directory_make_keys(const MadoVault *vault,
                         const char *place,
                         const MadoResident *resident,
                         MadoSearchKeys *ret_keys,
                         GError **error);

/* Gives keys to every request that has none, in one transaction of its own: a database that an
 * older version wrote. *ret_n (nullable out): how many. */
gboolean
mado_directory_index_all(MadoStore *store,
                         const MadoVault *vault,
                         guint *ret_n,
                         GError **error);

/* (transfer full): the rows of @query at @place, as @today goes. BAD_ARGUMENT: the reading
 * folds to fewer than MADO_LIMIT_LOOK_READING characters and nothing else is asked for. */
MadoBodyDirectory *
mado_directory_find(MadoStore *store,
                    const MadoVault *vault,
                    const char *place,
                    const MadoBodyQuery *query,
                    const MadoDate *today,
                    GError **error);
