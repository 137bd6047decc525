/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* madoguchid's command line. */
#pragma once

#include <glib.h>

typedef struct {
    char *config_path;
    gboolean checks_config;
    gboolean shows_version;
} MadoOptions;

/* (transfer full): BAD_ARGUMENT for an unknown option or a stray word. --help prints and exits,
 * as GOption does. */
MadoOptions *
mado_options_parse(int *argc, char ***argv, GError **error);
void
mado_options_free(MadoOptions *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoOptions, mado_options_free)
