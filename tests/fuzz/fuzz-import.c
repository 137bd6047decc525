/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of requests: the first byte chooses the form, the rest is the file. */
#include "config.h"

#include "central/import.h"
#include "central/private-file.h"
#include "central/store-sqlite.h"
#include "tests/fuzz/target.h"

#include <glib/gstdio.h>

#include <stdlib.h>

typedef struct {
    MadoStore *store;
    MadoVault *vault;
} World;

/* What is open stays usable without its name. */
static void
remove_database(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};

    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *name = g_strconcat(path, suffixes[i], NULL);

        g_unlink(name);
    }
}

/* An empty database and a key, made once; nothing is ever kept. */
static const World *
get_world(void)
{
    static World world;
    static gsize ready = 0;

    if (g_once_init_enter(&ready)) {
        g_autofree char *folder = g_dir_make_tmp("mado-fuzz-XXXXXX", NULL);
        g_autofree char *key = g_build_filename(folder, "key", NULL);
        g_autofree char *database = g_build_filename(folder, "db", NULL);

        if (!mado_private_file_write_random(key, 32, NULL))
            abort();
        world.vault = mado_vault_load(key, NULL);
        world.store = mado_store_sqlite_open(database, TRUE, NULL);
        if (world.vault == NULL || world.store == NULL)
            abort();
        g_unlink(key);
        remove_database(database);
        g_rmdir(folder);
        g_once_init_leave(&ready, 1);
    }
    return &world;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const World *world = get_world();
    MadoImport import = {.store = world->store,
                         .vault = world->vault,
                         .municipality = "99999",
                         .today = {2026, 11, 23},
                         .dry_run = TRUE};
    g_autoptr(MadoImportReport) report = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    if (len == 0)
        return 0;
    /* Files are read into memory with an end mark behind them; a parser may rely on no more. */
    text = g_malloc(len);
    for (size_t i = 1; i < len; i++)
        text[i - 1] = (char)data[i];
    text[len - 1] = '\0';
    import.is_json = (data[0] & 1) != 0;
    report = mado_import_run(&import, text, len - 1, &error);
    if ((report == NULL) != (error != NULL))
        abort();
    return 0;
}
