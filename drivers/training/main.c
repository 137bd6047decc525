/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* madoguchi-training: makes training cards and moves them in and out of training readers. */
#include "config.h"

#include "drivers/training/maker-command.h"

#include <glib.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

static GOptionContext *
make_context(MadoMakerOptions *options)
{
    const GOptionEntry entries[] = {
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &options->out, "make-card: the card file",
         "FILE"},
        {"defect", 0, 0, G_OPTION_ARG_STRING, &options->defect,
         "make-card: make it wrong in this way", "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "show: JSON", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "print the version", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->words, NULL, NULL},
        {0},
    };
    GOptionContext *context = g_option_context_new("COMMAND");

    g_option_context_set_summary(
        context,
        "Makes training cards and moves them in and out of training readers.\n\n"
        "  make-card --out FILE    make a card from the order on standard input (JSON)\n"
        "  insert SLOT FILE        put the card into the slot; over another card: swap\n"
        "  remove SLOT             take the card out\n"
        "  knob SLOT NAME=VALUE    rate_kbps, apdu_delay_us, rsa, rsa_seed, interface\n"
        "  fault SLOT FAULT        remove before|inside|after N, torn N BYTE, mute N, reset N\n"
        "  show FILE               life cycle, PIN counters, admin record; no secrets\n\n"
        "Defects: face-signature, text-signature, cvc, clone, truncated, length, foreign.\n"
        "SLOT is the folder that reader.conf names by DEVICENAME.");
    g_option_context_add_main_entries(context, entries, NULL);
    return context;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    MadoMakerOptions options = {0};
    g_autoptr(GOptionContext) context = make_context(&options);
    int status = MADO_MAKER_COMMAND_USAGE;

    setlocale(LC_ALL, "");
    if (g_option_context_parse(context, &argc, &argv, &error)) {
        if (options.version) {
            printf("madoguchi-training " PACKAGE_VERSION "\n");
            status = EXIT_SUCCESS;
        } else {
            status = mado_maker_command_run(&options, &error);
        }
    }
    if (error != NULL) {
        fprintf(stderr, "madoguchi-training: %s\n", error->message);
    } else if (status == MADO_MAKER_COMMAND_USAGE) {
        g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);

        fprintf(stderr, "%s", help);
    }
    g_free(options.out);
    g_free(options.defect);
    g_strfreev(options.words);
    return status;
}
