/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions on the controlling terminal (/dev/tty, so that a redirected standard input is never
 * taken for an answer). Asynchronous, because the bus is served while a person thinks. What is
 * typed goes straight into locked memory. Main thread.
 */
#pragma once

#include "common/secret.h"

#include <gio/gio.h>

#define MADO_TERMINAL_LINE_MAX 512 /* bytes; a longer line is refused */

gboolean
mado_terminal_is_there(void);

typedef struct {
    const char *label;  /* already translated; printed before the answer */
    gboolean is_secret; /* no echo */
    guint timeout_ms;   /* 0: none */
} MadoTerminalQuestion;

void
mado_terminal_ask_async(const MadoTerminalQuestion *question,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
/* (transfer full): the line without its end. Errors: CANCELLED (also end of file), TIMED_OUT,
 * BAD_ARGUMENT (too long, or no terminal). */
MadoSecret *
mado_terminal_ask_finish(GAsyncResult *result, GError **error);

/* The same, waiting on the default main context. */
MadoSecret *
mado_terminal_ask(const MadoTerminalQuestion *question,
                  GCancellable *cancellable,
                  GError **error);
/* (transfer full): a line that is no secret, cleaned for printing, valid UTF-8. */
char *
mado_terminal_ask_text(const char *label, GCancellable *cancellable, GError **error);
/* Prints a line on the terminal; nothing when there is none. */
void
mado_terminal_say(const char *text);
