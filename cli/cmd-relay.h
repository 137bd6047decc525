/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* relay: sends waiting receipts to the centre. */
#pragma once

#include "cli/commands.h"

gboolean
mado_cmd_relay_run(const MadoArguments *arguments, JsonObject *result, GError **error);
void
mado_cmd_relay_show(JsonObject *result);
