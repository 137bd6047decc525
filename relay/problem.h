/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A problem document of the centre (RFC 9457; types in doc/messages.md 5). Text of a server: it
 * is bounded, checked for depth before it reaches json-glib (which recurses), and only the
 * type's known part is ever acted on. Pure, any thread.
 */
#pragma once

#include <glib.h>

#define MADO_PROBLEM_LEN_MAX   8192 /* bytes of a document that is looked at */
#define MADO_PROBLEM_DEPTH_MAX 8
#define MADO_PROBLEM_TEXT_MAX  200 /* bytes kept of title and detail */

typedef struct {
    char *type;   /* the whole URI; "" when absent or not a URI of plain ASCII */
    char *title;  /* cut to MADO_PROBLEM_TEXT_MAX, no control characters; "" when absent */
    char *detail; /* likewise */
} MadoProblem;

/* (transfer full) (nullable): NULL when @data is no JSON object within the limits. */
MadoProblem *
mado_problem_parse(const guint8 *data, gsize len);
void
mado_problem_free(MadoProblem *self); /* NULL is allowed */

/* (transfer none): "running" for MADO_PROBLEM_BASE "running"; NULL when it is not ours. */
const char *
mado_problem_slug(const char *type);

/* FALSE when brackets nest deeper than @depth_max, outside strings. */
gboolean
mado_problem_is_shallow(const guint8 *data, gsize len, guint depth_max);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoProblem, mado_problem_free)
