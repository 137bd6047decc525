/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long a real card and its link would take: pure arithmetic. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * One exchange over ISO/IEC 14443-4 type B: 10 etu per byte, etu = 128 / (13.56 MHz · rate /
 * 106), frames of at most 256 bytes with 3 of them prologue and checksum, 24 etu of framing
 * each, an acknowledgement of 3 bytes per chained frame. 0 when the rate is 0.
 */
uint64_t
mado_bay_timing_link_us(unsigned rate_kbps, size_t command_len, size_t answer_len);

/*
 * The time of one RSA-2048 key search, drawn so that mean (4.6 s), 95th percentile (9.2 s) and
 * longest (11.2 s) are those measured on Java Cards. Moves the seed on.
 */
uint64_t
mado_bay_timing_generate_us(uint32_t *seed);
