/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What madoguchi-photo writes to the daemon: a head of fixed length, then the pixels when the
 * verdict is OK. The child has worked on hostile bytes, so its reply is hostile as well. Pure.
 */
#pragma once

#include "common/bytes-status.h"
#include "common/writer.h"
#include "daemon/photo/jp2.h"
#include "daemon/photo/quality.h"

#define MADO_REPLY_HEAD_LEN (4u + 1u + 2u + 2u + 4u * MADO_QUALITY_N_MEASURES)

typedef struct {
    MadoJp2Verdict verdict;
    uint16_t width, height; /* 0 unless the verdict is OK, as the rest */
    MadoQuality quality;
    const uint8_t *pixels; /* (borrowed) width × height × 3 */
    size_t pixels_len;
} MadoReply;

/* Writes the head alone: MADO_REPLY_HEAD_LEN bytes. */
void
mado_reply_write_head(const MadoReply *reply, MadoWriter *writer);
/* The whole reply. */
MadoBytesStatus
mado_reply_parse(const uint8_t *data, size_t len, MadoReply *ret_reply) MADO_MUST_CHECK;
