/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* read: files of the card, with their signatures checked. */
#pragma once

#include "cli/commands.h"

gboolean
mado_cmd_read_run(const MadoArguments *arguments, JsonObject *result, GError **error);
void
mado_cmd_read_show(JsonObject *result);
