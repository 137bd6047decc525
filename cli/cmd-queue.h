/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* queue and search: what waits at the counter, with names. Every look is signed by the operator
 * and noted at the centre. */
#pragma once

#include "cli/commands.h"

gboolean
mado_cmd_queue_run(const MadoArguments *arguments, JsonObject *result, GError **error);
gboolean
mado_cmd_queue_search(const MadoArguments *arguments, JsonObject *result, GError **error);
void
mado_cmd_queue_show(JsonObject *result);
