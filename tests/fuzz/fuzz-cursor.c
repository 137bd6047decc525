/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input is a program of reads over its own bytes: each may fail, none may leave them. */
#include "common/cursor.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

static void
run_step(MadoCursor *cursor, uint8_t step)
{
    size_t before = mado_cursor_left(cursor);
    size_t len = step >> 3;
    MadoCursor sub = {0};
    const uint8_t *taken = NULL;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    bool done = false;

    switch (step & 7U) {
    case 0:
        len = 1;
        done = mado_cursor_u8(cursor, &u8);
        break;
    case 1:
        len = 2;
        done = mado_cursor_u16(cursor, &u16);
        break;
    case 2:
        len = 4;
        done = mado_cursor_u32(cursor, &u32);
        break;
    case 3:
        len = 8;
        done = mado_cursor_u64(cursor, &u64);
        break;
    case 4:
        done = mado_cursor_take(cursor, len, &taken);
        if (done && len > 0 && taken[len - 1] != cursor->data[cursor->at - 1])
            abort();
        break;
    case 5:
        done = mado_cursor_sub(cursor, len, &sub);
        if (done && mado_cursor_left(&sub) != len)
            abort();
        break;
    case 6:
        done = mado_cursor_skip(cursor, len);
        break;
    default:
        if (mado_cursor_peek_u8(cursor, len, &u8) != (len < before))
            abort();
        len = 0;
        done = true;
        break;
    }
    if (done != (len <= before) || mado_cursor_left(cursor) != before - (done ? len : 0))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    MadoCursor cursor;

    mado_cursor_init(&cursor, data, len);
    for (size_t i = 0; i < len; i++)
        run_step(&cursor, data[i]);
    return 0;
}
