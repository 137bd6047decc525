/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A visit from the command line: prepare, issue, resume. The daemon says what the next step is;
 * this runs it: carries messages, asks the clerk, lets the PINs be typed, and waits.
 */
#pragma once

#include "cli/arguments.h"

#include <json-glib/json-glib.h>

/* What to do; one of the three. */
typedef struct {
    const char *procedure; /* "prepare" or "issue"; NULL: resume */
    const char *request;   /* request id */
    const char *visit;     /* resume: hex, "" for whatever the card is in */
} MadoVisitTask;

/*
 * Runs to the end. @result gets: procedure, request, visit, outcome (committed, aborted,
 * refused, held), exchanges, card. Errors: what ended it; HELD when the visit is on hold.
 */
gboolean
mado_visit_run(const MadoArguments *arguments,
               const MadoVisitTask *task,
               JsonObject *result,
               GError **error);
/* For people: what is true of the card, and what to do next. */
void
mado_visit_show(JsonObject *result);
