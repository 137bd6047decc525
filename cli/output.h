/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of every command: its result and its error, for people or for programs. */
#pragma once

#include "cli/commands.h"
#include "client/sentences.h"

/*
 * With --json one object on the standard output: @result, and "error" {code, nick, what, cause,
 * cure, detail, tries} when @error is given. Else @command's own view of @result there. The
 * error goes as sentences to the standard error output in both cases. Returns the exit
 * code: HOLD when a visit was left on hold, else the error's own.
 */
MadoExit
mado_output_finish(const MadoArguments *arguments, JsonObject *result, const GError *error);
