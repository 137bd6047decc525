/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pin status, pin change KIND. */
#pragma once

#include "cli/commands.h"

gboolean
mado_cmd_pin_run(const MadoArguments *arguments, JsonObject *result, GError **error);
void
mado_cmd_pin_show(JsonObject *result);
