/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/cursor.h"

void
mado_cursor_init(MadoCursor *self, const uint8_t *data, size_t len)
{
    self->data = data;
    self->len = len;
    self->at = 0;
}

size_t
mado_cursor_left(const MadoCursor *self)
{
    return self->len - self->at;
}

bool
mado_cursor_take(MadoCursor *self, size_t len, const uint8_t **ret_data)
{
    if (len > mado_cursor_left(self))
        return false;
    /* NULL + 0 is undefined, and an empty cursor may hold NULL. */
    *ret_data = self->data == NULL ? NULL : self->data + self->at;
    self->at += len;
    return true;
}

bool
mado_cursor_skip(MadoCursor *self, size_t len)
{
    const uint8_t *skipped;

    return mado_cursor_take(self, len, &skipped);
}

bool
mado_cursor_sub(MadoCursor *self, size_t len, MadoCursor *ret_sub)
{
    const uint8_t *data;

    if (!mado_cursor_take(self, len, &data))
        return false;
    mado_cursor_init(ret_sub, data, len);
    return true;
}

bool
mado_cursor_peek_u8(const MadoCursor *self, size_t ahead, uint8_t *ret_value)
{
    if (ahead >= mado_cursor_left(self))
        return false;
    *ret_value = self->data[self->at + ahead];
    return true;
}

static bool
take_number(MadoCursor *self, size_t len, uint64_t *ret_value)
{
    const uint8_t *data;
    uint64_t value = 0;

    if (!mado_cursor_take(self, len, &data))
        return false;
    for (size_t i = 0; i < len; i++)
        value = value << 8 | data[i];
    *ret_value = value;
    return true;
}

bool
mado_cursor_u8(MadoCursor *self, uint8_t *ret_value)
{
    uint64_t value;

    if (!take_number(self, 1, &value))
        return false;
    *ret_value = (uint8_t)value;
    return true;
}

bool
mado_cursor_u16(MadoCursor *self, uint16_t *ret_value)
{
    uint64_t value;

    if (!take_number(self, 2, &value))
        return false;
    *ret_value = (uint16_t)value;
    return true;
}

bool
mado_cursor_u32(MadoCursor *self, uint32_t *ret_value)
{
    uint64_t value;

    if (!take_number(self, 4, &value))
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

bool
mado_cursor_u64(MadoCursor *self, uint64_t *ret_value)
{
    return take_number(self, 8, ret_value);
}
