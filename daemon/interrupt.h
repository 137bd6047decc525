/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the main thread makes a worker stop: one code, raised once, looked at before every
 * exchange with the card and waited for beside every other thing a worker waits for. Every
 * function may be called by any thread.
 */
#pragma once

#include <gio/gio.h>

#include <madoguchi/errors.h>

typedef struct _MadoInterrupt MadoInterrupt;

MadoInterrupt *
mado_interrupt_new(void); /* (transfer full) */
MadoInterrupt *
mado_interrupt_ref(MadoInterrupt *self);
void
mado_interrupt_unref(MadoInterrupt *self);

/* The first code raised stays until _clear: CANCELLED, CARD_REMOVED, READER_GONE, TIMED_OUT …
 */
void
mado_interrupt_raise(MadoInterrupt *self, MadoErrorCode code);
/* Only between two jobs. */
void
mado_interrupt_clear(MadoInterrupt *self);
/* FALSE with the raised code as @error; TRUE when nothing was raised. */
gboolean
mado_interrupt_check(MadoInterrupt *self, GError **error);
/* (transfer none): readable (poll) while a code is raised; never read from it. */
int
mado_interrupt_fd(const MadoInterrupt *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoInterrupt, mado_interrupt_unref)
