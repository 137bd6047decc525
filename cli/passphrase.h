/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The passphrase of an operator's key: from a descriptor (--passphrase-fd) or the terminal. */
#pragma once

#include <glib.h>

typedef struct _MadoPassphrase MadoPassphrase;

/* (transfer full). @operator_id (nullable) is copied. @fd: -1 asks on the terminal. */
MadoPassphrase *
mado_passphrase_new(const char *operator_id, int fd);
void
mado_passphrase_free(MadoPassphrase *self); /* NULL is allowed */

/* A MadoAskPassphrase; @user_data is a MadoPassphrase. */
gboolean
mado_passphrase_ask(guint8 *buffer, gsize capacity, gsize *ret_len, gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoPassphrase, mado_passphrase_free)
