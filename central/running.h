/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which messages are being worked on just now, by terminal and idempotency key (protocol.md 2):
 * a repeat of one of them is not queued a second time but told that it is still running. Any
 * thread.
 */
#pragma once

#include "central/problem.h"

typedef struct _MadoRunning MadoRunning;

MadoRunning *
mado_running_new(void); /* (transfer full) */
void
mado_running_free(MadoRunning *self); /* NULL is allowed; nothing runs any more */

/* Begins the work. FALSE: RUNNING, or KEY_REUSED when what runs under the key is another body.
 */
gboolean
mado_running_enter(
    MadoRunning *self, const char *terminal, const char *key, GBytes *body, GError **error);
/* Its end: the answer is durable, or there is none. */
void
mado_running_leave(MadoRunning *self, const char *terminal, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoRunning, mado_running_free)
