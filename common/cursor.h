/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A reader over received bytes that cannot be led past their end.
 *
 * The cursor borrows the bytes; they must outlive it and everything taken from it. A function
 * either takes all it was asked for, or returns false and moves nothing and sets nothing.
 * Numbers are big-endian.
 */
#pragma once

#include "common/bytes-status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *data; /* (borrowed) (nullable when len is 0) */
    size_t len;
    size_t at; /* never more than len */
} MadoCursor;

void
mado_cursor_init(MadoCursor *self, const uint8_t *data, size_t len);

size_t
mado_cursor_left(const MadoCursor *self);

bool
mado_cursor_u8(MadoCursor *self, uint8_t *ret_value) MADO_MUST_CHECK;
bool
mado_cursor_u16(MadoCursor *self, uint16_t *ret_value) MADO_MUST_CHECK;
bool
mado_cursor_u32(MadoCursor *self, uint32_t *ret_value) MADO_MUST_CHECK;
bool
mado_cursor_u64(MadoCursor *self, uint64_t *ret_value) MADO_MUST_CHECK;

/* Looks at the byte `ahead` places further on without moving. */
bool
mado_cursor_peek_u8(const MadoCursor *self, size_t ahead, uint8_t *ret_value) MADO_MUST_CHECK;

/* *ret_data (transfer none) points into the cursor's own bytes; for len 0 it may be NULL. */
bool
mado_cursor_take(MadoCursor *self, size_t len, const uint8_t **ret_data) MADO_MUST_CHECK;
bool
mado_cursor_skip(MadoCursor *self, size_t len) MADO_MUST_CHECK;

/* Takes len bytes as a cursor of their own. */
bool
mado_cursor_sub(MadoCursor *self, size_t len, MadoCursor *ret_sub) MADO_MUST_CHECK;
