/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input is what the reader's endpoint gave: frames one after another. What is taken lies
 * inside, and what is built of it is taken again. */
#include "config.h"

#include "drivers/pasori/frame.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void
check_again(const MadoFrame *frame)
{
    uint8_t bytes[MADO_FRAME_MAX];
    const size_t len =
        mado_frame_build(frame->payload, frame->payload_len, bytes, sizeof(bytes));
    MadoCursor cursor;
    MadoFrame again;

    mado_cursor_init(&cursor, bytes, len);
    if (len != frame->payload_len + MADO_FRAME_OVERHEAD ||
        mado_frame_take(&cursor, &again) != MADO_BYTES_OK || cursor.at != len) {
        abort();
    }
    if (again.kind == MADO_FRAME_DATA &&
        (again.payload_len != frame->payload_len ||
         memcmp(again.payload, frame->payload, frame->payload_len) != 0)) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    MadoCursor cursor;
    MadoFrame frame;

    mado_cursor_init(&cursor, data, len);
    for (;;) {
        const size_t before = cursor.at;

        if (mado_frame_take(&cursor, &frame) != MADO_BYTES_OK) {
            if (cursor.at != before) {
                abort();
            }
            return 0;
        }
        if (cursor.at <= before || cursor.at > len) {
            abort();
        }
        if (frame.kind == MADO_FRAME_DATA) {
            if (frame.payload < data || frame.payload + frame.payload_len > data + len ||
                frame.payload_len == 0 || frame.payload_len > MADO_FRAME_MAX_PAYLOAD) {
                abort();
            }
            check_again(&frame);
        }
    }
}
