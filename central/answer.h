/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an HTTP request is answered with. */
#pragma once

#include "central/problem.h"

typedef struct {
    guint status;
    const char *media; /* static */
    GBytes *body;      /* owned */
} MadoAnswer;

/* (transfer full) */
MadoAnswer *
mado_answer_new(guint status, const char *media, GBytes *body); /* @body (transfer none) */
MadoAnswer *
mado_answer_new_problem(MadoProblem problem, const char *detail);
/* The problem for @error, logged here once; texts of defects stay in the log. */
MadoAnswer *
mado_answer_new_error(const char *object, const GError *error);
void
mado_answer_free(MadoAnswer *self); /* NULL is allowed */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoAnswer, mado_answer_free)
