/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* receipts: the signed records of this desk; --verify checks signatures and chain here. */
#pragma once

#include "cli/commands.h"

gboolean
mado_cmd_receipts_run(const MadoArguments *arguments, JsonObject *result, GError **error);
void
mado_cmd_receipts_show(JsonObject *result);
