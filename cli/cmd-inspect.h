/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect: what a card is and allows, without any PIN. */
#pragma once

#include "cli/commands.h"

gboolean
mado_cmd_inspect_run(const MadoArguments *arguments, JsonObject *result, GError **error);
void
mado_cmd_inspect_show(JsonObject *result);
