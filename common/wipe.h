/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one place where secrets in plain memory are erased and compared. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Erases len bytes; not optimised away. data may be NULL when len is 0. */
void
mado_wipe(void *data, size_t len);

/* Whether len bytes are equal, in a time that depends on len alone. */
bool
mado_wipe_equal(const void *a, const void *b, size_t len);
