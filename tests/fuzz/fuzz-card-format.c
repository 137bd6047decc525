/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A card file from anywhere: what is read is written and read again as the same. */
#include "config.h"

#include "drivers/training/card-format.h"
#include "tests/fuzz/target.h"

#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

/* The checksum keeps a fuzzer out as it keeps damage out, so it is put right first. */
static void
mend(uint8_t *data, size_t len)
{
    const size_t object_len = 2 + 32;
    size_t header = len > 1 && data[1] == 0x82 ? 4 : len > 1 && data[1] == 0x81 ? 3 : 2;
    unsigned n = 0;

    if (len < header + object_len) {
        return;
    }
    data[len - object_len] = 0x9E;
    data[len - object_len + 1] = 32;
    (void)EVP_Digest(data + header, len - header - object_len, data + len - 32, &n,
                     EVP_sha256(), NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    uint8_t *written = NULL;
    size_t written_len = 0;
    MadoCardState state;
    MadoCardState again;

    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data, size);
    mend(copy, size);
    if (mado_card_format_parse(copy, size, &state, NULL) == MADO_CARD_FORMAT_OK) {
        if (!mado_card_format_write(&state, &written, &written_len) ||
            mado_card_format_parse(written, written_len, &again, NULL) != MADO_CARD_FORMAT_OK ||
            again.n_items != state.n_items || again.n_pins != state.n_pins) {
            abort();
        }
        mado_card_state_clear(&again);
        mado_card_state_clear(&state);
        free(written);
    }
    free(copy);
    return 0;
}
