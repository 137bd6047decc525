/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* visits: what is open or on hold at this desk. */
#pragma once

#include "cli/commands.h"

gboolean
mado_cmd_visits_run(const MadoArguments *arguments, JsonObject *result, GError **error);
void
mado_cmd_visits_show(JsonObject *result);
