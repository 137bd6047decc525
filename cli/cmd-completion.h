/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* completion: prints the bash completion, made from the table of commands. */
#pragma once

#include "cli/commands.h"

gboolean
mado_cmd_completion_run(const MadoArguments *arguments, JsonObject *result, GError **error);
void
mado_cmd_completion_show(JsonObject *result);
