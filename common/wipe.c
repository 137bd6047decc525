/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/wipe.h"

#include <stdint.h>
#include <string.h>

void
mado_wipe(void *data, size_t len)
{
    if (len > 0)
        explicit_bzero(data, len);
}

bool
mado_wipe_equal(const void *a, const void *b, size_t len)
{
    const uint8_t *left = a;
    const uint8_t *right = b;
    volatile uint8_t different = 0; /* volatile: the compiler may not leave the loop early */

    for (size_t i = 0; i < len; i++)
        different = (uint8_t)(different | (left[i] ^ right[i]));
    return different == 0;
}
