/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/writer.h"

#include <string.h>

#define MAX_LENGTH_BYTES 5U /* one that tells how many follow, and four */

void
mado_writer_init(MadoWriter *self, uint8_t *data, size_t cap)
{
    self->data = data;
    self->cap = cap;
    self->len = 0;
    self->failed = false;
}

bool
mado_writer_ok(const MadoWriter *self)
{
    return !self->failed;
}

size_t
mado_writer_len(const MadoWriter *self)
{
    return self->failed ? 0 : self->len;
}

void
mado_writer_bytes(MadoWriter *self, const uint8_t *data, size_t len)
{
    if (self->failed || len > self->cap - self->len) {
        self->failed = true;
        return;
    }
    if (len > 0)
        memcpy(self->data + self->len, data, len);
    self->len += len;
}

static void
put_number(MadoWriter *self, uint64_t value, size_t len)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
    mado_writer_bytes(self, bytes, len);
}

void
mado_writer_u8(MadoWriter *self, uint8_t value)
{
    put_number(self, value, 1);
}

void
mado_writer_u16(MadoWriter *self, uint16_t value)
{
    put_number(self, value, 2);
}

void
mado_writer_u32(MadoWriter *self, uint32_t value)
{
    put_number(self, value, 4);
}

void
mado_writer_u64(MadoWriter *self, uint64_t value)
{
    put_number(self, value, 8);
}

/* How many bytes the number needs: 0 for 0. */
static size_t
number_len(uint64_t value)
{
    size_t len = 0;

    for (; value != 0; value >>= 8)
        len++;
    return len;
}

void
mado_writer_tag(MadoWriter *self, uint32_t tag)
{
    size_t len = number_len(tag);

    if (len == 0 || len > 3) {
        self->failed = true;
        return;
    }
    put_number(self, tag, len);
}

static void
put_length(MadoWriter *self, size_t len)
{
    size_t n_bytes = number_len(len);

    if (n_bytes >= MAX_LENGTH_BYTES) {
        self->failed = true;
        return;
    }
    if (len >= 0x80)
        mado_writer_u8(self, (uint8_t)(0x80U | n_bytes));
    put_number(self, len, len >= 0x80 ? n_bytes : 1);
}

void
mado_writer_tlv(MadoWriter *self, uint32_t tag, const uint8_t *data, size_t len)
{
    mado_writer_tag(self, tag);
    put_length(self, len);
    mado_writer_bytes(self, data, len);
}

size_t
mado_writer_begin(MadoWriter *self, uint32_t tag)
{
    mado_writer_tag(self, tag);
    mado_writer_u8(self, 0); /* room for a short length; most values fit it */
    return self->len;
}

void
mado_writer_end(MadoWriter *self, size_t mark)
{
    MadoWriter length;
    uint8_t bytes[MAX_LENGTH_BYTES];
    size_t value_len;

    if (self->failed || mark == 0 || mark > self->len) {
        self->failed = true;
        return;
    }
    value_len = self->len - mark;
    mado_writer_init(&length, bytes, sizeof bytes);
    put_length(&length, value_len);
    if (length.failed || length.len - 1 > self->cap - self->len) {
        self->failed = true;
        return;
    }
    memmove(self->data + mark - 1 + length.len, self->data + mark, value_len);
    memcpy(self->data + mark - 1, bytes, length.len);
    self->len += length.len - 1;
}
