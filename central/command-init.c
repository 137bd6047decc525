/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/command.h"
#include "central/setup.h"
#include "common/realm.h"

#include <stdio.h>

int
mado_command_init(const char *usage, int argc, char **argv)
{
    g_autofree char *folder = NULL;
    g_autofree char *desk = NULL;
    g_autofree char *terminal = NULL;
    g_autofree char *municipality = NULL;
    g_autofree char *listen = NULL;
    gboolean is_training = FALSE;
    const GOptionEntry entries[] = {
        {"dir", 0, 0, G_OPTION_ARG_FILENAME, &folder, NULL, NULL},
        {"training", 0, 0, G_OPTION_ARG_NONE, &is_training, NULL, NULL},
        {"desk", 0, 0, G_OPTION_ARG_FILENAME, &desk, NULL, NULL},
        {"terminal", 0, 0, G_OPTION_ARG_STRING, &terminal, NULL, NULL},
        {"municipality", 0, 0, G_OPTION_ARG_STRING, &municipality, NULL, NULL},
        {"listen", 0, 0, G_OPTION_ARG_STRING, &listen, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    MadoSetupOptions options;
    g_autoptr(GError) error = NULL;

    if (!mado_command_parse(usage, entries, &argc, &argv))
        return MADO_COMMAND_USAGE;
    if (folder == NULL || argc != 1)
        return mado_command_usage(usage);
    options = (MadoSetupOptions){.folder = folder,
                                 .realm = is_training ? MADO_REALM_CODE_TRAINING
                                                      : MADO_REALM_CODE_PRODUCTION,
                                 .municipality = municipality != NULL ? municipality : "99999",
                                 .listen = listen != NULL ? listen : "127.0.0.1:8443",
                                 .desk = desk,
                                 .terminal = terminal != NULL ? terminal : "D001"};
    if (!mado_setup_run(&options, &error))
        return mado_command_fail(error);
    printf("centre made in %s (%s)\n", folder, mado_realm_name(options.realm));
    if (desk != NULL)
        printf("desk %s enrolled in %s\n", options.terminal, desk);
    return MADO_COMMAND_DONE;
}
