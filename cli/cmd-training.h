/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* training …: becomes madoguchi-training, the keeper of training cards. */
#pragma once

#include "cli/commands.h"

/* Returns only when the program cannot be started. */
gboolean
mado_cmd_training_run(const MadoArguments *arguments, JsonObject *result, GError **error);
