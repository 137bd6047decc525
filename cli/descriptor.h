/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets that a script hands over by file descriptor (--pins-fd and its like). */
#pragma once

#include "common/secret.h"

/* (transfer full): everything until the end of @fd, without one last line feed; @fd is closed.
 * Blocks as long as the writer keeps its end. Error: BAD_ARGUMENT (unreadable, empty, or more
 * than @len_max bytes). */
MadoSecret *
mado_descriptor_read(int fd, gsize len_max, GError **error);
