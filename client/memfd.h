/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sealed memory files: how personal data and check numbers cross the bus (protocol.md 8). */
#pragma once

#include "common/secret.h"

/* A descriptor (transfer full, close-on-exec) whose content nobody can change any more; -1 with
 * @error. An empty @data is allowed. Error: INTERNAL. */
int
mado_memfd_seal(const guint8 *data, gsize len, GError **error);

/* (transfer full): the content of @fd, which must be sealed against shrinking, growing and
 * writing and hold at most @len_max bytes. Error: CARD_DATA. @fd stays open. */
MadoSecret *
mado_memfd_read(int fd, gsize len_max, GError **error);
