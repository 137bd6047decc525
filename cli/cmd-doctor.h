/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* doctor: what is wrong with this desk, and the cure. */
#pragma once

#include "cli/commands.h"

gboolean
mado_cmd_doctor_run(const MadoArguments *arguments, JsonObject *result, GError **error);
/* 0 nothing found, 1 warnings, 2 faults. */
int
mado_cmd_doctor_exit(JsonObject *result);
