/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/options.h"

#include "common/error.h"

MadoOptions *
mado_options_parse(int *argc, char ***argv, GError **error)
{
    g_autoptr(MadoOptions) self = g_new0(MadoOptions, 1);
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) local_error = NULL;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &self->config_path,
         "configuration file (" MADO_SYSCONFDIR "/madoguchid.conf)", "FILE"},
        {"check-config", 0, 0, G_OPTION_ARG_NONE, &self->checks_config,
         "say whether the configuration can be used, and end", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &self->shows_version, "print the version, and end",
         NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };

    g_option_context_set_summary(context,
                                 "The service that drives the card readers of a counter.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &local_error)) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, local_error->message);
        return NULL;
    }
    if (*argc > 1) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "what is '%s'?", (*argv)[1]);
        return NULL;
    }
    if (self->config_path == NULL)
        self->config_path = g_strdup(MADO_SYSCONFDIR "/madoguchid.conf");
    return g_steal_pointer(&self);
}

void
mado_options_free(MadoOptions *self)
{
    if (self == NULL)
        return;
    g_free(self->config_path);
    g_free(self);
}
