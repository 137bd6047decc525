/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* madoguchi-central: the central service and the commands around it. */
#include "config.h"

#include "central/command.h"
#include "common/hardening.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static int
print_help(void)
{
    printf("usage: madoguchi-central COMMAND [OPTIONS]\n\n");
    for (const MadoCommandRow *row = mado_command_rows(); row->name != NULL; row++)
        printf("  %s %s\n        %s\n", row->name, row->arguments, row->summary);
    printf("\n  --help, --version\n\nSee madoguchi-central(8).\n");
    return MADO_COMMAND_DONE;
}

static gboolean
is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* "madoguchi-central COMMAND --help", wherever in the line its user thinks of it. */
static gboolean
asks_for_help(int argc, char **argv)
{
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (is_help(argv[i]))
            return TRUE;
    }
    return FALSE;
}

int
main(int argc, char **argv)
{
    mado_hardening_apply();
    setlocale(LC_ALL, "");
    if (argc < 2)
        return mado_command_usage("COMMAND [OPTIONS], or --help");
    if (is_help(argv[1]))
        return print_help();
    if (strcmp(argv[1], "--version") == 0) {
        printf("madoguchi-central %s\n", PACKAGE_VERSION);
        return MADO_COMMAND_DONE;
    }
    for (const MadoCommandRow *row = mado_command_rows(); row->name != NULL; row++) {
        g_autofree char *usage = NULL;

        if (strcmp(argv[1], row->name) != 0)
            continue;
        usage = g_strconcat(row->name, " ", row->arguments, NULL);
        if (asks_for_help(argc, argv)) {
            printf("usage: madoguchi-central %s\n\n%s\n", usage, row->summary);
            return MADO_COMMAND_DONE;
        }
        return row->run(usage, argc - 1, argv + 1);
    }
    fprintf(stderr, "madoguchi-central: no command '%s'; see --help\n", argv[1]);
    return MADO_COMMAND_USAGE;
}
