/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* backup and restore. */
#include "config.h"

#include "central/command.h"
#include "central/store-lock.h"
#include "central/store-sqlite.h"
#include "common/error.h"

#include <glib/gstdio.h>

#include <errno.h>
#include <stdio.h>

#define KEY_REALM    "realm"
#define KEY_RESTORES "restores"

int
mado_command_backup(const char *usage, int argc, char **argv)
{
    g_autofree char *config = NULL;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_auto(MadoCommandCentre) centre = {NULL, NULL};
    g_autoptr(GError) error = NULL;

    if (!mado_command_parse(usage, entries, &argc, &argv))
        return MADO_COMMAND_USAGE;
    if (argc != 2)
        return mado_command_usage(usage);
    if (!mado_command_open(config, &centre, &error) ||
        !centre.store->ops->backup(centre.store, argv[1], &error))
        return mado_command_fail(error);
    printf("database copied to %s; keys are not in it\n", argv[1]);
    return MADO_COMMAND_DONE;
}

/* The number of restores in @store, and in the database it replaces: one more than the larger.
 */
static gboolean
bump_restores(MadoStore *store, MadoStore *replaced, GError **error)
{
    g_autofree char *here = store->ops->get_meta(store, KEY_RESTORES, error);
    g_autofree char *there = replaced->ops->get_meta(replaced, KEY_RESTORES, NULL);
    guint64 n_here = here != NULL ? g_ascii_strtoull(here, NULL, 10) : 0;
    guint64 n_there = there != NULL ? g_ascii_strtoull(there, NULL, 10) : 0;
    g_autofree char *next = g_strdup_printf("%" G_GUINT64_FORMAT, MAX(n_here, n_there) + 1);

    if (!store->ops->begin(store, error))
        return FALSE;
    if (store->ops->put_meta(store, KEY_RESTORES, next, error) &&
        store->ops->commit(store, error))
        return TRUE;
    store->ops->rollback(store);
    return FALSE;
}

static gboolean
check_same_realm(MadoStore *store, MadoStore *replaced, GError **error)
{
    g_autofree char *here = store->ops->get_meta(store, KEY_REALM, error);
    g_autofree char *there = replaced->ops->get_meta(replaced, KEY_REALM, NULL);

    if (here != NULL && g_strcmp0(here, there) == 0)
        return TRUE;
    g_clear_error(error);
    g_set_error(error, MADO_ERROR, MADO_ERROR_REALM, "the backup is of another realm");
    return FALSE;
}

/* A copy of the backup beside the database, marked as restored. */
static gboolean
make_draft(const char *backup, const char *draft, MadoStore *replaced, GError **error)
{
    g_autoptr(MadoStore) from = mado_store_sqlite_open(backup, FALSE, error);
    g_autoptr(MadoStore) to = NULL;

    if (from == NULL || !check_same_realm(from, replaced, error) ||
        !from->ops->backup(from, draft, error))
        return FALSE;
    to = mado_store_sqlite_open(draft, FALSE, error);
    return to != NULL && bump_restores(to, replaced, error);
}

static gboolean
swap(const char *draft, const char *database, GError **error)
{
    static const char *const suffixes[] = {"-wal", "-shm"};

    /* Both databases were closed, so their logs are empty; the old one's must not meet the new.
     */
    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *path = g_strconcat(database, suffixes[i], NULL);

        g_unlink(path);
    }
    if (g_rename(draft, database) == 0)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_JOURNAL, "replacing '%s': %s", database,
                g_strerror(errno));
    return FALSE;
}

static gboolean
restore(MadoCommandCentre *centre, const char *backup, GError **error)
{
    const char *database = centre->settings->database;
    g_autofree char *draft = g_strconcat(database, ".restoring", NULL);
    g_autofree char *kept = g_strdup_printf("%s.before-%" G_GINT64_FORMAT, database,
                                            g_get_real_time() / G_USEC_PER_SEC);
    g_autoptr(MadoStoreLock) lock = mado_store_lock_take(database, error);

    if (lock == NULL)
        return FALSE;
    g_unlink(draft);
    if (!centre->store->ops->backup(centre->store, kept, error) ||
        !make_draft(backup, draft, centre->store, error))
        return FALSE;
    g_clear_pointer(&centre->store, mado_store_close);
    if (!swap(draft, database, error))
        return FALSE;
    printf("restored from %s; what was there is in %s\n", backup, kept);
    return TRUE;
}

int
mado_command_restore(const char *usage, int argc, char **argv)
{
    g_autofree char *config = NULL;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_auto(MadoCommandCentre) centre = {NULL, NULL};
    g_autoptr(GError) error = NULL;

    if (!mado_command_parse(usage, entries, &argc, &argv))
        return MADO_COMMAND_USAGE;
    if (argc != 2)
        return mado_command_usage(usage);
    if (!mado_command_open(config, &centre, &error) || !restore(&centre, argv[1], &error))
        return mado_command_fail(error);
    return MADO_COMMAND_DONE;
}
