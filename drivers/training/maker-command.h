/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What madoguchi-training can do, one command per run. */
#pragma once

#include <glib.h>

/* Exit status of a command line that means nothing. */
#define MADO_MAKER_COMMAND_USAGE 2

/* The command line; every string is owned by whoever parsed it. */
typedef struct {
    char *out;
    char *defect;
    gboolean json;
    gboolean version;
    char **words; /* (nullable) what is left: the command and its arguments */
} MadoMakerOptions;

/* The exit status: 0, 1 with an error, or USAGE. */
int
mado_maker_command_run(const MadoMakerOptions *options, GError **error);
