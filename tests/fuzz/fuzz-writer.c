/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The input is a program of writes into a buffer of a size it also chooses. What a writer that
 * did not fail has written must read back as well-formed objects.
 */
#include "common/cursor.h"
#include "common/tlv.h"
#include "common/writer.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

#define MAX_OPEN 6U

typedef struct {
    MadoWriter writer;
    size_t marks[MAX_OPEN];
    size_t n_open;
} Program;

static void
run_step(Program *program, uint8_t step, const uint8_t *filling, size_t filling_len)
{
    size_t len = (size_t)(step >> 2) * 5;

    if (len > filling_len)
        len = filling_len;
    switch (step & 3U) {
    case 0:
        if (program->n_open < MAX_OPEN)
            program->marks[program->n_open++] = mado_writer_begin(&program->writer, 0x7F49);
        break;
    case 1:
        if (program->n_open > 0)
            mado_writer_end(&program->writer, program->marks[--program->n_open]);
        break;
    case 2:
        mado_writer_tlv(&program->writer, 0xDF21, filling, len);
        break;
    default:
        mado_writer_tag(&program->writer, 0x04);
        mado_writer_u8(&program->writer, 8);
        mado_writer_u64(&program->writer, step);
        break;
    }
}

static bool
count_visit(void *user, const MadoTlv *tlv, size_t depth)
{
    size_t *n_visits = user;

    ++*n_visits;
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t buffer[4096];
    Program program = {.n_open = 0};
    MadoCursor cursor;
    uint16_t cap;
    size_t n_visits = 0;

    mado_cursor_init(&cursor, data, len);
    if (!mado_cursor_u16(&cursor, &cap))
        return 0;
    mado_writer_init(&program.writer, buffer, cap % (sizeof buffer + 1));
    for (size_t i = cursor.at; i < len; i++)
        run_step(&program, data[i], data, len);
    while (program.n_open > 0)
        mado_writer_end(&program.writer, program.marks[--program.n_open]);
    if (!mado_writer_ok(&program.writer))
        return 0;
    if (mado_writer_len(&program.writer) > program.writer.cap)
        abort();
    if (mado_tlv_walk(buffer, mado_writer_len(&program.writer), MADO_TLV_MAX_DEPTH, count_visit,
                      &n_visits) != MADO_BYTES_OK)
        abort();
    return 0;
}
