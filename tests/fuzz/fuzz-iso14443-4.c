/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A hostile card. Input: code of the frame size and FWI in one byte, length of the command in
 * the next two, room for the answer in two more, then what comes back: FF nothing, FE a garbled
 * frame, FD a presence check when idle, else as many bytes as it says.
 */
#include "config.h"

#include "common/cursor.h"
#include "drivers/pasori/iso14443-4.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

#define MAX_WAIT_US 5000000

static void
check(const MadoIso14443 *link, uint16_t fsc)
{
    if (link->out_len == 0 || link->out_len + 2 > fsc || link->wait_us == 0 ||
        link->wait_us > MAX_WAIT_US || link->answer_len > link->cap ||
        link->at + link->in_flight > link->command_len) {
        abort();
    }
}

static bool
step(MadoIso14443 *link, MadoCursor *input, MadoIso14443Do *next)
{
    const uint8_t *block;
    uint8_t what;

    if (!mado_cursor_u8(input, &what)) {
        return false;
    }
    if (what == 0xFF) {
        *next = mado_iso14443_step(link, MADO_ISO14443_SILENCE, NULL, 0);
    } else if (what == 0xFE) {
        *next = mado_iso14443_step(link, MADO_ISO14443_GARBLED, NULL, 0);
    } else if (!mado_cursor_take(input, what, &block)) {
        return false;
    } else {
        *next = mado_iso14443_step(link, MADO_ISO14443_BLOCK, block, what);
    }
    return true;
}

/* The exchange ends as often as it can begin again. */
static void
talk(MadoIso14443 *link, MadoCursor *input, uint16_t fsc, size_t command_len, size_t cap)
{
    static const uint8_t command[65544] = {0x00, 0xA4};
    uint8_t *answer = malloc(cap > 0 ? cap : 1);
    MadoIso14443Do next = MADO_ISO14443_DONE;
    uint8_t what = 0;

    if (answer == NULL) {
        return;
    }
    do {
        if (next == MADO_ISO14443_SEND) {
            check(link, fsc);
        } else if (mado_cursor_peek_u8(input, 0, &what) && what == 0xFD) {
            next = mado_iso14443_check(link);
        } else {
            next = mado_iso14443_begin(link, command, command_len, answer, cap);
        }
        if (next == MADO_ISO14443_DONE && link->answer_len > cap) {
            abort();
        }
    } while (next == MADO_ISO14443_SEND
                 ? step(link, input, &next)
                 : mado_cursor_skip(input, 1) && mado_iso14443_is_usable(link));
    if (mado_iso14443_deselect(link) != MADO_ISO14443_SEND) {
        abort();
    }
    while (step(link, input, &next) && next == MADO_ISO14443_SEND) {
    }
    free(answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint16_t sizes[] = {16, 24, 32, 40, 48, 64, 96, 128, 256};
    MadoIso14443 link = {0};
    uint16_t command_len, cap, fsc;
    MadoCursor input;
    uint8_t codes;

    mado_cursor_init(&input, data, len);
    if (!mado_cursor_u8(&input, &codes) || !mado_cursor_u16(&input, &command_len) ||
        !mado_cursor_u16(&input, &cap)) {
        return 0;
    }
    fsc = sizes[(codes >> 4) % 9];
    mado_iso14443_init(&link, fsc, (uint8_t)((codes & 0x0FU) % 15U));
    talk(&link, &input, fsc, command_len, cap);
    return 0;
}
