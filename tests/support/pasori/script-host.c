/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/script-host.h"

#include "tests/support/pasori/block.h"
#include "tests/support/pasori/reader.h"

#include <string.h>

#define PATIENCE_MS 1000U
#define LONGEST     60000U /* 6 s in InCommRF's unit */
#define STATUS_LEN  5U     /* of InCommRF, with the valid bits of the last byte */

MadoUsbStatus
pasori_script_host_send(PasoriHost *self, const uint8_t *bytes, size_t len)
{
    MadoUsbStatus status = self->usb->ops->write(self->usb, bytes, len, PATIENCE_MS);

    if (status == MADO_USB_OK && len % self->usb->out_packet_len == 0) {
        status = self->usb->ops->write(self->usb, NULL, 0, PATIENCE_MS);
    }
    return status;
}

static bool
receive(PasoriHost *self, uint8_t ret_bytes[PASORI_MAX_USB + 64], size_t *ret_len)
{
    return self->usb->ops->read(self->usb, ret_bytes, 1024, PATIENCE_MS, ret_len) ==
           MADO_USB_OK;
}

bool
pasori_script_host_command(PasoriHost *self, uint8_t code, const uint8_t *data, size_t len)
{
    static const uint8_t ack[] = {0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00};
    uint8_t inner[PASORI_MAX_DATA];
    uint8_t bytes[PASORI_MAX_USB + 64];
    size_t n = 0;

    inner[0] = PASORI_TO_READER;
    inner[1] = code;
    if (len > 0) {
        memcpy(inner + 2, data, len);
    }
    n = pasori_frame_wrap(inner, len + 2, bytes);
    if (pasori_script_host_send(self, bytes, n) != MADO_USB_OK || !receive(self, bytes, &n) ||
        n != sizeof(ack) || memcmp(bytes, ack, n) != 0 || !receive(self, bytes, &n)) {
        return false;
    }
    if (n < PASORI_FRAME_OVERHEAD + 2 || bytes[8] != PASORI_TO_HOST || bytes[9] != code + 1) {
        return false;
    }
    self->answer_len = n - PASORI_FRAME_OVERHEAD - 2;
    memcpy(self->answer, bytes + 10, self->answer_len);
    return true;
}

bool
pasori_script_host_frame(PasoriHost *self, const uint8_t *data, size_t len, uint16_t timeout)
{
    uint8_t payload[PASORI_MAX_FRAME + 2];

    payload[0] = (uint8_t)timeout;
    payload[1] = (uint8_t)(timeout >> 8);
    memcpy(payload + 2, data, len);
    return pasori_script_host_command(self, PASORI_IN_COMM_RF, payload, len + 2) &&
           self->answer_len > STATUS_LEN;
}

bool
pasori_script_host_prepare(PasoriHost *self)
{
    static const uint8_t type[] = {1};
    static const uint8_t rate[] = {0x03, 0x07, 0x0F, 0x07};
    static const uint8_t items[] = {0x00, 0x14, 0x01, 0x01, 0x02, 0x01, 0x04, 0x00, 0x05,
                                    0x00, 0x09, 0x01, 0x0A, 0x01, 0x0B, 0x01, 0x0C, 0x01};

    return pasori_script_host_command(self, PASORI_SET_COMMAND_TYPE, type, sizeof(type)) &&
           pasori_script_host_command(self, PASORI_IN_SET_RF, rate, sizeof(rate)) &&
           pasori_script_host_command(self, PASORI_IN_SET_PROTOCOL, items, sizeof(items));
}

bool
pasori_script_host_activate(PasoriHost *self, uint8_t fsdi)
{
    static const uint8_t wupb[] = {0x05, 0x00, 0x08};
    uint8_t attrib[] = {0x1D, 0, 0, 0, 0, 0x00, fsdi, 0x01, 0x00};

    if (!pasori_script_host_frame(self, wupb, sizeof(wupb), 300) ||
        self->answer_len != STATUS_LEN + 12) {
        return false;
    }
    memcpy(attrib + 1, self->answer + STATUS_LEN + 1, 4);
    self->number = 0;
    self->room = pasori_block_frame_size(self->answer[STATUS_LEN + 10] >> 4) - 3;
    return pasori_script_host_frame(self, attrib, sizeof(attrib), 300);
}

/* Sends a block and grants every request for time; the block that came is in answer. */
static bool
trade(PasoriHost *self, const uint8_t *block, size_t len)
{
    bool heard = pasori_script_host_frame(self, block, len, LONGEST);

    while (heard && self->answer[STATUS_LEN] == 0xF2) {
        uint8_t grant[] = {0xF2, self->answer[STATUS_LEN + 1]};

        heard = pasori_script_host_frame(self, grant, sizeof(grant), LONGEST);
    }
    return heard;
}

static bool
say(PasoriHost *self, const uint8_t *command, size_t len)
{
    uint8_t block[PASORI_MAX_FRAME];
    size_t at = 0;

    for (;;) {
        size_t n = len - at < self->room ? len - at : self->room;
        bool chained = at + n < len;

        block[0] = (uint8_t)(0x02 | (chained ? 0x10 : 0) | self->number);
        memcpy(block + 1, command + at, n);
        if (!trade(self, block, n + 1)) {
            return false;
        }
        at += n;
        if (!chained) {
            return true;
        }
        if (self->answer[STATUS_LEN] != (0xA2 | self->number)) {
            return false;
        }
        self->number ^= 1;
    }
}

bool
pasori_script_host_exchange(PasoriHost *self,
                            const uint8_t *command,
                            size_t len,
                            uint8_t *ret_data,
                            size_t cap,
                            size_t *ret_len)
{
    size_t at = 0;

    if (!say(self, command, len)) {
        return false;
    }
    for (;;) {
        const uint8_t *block = self->answer + STATUS_LEN;
        size_t n = self->answer_len - STATUS_LEN - 1;
        uint8_t ack;

        if ((block[0] & 0xEF) != (0x02 | self->number) || n > cap - at) {
            return false;
        }
        memcpy(ret_data + at, block + 1, n);
        at += n;
        self->number ^= 1;
        if ((block[0] & 0x10) == 0) {
            *ret_len = at;
            return true;
        }
        ack = (uint8_t)(0xA2 | self->number);
        if (!trade(self, &ack, 1)) {
            return false;
        }
    }
}
