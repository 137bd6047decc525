/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/reader.h"

#include "tests/support/pasori/crc-b.h"

#include <string.h>

/* Items of InSetProtocol. */
enum {
    ITEM_GUARD = 0x00,
    ITEM_ADD_CRC = 0x01,
    ITEM_CHECK_CRC = 0x02,
    ITEM_ADD_PARITY = 0x04,
    ITEM_CHECK_PARITY = 0x05,
    ITEM_ADD_SOF = 0x09,
    ITEM_CHECK_SOF = 0x0A,
    ITEM_ADD_EOF = 0x0B,
    ITEM_CHECK_EOF = 0x0C,
};

#define STATUS_OK           0x00U
#define STATUS_PARAMETER    0x01U
#define STATUS_COMMAND_TYPE 0x07U

#define SEND_SET    0x03U /* of type B */
#define RECEIVE_SET 0x0FU
#define TYPE_106B   0x07U
#define TYPE_424B   0x09U

#define TIMEOUT_UNIT_US 100U
#define WAKE_US         5000U
#define FULL_BYTE       0x08U /* all bits of the last byte are valid */
#define MAX_RF_FRAME    290U

void
pasori_reader_init(PasoriReader *self, PasoriLedger *ledger, PasoriAir *air)
{
    memset(self, 0, sizeof(*self));
    self->ledger = ledger;
    self->air = air;
}

void
pasori_reader_reset(PasoriReader *self)
{
    PasoriAir *air = self->air;

    pasori_air_switch(air, false);
    pasori_reader_init(self, self->ledger, air);
}

static void
breach(PasoriReader *self, const char *what)
{
    pasori_ledger_breach(self->ledger, "Port-100", what);
}

static void
put(PasoriReaderAnswer *answer, const uint8_t *data, size_t len)
{
    if (len > 0) {
        memcpy(answer->data + answer->len, data, len);
    }
    answer->len += len;
}

static void
put_byte(PasoriReaderAnswer *answer, uint8_t byte)
{
    put(answer, &byte, 1);
}

/* ---- settings
 * --------------------------------------------------------------------------------------- */

static bool
is_type_b(uint8_t type)
{
    return type >= TYPE_106B && type <= TYPE_424B;
}

static unsigned
kbps_of(uint8_t type)
{
    return is_type_b(type) ? 106U << (type - TYPE_106B) : 0;
}

static uint8_t
set_rf(PasoriReader *self, const PasoriFrame *frame)
{
    if (frame->len != 4) {
        return STATUS_PARAMETER;
    }
    self->rf_set = true;
    self->send_type = frame->data[1];
    self->receive_type = frame->data[3];
    if (is_type_b(self->send_type) &&
        (frame->data[0] != SEND_SET || frame->data[2] != RECEIVE_SET)) {
        breach(self, "InSetRF: not the sets of type B");
    }
    return STATUS_OK;
}

static uint8_t
set_protocol(PasoriReader *self, const PasoriFrame *frame)
{
    if (frame->len == 0 || frame->len % 2 != 0) {
        return STATUS_PARAMETER;
    }
    for (size_t i = 0; i < frame->len; i += 2) {
        if (frame->data[i] >= PASORI_N_ITEMS) {
            return STATUS_PARAMETER;
        }
    }
    for (size_t i = 0; i < frame->len; i += 2) {
        self->items[frame->data[i]] = frame->data[i + 1];
    }
    self->protocol_set = true;
    return STATUS_OK;
}

static uint8_t
switch_rf(PasoriReader *self, const PasoriFrame *frame)
{
    if (frame->len != 1 || frame->data[0] > 1) {
        return STATUS_PARAMETER;
    }
    pasori_air_switch(self->air, frame->data[0] == 1);
    return STATUS_OK;
}

static uint8_t
set_command_type(PasoriReader *self, const PasoriFrame *frame)
{
    if (frame->len != 1 || frame->data[0] > 1) {
        return STATUS_PARAMETER;
    }
    self->type_set = frame->data[0] == 1;
    return STATUS_OK;
}

static uint8_t
reset_device(PasoriReader *self, const PasoriFrame *frame)
{
    if (frame->len != 2) {
        return STATUS_PARAMETER;
    }
    pasori_reader_reset(self);
    return STATUS_OK;
}

/* ---- the air
 * ---------------------------------------------------------------------------------------- */

static bool
is_framed_as_b(const PasoriReader *self)
{
    const uint8_t *items = self->items;

    return is_type_b(self->send_type) && is_type_b(self->receive_type) &&
           items[ITEM_ADD_SOF] == 1 && items[ITEM_CHECK_SOF] == 1 && items[ITEM_ADD_EOF] == 1 &&
           items[ITEM_CHECK_EOF] == 1 && items[ITEM_ADD_PARITY] == 0 &&
           items[ITEM_CHECK_PARITY] == 0;
}

static void
ensure_field(PasoriReader *self)
{
    uint64_t since_us;

    if (!self->air->field) {
        pasori_air_switch(self->air, true);
    }
    since_us = self->ledger->now_us - self->air->field_since_us;
    if (self->items[ITEM_GUARD] != 0 && since_us < WAKE_US) {
        pasori_ledger_air(self->ledger, WAKE_US - since_us);
    }
}

static void
put_status(PasoriReaderAnswer *answer, uint32_t status)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        put_byte(answer, (uint8_t)(status >> shift));
    }
}

static void
comm_rf(PasoriReader *self, const PasoriFrame *frame, PasoriReaderAnswer *answer)
{
    uint8_t bytes[MAX_RF_FRAME + PASORI_CRC_LEN];
    PasoriAirFrame out = {.data = bytes};
    PasoriAirAnswer in;

    if (!self->type_set || !self->rf_set || !self->protocol_set) {
        breach(self, "InCommRF before the settings");
    }
    if (frame->len < 3 || frame->len - 2 > MAX_RF_FRAME) {
        breach(self, "InCommRF with no frame, or one too long");
        answer->len = 0;
        return;
    }
    out.len = frame->len - 2;
    memcpy(bytes, frame->data + 2, out.len);
    if (self->items[ITEM_ADD_CRC] != 0) {
        pasori_crc_b_append(bytes, out.len);
        out.len += PASORI_CRC_LEN;
    }
    out.timeout_us =
        ((uint64_t)frame->data[0] | (uint64_t)frame->data[1] << 8) * TIMEOUT_UNIT_US;
    out.kbps_out = kbps_of(self->send_type);
    out.kbps_in = kbps_of(self->receive_type);
    out.type_b = is_framed_as_b(self);
    out.checks = self->items[ITEM_CHECK_CRC] != 0;
    ensure_field(self);
    pasori_air_exchange(self->air, &out, &in);
    answer->never = in.never;
    put_status(answer, in.status);
    if (in.status == 0) {
        put_byte(answer, FULL_BYTE);
        put(answer, in.data, in.len);
    }
}

/* ---- commands
 * --------------------------------------------------------------------------------------- */

static void
run_simple(PasoriReader *self, const PasoriFrame *frame, PasoriReaderAnswer *answer)
{
    uint8_t status = STATUS_OK;

    if (!self->type_set && frame->code != PASORI_SET_COMMAND_TYPE &&
        frame->code != PASORI_RESET_DEVICE) {
        breach(self, "a command before SetCommandType");
        put_byte(answer, STATUS_COMMAND_TYPE);
        return;
    }
    switch (frame->code) {
    case PASORI_IN_SET_RF:
        status = set_rf(self, frame);
        break;
    case PASORI_IN_SET_PROTOCOL:
        status = set_protocol(self, frame);
        break;
    case PASORI_SWITCH_RF:
        status = switch_rf(self, frame);
        break;
    case PASORI_SET_COMMAND_TYPE:
        status = set_command_type(self, frame);
        break;
    case PASORI_RESET_DEVICE:
    default:
        status = reset_device(self, frame);
        break;
    }
    if (status != STATUS_OK) {
        breach(self, "a parameter that the command does not know");
    }
    put_byte(answer, status);
}

void
pasori_reader_run(PasoriReader *self, const PasoriFrame *frame, PasoriReaderAnswer *ret_answer)
{
    static const uint8_t firmware[] = {0x11, 0x01}; /* 1.11 */
    static const uint8_t pd_data[] = {0x00, 0x01};
    static const uint8_t types[] = {0, 0, 0, 0, 0, 0, 0, 0x03}; /* 0 and 1 */

    self->ledger->n_commands++;
    ret_answer->len = 0;
    ret_answer->never = false;
    put_byte(ret_answer, PASORI_TO_HOST);
    put_byte(ret_answer, (uint8_t)(frame->code + 1));
    switch (frame->code) {
    case PASORI_IN_COMM_RF:
        comm_rf(self, frame, ret_answer);
        break;
    case PASORI_GET_FIRMWARE_VERSION:
        put(ret_answer, firmware, sizeof(firmware));
        break;
    case PASORI_GET_PD_DATA_VERSION:
        put(ret_answer, pd_data, sizeof(pd_data));
        break;
    case PASORI_GET_COMMAND_TYPE:
        put(ret_answer, types, sizeof(types));
        break;
    case PASORI_IN_SET_RF:
    case PASORI_IN_SET_PROTOCOL:
    case PASORI_SWITCH_RF:
    case PASORI_RESET_DEVICE:
    case PASORI_SET_COMMAND_TYPE:
        run_simple(self, frame, ret_answer);
        break;
    default:
        breach(self, "a command that is not known");
        ret_answer->len = 0;
        break;
    }
}
