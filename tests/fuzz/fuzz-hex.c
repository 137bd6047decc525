/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input is text from a configuration file or a message. */
#include "common/hex.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char text[MADO_HEX_SIZE(64)];
    uint8_t bytes[64];
    uint8_t again[64];
    size_t n_bytes;
    size_t n_again;

    if (mado_hex_parse((const char *)data, len, bytes, sizeof bytes, &n_bytes) != MADO_BYTES_OK)
        return 0;
    if (mado_hex_format(bytes, n_bytes, text, sizeof text) != MADO_BYTES_OK)
        abort();
    if (mado_hex_parse(text, 2 * n_bytes, again, sizeof again, &n_again) != MADO_BYTES_OK ||
        n_again != n_bytes || memcmp(bytes, again, n_bytes) != 0)
        abort();
    return 0;
}
