/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clerk's part of a visit: shows the person, asks for the decision that is wanted. */
#pragma once

#include "cli/arguments.h"
#include "common/body-person.h"

#include <gio/gio.h>

#include <madoguchi/message.h>

/*
 * Whether what the command line decides for @procedure ("prepare", "issue"; NULL: resumed) can
 * be taken, and a terminal is there for what it leaves open: asked before a visit is begun.
 * Error: BAD_ARGUMENT.
 */
gboolean
mado_decide_check(const MadoArguments *arguments, const char *procedure, GError **error);

/*
 * (transfer full): the detail of a decision of @kind: from the command line when it is given
 * there, else asked on the terminal. @person: (nullable). Errors: BAD_ARGUMENT, CANCELLED.
 */
char *
mado_decide_ask(const MadoArguments *arguments,
                MadoDecisionKind kind,
                const MadoBodyPerson *person,
                GCancellable *cancellable,
                GError **error);
