/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Personal data over the bus: sealed memfds out, sealed memfds or pipes in, so that nothing of
 * it is ever in a message body. Any thread.
 */
#pragma once

#include "common/secret.h"
#include "daemon/interrupt.h"

#include <gio/gunixfdlist.h>

/* A new descriptor of a memfd with these bytes, sealed against every change; -1 with @error. */
int
mado_sealed_new(const char *name, const guint8 *data, gsize len, GError **error);

/*
 * (transfer full): what a client handed us, at most @max_len bytes. A memfd must carry the
 * seals against writing, growing and shrinking, else its bytes could change while we look:
 * BAD_ARGUMENT, as for anything but a memfd or a pipe. A pipe is read until it is closed;
 * TIMED_OUT. LIMIT when there is more. Does not close @fd.
 */
MadoSecret *
mado_sealed_read(int fd, gsize max_len, MadoInterrupt *interrupt, GError **error);
/* The same of a memfd alone, which does not wait for anybody: fit for the main thread. */
MadoSecret *
mado_sealed_read_memfd(int fd, gsize max_len, GError **error);

/* A duplicate of the descriptor that an "h" argument means: its place in @fds (nullable), the
 * list that came with the message. -1 with BAD_ARGUMENT. */
int
mado_sealed_dup_handle(GUnixFDList *fds, GVariant *handle, GError **error);
