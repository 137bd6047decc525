/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Held by "serve" for as long as it runs, and by "restore": a database is not replaced under a
 * running service, and two services never write scripts for the same cards. */
#pragma once

#include <gio/gio.h>

typedef struct _MadoStoreLock MadoStoreLock;

/* (transfer full): DATABASE.lock, by flock(); gone with the process. BUSY. */
MadoStoreLock *
mado_store_lock_take(const char *database, GError **error);
void
mado_store_lock_free(MadoStoreLock *self); /* NULL is allowed */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoStoreLock, mado_store_lock_free)
