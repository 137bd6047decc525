/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/cmd-training.h"

#include "common/error.h"

#include <errno.h>
#include <unistd.h>

#define PROGRAM "madoguchi-training"

gboolean
mado_cmd_training_run(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    const char *const *rest = mado_arguments_rest(arguments);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_auto(GStrv) argv = NULL;

    g_strv_builder_add(builder, PROGRAM);
    for (gsize i = 0; rest[i] != NULL; i++)
        g_strv_builder_add(builder, rest[i]);
    argv = g_strv_builder_end(builder);
    execv(MADO_BINDIR "/" PROGRAM, argv);
    execvp(PROGRAM, argv); /* a tree that is not installed: by PATH */
    g_set_error(error, MADO_ERROR, MADO_ERROR_NOT_FOUND, PROGRAM " is not installed: %s",
                g_strerror(errno));
    return FALSE;
}
