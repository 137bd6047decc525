/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/ca.h"
#include "central/command.h"
#include "central/import.h"
#include "central/keys.h"
#include "common/wipe.h"

#include <stdio.h>

static int
print_report(const MadoImportReport *report, gboolean dry_run)
{
    for (guint i = 0; i < report->faults->len; i++)
        fprintf(stderr, "madoguchi-central: %s\n",
                (const char *)g_ptr_array_index(report->faults, i));
    if (report->faults->len > 0) {
        fprintf(stderr, "madoguchi-central: nothing was imported\n");
        return MADO_COMMAND_FAILED;
    }
    printf("%u requests %s\n", report->n_requests, dry_run ? "are good" : "imported");
    return MADO_COMMAND_DONE;
}

static int
import_file(MadoImport *import, const char *keys, const char *path)
{
    g_autofree char *at_rest = mado_keys_path(keys, MADO_KEYS_AT_REST, "");
    g_autoptr(MadoVault) vault = NULL;
    g_autoptr(MadoImportReport) report = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *data = NULL;
    gsize len;

    vault = mado_vault_load(at_rest, &error);
    if (vault == NULL || !g_file_get_contents(path, &data, &len, &error))
        return mado_command_fail(error);
    import->vault = vault;
    import->is_json = g_str_has_suffix(path, ".json");
    report = mado_import_run(import, data, len, &error);
    mado_wipe(data, len);
    if (report == NULL)
        return mado_command_fail(error);
    return print_report(report, import->dry_run);
}

int
mado_command_import(const char *usage, int argc, char **argv)
{
    g_autofree char *config = NULL;
    g_autofree char *photos = NULL;
    gboolean dry_run = FALSE;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, NULL, NULL},
        {"photos", 0, 0, G_OPTION_ARG_FILENAME, &photos, NULL, NULL},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_auto(MadoCommandCentre) centre = {NULL, NULL};
    g_autoptr(GError) error = NULL;
    MadoImport import;

    if (!mado_command_parse(usage, entries, &argc, &argv))
        return MADO_COMMAND_USAGE;
    if (argc != 2)
        return mado_command_usage(usage);
    if (!mado_command_open(config, &centre, &error))
        return mado_command_fail(error);
    import = (MadoImport){.store = centre.store,
                          .municipality = centre.settings->municipality,
                          .photos = photos,
                          .now_ms = g_get_real_time() / 1000,
                          .dry_run = dry_run};
    import.today = mado_ca_today(import.now_ms);
    return import_file(&import, centre.settings->keys, argv[1]);
}
