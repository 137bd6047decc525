/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A writer into a buffer of fixed size that belongs to the caller.
 *
 * Failure is sticky: once something did not fit (or begin and end were not paired) every later
 * call does nothing, mado_writer_ok() is false and mado_writer_len() is 0. So a message is
 * written without looking and asked once at the end. What a failed writer left in the buffer
 * means nothing; if it may hold a secret the caller wipes it. Numbers are big-endian, lengths
 * are DER.
 */
#pragma once

#include "common/bytes-status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t *data; /* (borrowed) */
    size_t cap;
    size_t len;
    bool failed;
} MadoWriter;

void
mado_writer_init(MadoWriter *self, uint8_t *data, size_t cap);

bool
mado_writer_ok(const MadoWriter *self);

/* The bytes written so far; 0 when the writer has failed. */
size_t
mado_writer_len(const MadoWriter *self);

void
mado_writer_u8(MadoWriter *self, uint8_t value);
void
mado_writer_u16(MadoWriter *self, uint16_t value);
void
mado_writer_u32(MadoWriter *self, uint32_t value);
void
mado_writer_u64(MadoWriter *self, uint64_t value);

/* data may be NULL when len is 0; it must not overlap the buffer. */
void
mado_writer_bytes(MadoWriter *self, const uint8_t *data, size_t len);

/* A tag as its one to three bytes, written as they stand in the number (0x7F49, 0xDF21); 0
 * fails. */
void
mado_writer_tag(MadoWriter *self, uint32_t tag);
void
mado_writer_tlv(MadoWriter *self, uint32_t tag, const uint8_t *data, size_t len);

/*
 * Opens an object whose length is not known yet; what is written until the matching end is its
 * value. Objects nest; the inner one is ended first. The mark means nothing outside this pair.
 */
size_t
mado_writer_begin(MadoWriter *self, uint32_t tag);
void
mado_writer_end(MadoWriter *self, size_t mark);
