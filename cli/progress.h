/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a person sees while long work runs: on the standard error output, and only where
 * somebody looks (a terminal, or --progress). */
#pragma once

#include "cli/arguments.h"

typedef struct _MadoProgress MadoProgress;

MadoProgress *
mado_progress_new(const MadoArguments *arguments);
/* Clears a bar that stands. NULL is allowed. */
void
mado_progress_free(MadoProgress *self);

/* One line: what begins now; @text is translated. */
void
mado_progress_say(MadoProgress *self, const char *text);
/* A MadoSessionClientProgress; @user_data: the MadoProgress. */
void
mado_progress_on_changed(guint n_done, guint n_all, guint rest_ms, gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoProgress, mado_progress_free)
