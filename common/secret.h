/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MadoSecret: bytes that must never be printed, paged out, dumped or left behind. The memory is
 * locked (mlock), excluded from core files (MADV_DONTDUMP) and wiped by explicit_bzero when
 * freed. There is deliberately no accessor that returns a string and no copy function other
 * than _dup; a lint keeps the type away from log calls. Not thread safe; ownership moves
 * between threads by value (transfer full).
 */
#pragma once

#include <glib.h>

typedef struct _MadoSecret MadoSecret;

/* (transfer full): @capacity bytes, all zero, length 0. Aborts when memory cannot be had (as
 * g_malloc does); a refused mlock is survived and reported once by mado_secret_is_locked(). */
MadoSecret *
mado_secret_new(gsize capacity);
/* (transfer full): a secret holding a copy of @data; the caller still wipes its own. */
MadoSecret *
mado_secret_new_from(const guint8 *data, gsize len);
MadoSecret *
mado_secret_dup(const MadoSecret *self);
void
mado_secret_free(MadoSecret *self); /* NULL is allowed */

const guint8 *
mado_secret_peek(const MadoSecret *self); /* (transfer none) */
guint8 *
mado_secret_peek_writable(MadoSecret *self); /* (transfer none), capacity bytes */
gsize
mado_secret_len(const MadoSecret *self);
gsize
mado_secret_capacity(const MadoSecret *self);
void
mado_secret_set_len(MadoSecret *self, gsize len); /* len <= capacity */
/* FALSE, nothing appended, when the capacity would be passed. */
gboolean
mado_secret_append(MadoSecret *self, const guint8 *data, gsize len);
gboolean
mado_secret_equal(const MadoSecret *a,
                  const MadoSecret *b); /* constant time for equal lengths */
gboolean
mado_secret_is_locked(const MadoSecret *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoSecret, mado_secret_free)
