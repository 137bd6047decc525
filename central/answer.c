/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/answer.h"

#include "common/log.h"
#include "madoguchi/names.h"

MadoAnswer *
mado_answer_new(guint status, const char *media, GBytes *body)
{
    MadoAnswer *self = g_new0(MadoAnswer, 1);

    self->status = status;
    self->media = media;
    self->body = g_bytes_ref(body);
    return self;
}

MadoAnswer *
mado_answer_new_problem(MadoProblem problem, const char *detail)
{
    g_autoptr(GBytes) body = mado_problem_format(problem, detail);

    return mado_answer_new(mado_problem_status(problem), MADO_MEDIA_PROBLEM, body);
}

MadoAnswer *
mado_answer_new_error(const char *object, const GError *error)
{
    MadoProblem problem = mado_problem_from_error(error);
    gboolean is_ours = error != NULL && error->domain == MADO_PROBLEM_DOMAIN;

    mado_log(problem == MADO_PROBLEM_INTERNAL ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_MESSAGE,
             problem == MADO_PROBLEM_INTERNAL ? MADO_LOG_DEFECT : MADO_LOG_REFUSED, object,
             "%s: %s", mado_problem_slug(problem),
             error != NULL ? error->message : "no reason");
    return mado_answer_new_problem(problem, is_ours ? error->message : NULL);
}

void
mado_answer_free(MadoAnswer *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->body, g_bytes_unref);
    g_free(self);
}
