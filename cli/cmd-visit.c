/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/cmd-visit.h"

#include "cli/visit.h"

gboolean
mado_cmd_visit_prepare(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    MadoVisitTask task = {.procedure = "prepare", .request = mado_arguments_word(arguments, 0)};

    return mado_visit_run(arguments, &task, result, error);
}

gboolean
mado_cmd_visit_issue(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    MadoVisitTask task = {.procedure = "issue", .request = mado_arguments_word(arguments, 0)};

    return mado_visit_run(arguments, &task, result, error);
}

gboolean
mado_cmd_visit_resume(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    const char *visit = mado_arguments_word(arguments, 0);
    MadoVisitTask task = {.visit = visit != NULL ? visit : ""};

    return mado_visit_run(arguments, &task, result, error);
}
