/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* readers: the desk, its readers and what lies in them. */
#pragma once

#include "cli/commands.h"

gboolean
mado_cmd_readers_run(const MadoArguments *arguments, JsonObject *result, GError **error);
void
mado_cmd_readers_show(JsonObject *result);
