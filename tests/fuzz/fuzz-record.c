/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The admin record as any card may answer it. */
#include "common/record.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static size_t
format(const MadoRecord *record, uint8_t data[MADO_RECORD_MAX_LEN])
{
    MadoWriter writer;

    mado_writer_init(&writer, data, MADO_RECORD_MAX_LEN);
    mado_record_format(record, &writer);
    if (!mado_writer_ok(&writer))
        abort();
    return mado_writer_len(&writer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t first[MADO_RECORD_MAX_LEN];
    uint8_t second[MADO_RECORD_MAX_LEN];
    MadoRecord record;
    size_t first_len;

    if (mado_record_parse(data, len, &record) != MADO_BYTES_OK)
        return 0;
    if (record.n_staged > MADO_LIMIT_SLOTS || record.n_live > MADO_LIMIT_SLOTS ||
        record.n_pins > MADO_RECORD_MAX_PINS)
        abort();
    first_len = format(&record, first);
    if (mado_record_parse(first, first_len, &record) != MADO_BYTES_OK)
        abort();
    if (format(&record, second) != first_len || memcmp(first, second, first_len) != 0)
        abort();
    return 0;
}
