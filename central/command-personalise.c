/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/command.h"
#include "central/personalise.h"

#include <stdio.h>

int
mado_command_personalise(const char *usage, int argc, char **argv)
{
    g_autofree char *config = NULL;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_auto(MadoCommandCentre) centre = {NULL, NULL};
    g_autoptr(MadoSecret) order = NULL;
    g_autoptr(GError) error = NULL;

    if (!mado_command_parse(usage, entries, &argc, &argv))
        return MADO_COMMAND_USAGE;
    if (argc != 2)
        return mado_command_usage(usage);
    if (!mado_command_open(config, &centre, &error))
        return mado_command_fail(error);
    order = mado_personalise_run(centre.settings, centre.store, argv[1],
                                 g_get_real_time() / 1000, &error);
    if (order == NULL)
        return mado_command_fail(error);
    setvbuf(stdout, NULL, _IONBF, 0); /* no copy in a buffer of stdio */
    if (fwrite(mado_secret_peek(order), 1, mado_secret_len(order), stdout) !=
        mado_secret_len(order))
        return MADO_COMMAND_FAILED;
    putchar('\n');
    return MADO_COMMAND_DONE;
}
