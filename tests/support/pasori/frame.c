/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/frame.h"

#include <string.h>

static uint8_t
complement(const uint8_t *data, size_t len)
{
    unsigned sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum += data[i];
    }
    return (uint8_t)(0U - sum);
}

static PasoriFrame
bad(const char *why)
{
    return (PasoriFrame){.kind = PASORI_FRAME_BAD, .why = why};
}

static PasoriFrame
parse_command(const uint8_t *bytes, size_t len)
{
    PasoriFrame frame = {.kind = PASORI_FRAME_COMMAND};
    size_t data_len = (size_t)bytes[5] | (size_t)bytes[6] << 8;

    if (bytes[7] != complement(bytes + 5, 2)) {
        return bad("the checksum of the length is wrong");
    }
    if (data_len < 2 || data_len > PASORI_MAX_DATA || data_len + PASORI_FRAME_OVERHEAD != len) {
        return bad("the length is not that of the transfer");
    }
    if (bytes[8 + data_len] != complement(bytes + 8, data_len)) {
        return bad("the checksum of the data is wrong");
    }
    if (bytes[9 + data_len] != 0) {
        return bad("no postamble");
    }
    if (bytes[8] != PASORI_TO_READER) {
        return bad("not from host to reader");
    }
    frame.code = bytes[9];
    frame.data = bytes + 10;
    frame.len = data_len - 2;
    return frame;
}

PasoriFrame
pasori_frame_parse(const uint8_t *bytes, size_t len)
{
    static const uint8_t start[] = {0x00, 0x00, 0xFF, 0xFF, 0xFF};
    uint8_t ack[PASORI_ACK_LEN];

    pasori_frame_ack(ack);
    if (len == sizeof(ack) && memcmp(bytes, ack, sizeof(ack)) == 0) {
        return (PasoriFrame){.kind = PASORI_FRAME_ACK};
    }
    if (len < PASORI_FRAME_OVERHEAD || memcmp(bytes, start, sizeof(start)) != 0) {
        return bad("no preamble");
    }
    return parse_command(bytes, len);
}

void
pasori_frame_ack(uint8_t ret_bytes[PASORI_ACK_LEN])
{
    static const uint8_t ack[PASORI_ACK_LEN] = {0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00};

    memcpy(ret_bytes, ack, sizeof(ack));
}

size_t
pasori_frame_wrap(const uint8_t *data, size_t len, uint8_t ret_bytes[PASORI_MAX_USB])
{
    memset(ret_bytes, 0xFF, 5);
    ret_bytes[0] = 0;
    ret_bytes[1] = 0;
    ret_bytes[5] = (uint8_t)len;
    ret_bytes[6] = (uint8_t)(len >> 8);
    ret_bytes[7] = complement(ret_bytes + 5, 2);
    memcpy(ret_bytes + 8, data, len);
    ret_bytes[8 + len] = complement(data, len);
    ret_bytes[9 + len] = 0;
    return len + PASORI_FRAME_OVERHEAD;
}
