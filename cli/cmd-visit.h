/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* prepare REQUEST, issue REQUEST, resume [VISIT]: shown by mado_visit_show(). */
#pragma once

#include "cli/commands.h"

gboolean
mado_cmd_visit_prepare(const MadoArguments *arguments, JsonObject *result, GError **error);
gboolean
mado_cmd_visit_issue(const MadoArguments *arguments, JsonObject *result, GError **error);
gboolean
mado_cmd_visit_resume(const MadoArguments *arguments, JsonObject *result, GError **error);
