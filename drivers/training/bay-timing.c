/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/bay-timing.h"

#include <math.h>

#define FRAME_DATA_LEN 253U /* FSD 256 less PCB and CRC */
#define FRAME_OVERHEAD 3U
#define ETU_PER_BYTE   10U
#define ETU_PER_FRAME  24U
#define BASE_RATE      106U

static uint64_t
etu_of(size_t len)
{
    uint64_t n_frames = len <= FRAME_DATA_LEN ? 1 : (len + FRAME_DATA_LEN - 1) / FRAME_DATA_LEN;
    uint64_t n_acks = n_frames - 1;
    uint64_t n_bytes = len + (n_frames + n_acks) * FRAME_OVERHEAD;

    return ETU_PER_BYTE * n_bytes + ETU_PER_FRAME * (n_frames + n_acks);
}

uint64_t
mado_bay_timing_link_us(unsigned rate_kbps, size_t command_len, size_t answer_len)
{
    uint64_t etu = etu_of(command_len) + etu_of(answer_len);
    unsigned factor = rate_kbps / BASE_RATE;

    /* 128 / 13.56 MHz = 9.4395 us; 12800 / 1356 keeps it in whole numbers. */
    return factor == 0 ? 0 : etu * 12800U / (1356U * factor);
}

/* Uniform in (0, 1); xorshift32, whose period is long enough for a day at the desk. */
static double
draw(uint32_t *seed)
{
    uint32_t x = *seed == 0 ? 0x9E3779B9U : *seed;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    *seed = x;
    return ((double)x + 1.0) / 4294967298.0;
}

uint64_t
mado_bay_timing_generate_us(uint32_t *seed)
{
    /* Two primes are searched for: a sum of two exponential times above a floor, cut at the
     * longest seen. */
    double first = draw(seed);
    double seconds = 1.2 - 1.72 * log(first * draw(seed));

    return (uint64_t)(1e6 * (seconds > 11.2 ? 11.2 : seconds));
}
