/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input is what a reader handed to the training card, and what a card answered to the
 * daemon. */
#include "common/apdu.h"
#include "common/sw.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static uint8_t buffer[MADO_APDU_MAX_COMMAND];

/* A command that was understood is written again as the very same bytes. */
static void
check_command(const uint8_t *data, size_t len)
{
    MadoCommand command;
    MadoWriter writer;

    if (mado_apdu_decode(data, len, &command) != MADO_BYTES_OK)
        return;
    if (command.data_len > len || command.ne > MADO_APDU_MAX_NE)
        abort();
    mado_writer_init(&writer, buffer, sizeof buffer);
    if (mado_apdu_encode(&command, &writer) != MADO_BYTES_OK)
        abort();
    if (mado_writer_len(&writer) != len || memcmp(buffer, data, len) != 0)
        abort();
    (void)mado_apdu_is_sensitive(&command);
}

static void
check_response(const uint8_t *data, size_t len)
{
    MadoResponse response;
    unsigned n_tries;
    size_t told_len;

    if (mado_apdu_split(data, len, &response) != MADO_BYTES_OK)
        return;
    if (response.data_len + 2 != len || mado_sw_text(response.sw) == NULL)
        abort();
    if (mado_sw_tries_left(response.sw, &n_tries) && n_tries > 15)
        abort();
    if (mado_sw_told_len(response.sw, &told_len) && (told_len < 1 || told_len > 256))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check_command(data, len);
    check_response(data, len);
    return 0;
}
