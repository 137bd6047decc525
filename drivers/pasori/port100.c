/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/pasori/port100.h"

#include <string.h>

#define HOST_TO_READER 0xD6
#define READER_TO_HOST 0xD7

#define COMMAND_IN_SET_RF        0x00
#define COMMAND_IN_SET_PROTOCOL  0x02
#define COMMAND_IN_COMM_RF       0x04
#define COMMAND_SWITCH_RF        0x06
#define COMMAND_GET_FIRMWARE     0x20
#define COMMAND_GET_PD_DATA      0x22
#define COMMAND_SET_COMMAND_TYPE 0x2A

#define COMMAND_TYPE 1 /* the only one any source uses */

/* Status of InCommRF, 32 bits, least significant byte first. */
#define AIR_COLLISION       0x00000008U
#define AIR_RECEIVE_TIMEOUT 0x00000080U

#define WRITE_MS       500
#define ACK_MS         500
#define ANSWER_MS      500 /* beyond what the command itself takes */
#define DRAIN_MS       10
#define MAX_DRAIN      16  /* transfers, when a reader does not stop talking */
#define MAX_STALE      16  /* frames, while one answer is awaited */
#define AIR_UNIT_US    100 /* of InCommRF's time-out */
#define AIR_UNITS_MAX  65000U
#define AIR_FRAME_US   25000 /* a frame of 256 bytes at 106 kbit/s */
#define MAX_NO_ANSWER  2     /* in a row, before the port is reset */
#define MAX_PARAMETERS (MADO_PORT100_MAX_AIR + 2)

static const uint8_t field_off = 0;

typedef struct {
    uint8_t code;
    const uint8_t *parameters;
    size_t len;
    uint32_t wait_ms;
} Command;

/* ---- bytes
 * --------------------------------------------------------------------------------------------
 */

static MadoPort100Status
status_of(MadoPort100 *self, MadoUsbStatus status)
{
    switch (status) {
    case MADO_USB_OK:
        return MADO_PORT100_OK;
    case MADO_USB_GONE:
        return MADO_PORT100_GONE;
    case MADO_USB_CANCELLED:
        return MADO_PORT100_CANCELLED;
    case MADO_USB_TIMEOUT:
        return MADO_PORT100_HUNG;
    case MADO_USB_FAILED:
    default:
        self->counts.usb_errors++;
        return MADO_PORT100_GARBLED;
    }
}

static MadoPort100Status
write_frame(MadoPort100 *self, const uint8_t *frame, size_t len)
{
    MadoUsb *usb = self->usb;
    MadoUsbStatus status = usb->ops->write(usb, frame, len, WRITE_MS);

    self->counts.transfers++;
    if (status == MADO_USB_OK && len % usb->out_packet_len == 0) {
        status = usb->ops->write(usb, NULL, 0, WRITE_MS);
        self->counts.transfers++;
    }
    return status_of(self, status);
}

/* One transfer in, behind what the inbox holds. HUNG: nothing came. */
static MadoPort100Status
fill_inbox(MadoPort100 *self, uint32_t timeout_ms)
{
    MadoUsb *usb = self->usb;
    size_t cap = sizeof(self->inbox) - self->inbox_len;
    size_t n_read = 0;
    MadoUsbStatus status;

    cap -= cap % usb->in_packet_len;
    if (cap == 0) { /* more than any frame, and still none */
        self->inbox_len = 0;
        self->counts.usb_errors++;
        return MADO_PORT100_GARBLED;
    }
    status = usb->ops->read(usb, self->inbox + self->inbox_len, cap, timeout_ms, &n_read);
    self->counts.transfers++;
    if (status == MADO_USB_TIMEOUT && n_read > 0) {
        self->counts.unended++;
        status = MADO_USB_OK;
    }
    if (status == MADO_USB_OK) {
        self->inbox_len += n_read;
    }
    return status_of(self, status);
}

static void
drop_from_inbox(MadoPort100 *self, size_t len)
{
    self->inbox_len -= len;
    memmove(self->inbox, self->inbox + len, self->inbox_len);
}

/* The next frame, for the caller to drop from the inbox: *ret_used bytes. */
static MadoPort100Status
next_frame(MadoPort100 *self, uint64_t deadline_ms, MadoFrame *ret_frame, size_t *ret_used)
{
    MadoPort100Status status;
    MadoBytesStatus parsed;
    MadoCursor cursor;
    uint64_t now_ms;

    for (;;) {
        mado_cursor_init(&cursor, self->inbox, self->inbox_len);
        parsed = mado_frame_take(&cursor, ret_frame);
        if (parsed == MADO_BYTES_OK) {
            *ret_used = cursor.at;
            return MADO_PORT100_OK;
        }
        if (parsed != MADO_BYTES_SHORT) {
            self->inbox_len = 0;
            self->counts.usb_errors++;
            return MADO_PORT100_GARBLED;
        }
        now_ms = self->usb->ops->now_ms(self->usb);
        if (now_ms >= deadline_ms) {
            return self->inbox_len > 0 ? MADO_PORT100_GARBLED : MADO_PORT100_HUNG;
        }
        status = fill_inbox(self, (uint32_t)(deadline_ms - now_ms));
        if (status != MADO_PORT100_OK) {
            return status;
        }
    }
}

/* ---- one command
 * -------------------------------------------------------------------------------------- */

static bool
is_over(MadoPort100Status status)
{
    return status == MADO_PORT100_GONE || status == MADO_PORT100_CANCELLED;
}

/* Aborts what the reader is doing and throws away what it still had to say. */
static MadoPort100Status
abort_command(MadoPort100 *self)
{
    MadoPort100Status status;

    self->counts.aborts++;
    status = write_frame(self, mado_frame_ack, sizeof(mado_frame_ack));
    for (int i = 0; i < MAX_DRAIN && !is_over(status); i++) {
        self->inbox_len = 0;
        status = fill_inbox(self, DRAIN_MS);
        if (status == MADO_PORT100_HUNG) { /* silent, as it should be */
            status = MADO_PORT100_OK;
            break;
        }
    }
    self->inbox_len = 0;
    return is_over(status) ? status : MADO_PORT100_OK;
}

static MadoPort100Status
await_ack(MadoPort100 *self)
{
    const uint64_t deadline_ms = self->usb->ops->now_ms(self->usb) + ACK_MS;
    MadoPort100Status status;
    MadoFrame frame;
    size_t used = 0;

    for (int i = 0; i < MAX_STALE; i++) {
        status = next_frame(self, deadline_ms, &frame, &used);
        if (status != MADO_PORT100_OK) {
            return status;
        }
        drop_from_inbox(self, used);
        if (frame.kind == MADO_FRAME_ACK) {
            return MADO_PORT100_OK;
        }
        if (frame.kind == MADO_FRAME_ERROR) {
            return MADO_PORT100_GARBLED; /* our frame did not arrive whole */
        }
        self->counts.stale++;
    }
    return MADO_PORT100_GARBLED;
}

static bool
is_answer_to(const MadoFrame *frame, uint8_t code)
{
    return frame->kind == MADO_FRAME_DATA && frame->payload_len >= 2 &&
           frame->payload[0] == READER_TO_HOST && frame->payload[1] == (uint8_t)(code + 1);
}

/* The answer behind its two bytes of code stays in the inbox until the next command. */
static MadoPort100Status
await_answer(MadoPort100 *self, const Command *command, MadoCursor *ret_answer)
{
    const uint64_t deadline_ms =
        self->usb->ops->now_ms(self->usb) + ANSWER_MS + command->wait_ms;
    MadoPort100Status status;
    MadoFrame frame;
    size_t used = 0;

    for (int i = 0; i < MAX_STALE; i++) {
        status = next_frame(self, deadline_ms, &frame, &used);
        if (status != MADO_PORT100_OK) {
            return status;
        }
        if (is_answer_to(&frame, command->code)) {
            mado_cursor_init(ret_answer, frame.payload + 2, frame.payload_len - 2);
            return MADO_PORT100_OK;
        }
        drop_from_inbox(self, used);
        if (frame.kind == MADO_FRAME_ERROR) {
            return MADO_PORT100_GARBLED;
        }
        self->counts.stale++;
    }
    return MADO_PORT100_GARBLED;
}

static MadoPort100Status
send_command(MadoPort100 *self, const Command *command)
{
    uint8_t payload[2 + MAX_PARAMETERS];
    MadoWriter writer;
    size_t len;

    mado_writer_init(&writer, payload, sizeof(payload));
    mado_writer_u8(&writer, HOST_TO_READER);
    mado_writer_u8(&writer, command->code);
    mado_writer_bytes(&writer, command->parameters, command->len);
    len =
        mado_frame_build(payload, mado_writer_len(&writer), self->outbox, sizeof(self->outbox));
    if (!mado_writer_ok(&writer) || len == 0) {
        return MADO_PORT100_REFUSED;
    }
    self->inbox_len = 0;
    self->counts.commands++;
    return write_frame(self, self->outbox, len);
}

/* One attempt. Anything but an answer leaves the reader aborted and silent. */
static MadoPort100Status
try_command(MadoPort100 *self, const Command *command, MadoCursor *ret_answer)
{
    MadoPort100Status status = send_command(self, command);

    if (status == MADO_PORT100_OK) {
        status = await_ack(self);
    }
    if (status == MADO_PORT100_OK) {
        status = await_answer(self, command, ret_answer);
    }
    if (status == MADO_PORT100_OK) {
        self->n_no_answer = 0;
    } else if (!is_over(status)) {
        MadoPort100Status aborted = abort_command(self);

        if (status == MADO_PORT100_HUNG) {
            self->counts.no_answers++;
            self->n_no_answer++;
        }
        status = is_over(aborted) ? aborted : status;
    }
    return status;
}

static MadoPort100Status
check_status(MadoCursor *answer)
{
    uint8_t status;

    if (!mado_cursor_u8(answer, &status)) {
        return MADO_PORT100_GARBLED;
    }
    return status == 0 ? MADO_PORT100_OK : MADO_PORT100_REFUSED;
}

/* A command that may be sent twice. */
static MadoPort100Status
run(MadoPort100 *self,
    uint8_t code,
    const uint8_t *parameters,
    size_t len,
    MadoCursor *ret_answer)
{
    const Command command = {code, parameters, len, 0};
    MadoPort100Status status = try_command(self, &command, ret_answer);

    if (status == MADO_PORT100_GARBLED || status == MADO_PORT100_HUNG) {
        status = try_command(self, &command, ret_answer);
    }
    return status;
}

static MadoPort100Status
run_checked(MadoPort100 *self, uint8_t code, const uint8_t *parameters, size_t len)
{
    MadoCursor answer;
    MadoPort100Status status = run(self, code, parameters, len, &answer);

    return status == MADO_PORT100_OK ? check_status(&answer) : status;
}

/* ---- the reader
 * ----------------------------------------------------------------------------------------
 */

static MadoPort100Status
read_version(MadoPort100 *self, uint8_t code, uint16_t *ret_version)
{
    MadoCursor answer;
    MadoPort100Status status = run(self, code, NULL, 0, &answer);
    uint8_t minor, major;

    if (status != MADO_PORT100_OK) {
        return status;
    }
    if (!mado_cursor_u8(&answer, &minor) || !mado_cursor_u8(&answer, &major)) {
        return MADO_PORT100_GARBLED;
    }
    *ret_version = (uint16_t)(major << 8 | minor);
    return MADO_PORT100_OK;
}

static MadoPort100Status
start(MadoPort100 *self)
{
    const uint8_t type[] = {COMMAND_TYPE};
    MadoPort100Status status = abort_command(self);

    if (status == MADO_PORT100_OK) {
        status = run_checked(self, COMMAND_SET_COMMAND_TYPE, type, sizeof(type));
    }
    if (status == MADO_PORT100_OK) {
        status = read_version(self, COMMAND_GET_FIRMWARE, &self->firmware);
    }
    if (status == MADO_PORT100_OK) {
        /* For the record only. */
        status = read_version(self, COMMAND_GET_PD_DATA, &self->pd_data);
        status = is_over(status) ? status : MADO_PORT100_OK;
    }
    return status == MADO_PORT100_OK
               ? run_checked(self, COMMAND_SWITCH_RF, &field_off, sizeof(field_off))
               : status;
}

static MadoPort100Status
reset_port(MadoPort100 *self)
{
    self->counts.resets++;
    self->n_no_answer = 0;
    self->inbox_len = 0;
    switch (self->usb->ops->reset(self->usb)) {
    case MADO_USB_OK:
        return start(self);
    case MADO_USB_GONE:
        return MADO_PORT100_GONE;
    case MADO_USB_CANCELLED:
        return MADO_PORT100_CANCELLED;
    case MADO_USB_TIMEOUT:
    case MADO_USB_FAILED:
    default:
        return MADO_PORT100_HUNG;
    }
}

MadoPort100Status
mado_port100_start(MadoPort100 *self, MadoUsb *usb)
{
    MadoPort100Status status;

    self->usb = usb;
    self->inbox_len = 0;
    self->n_no_answer = 0;
    status = start(self);
    if (status != MADO_PORT100_OK && status != MADO_PORT100_CANCELLED) {
        status = reset_port(self);
    }
    return status;
}

/* What a command ended with, after the last remedy. A reader that came back has lost its field,
 * and a handle that died may live again; one that missed a single command is not yet stuck. */
static MadoPort100Status
settle(MadoPort100 *self, MadoPort100Status status)
{
    const bool is_stuck = status == MADO_PORT100_HUNG && self->n_no_answer >= MAX_NO_ANSWER;
    MadoPort100Status after;

    if (!is_stuck && status != MADO_PORT100_GONE) {
        return status == MADO_PORT100_HUNG ? MADO_PORT100_GARBLED : status;
    }
    after = reset_port(self);
    return is_over(after) ? after : MADO_PORT100_HUNG;
}

MadoPort100Status
mado_port100_field_off(MadoPort100 *self)
{
    return settle(self, run_checked(self, COMMAND_SWITCH_RF, &field_off, sizeof(field_off)));
}

MadoPort100Status
mado_port100_flush(MadoPort100 *self)
{
    return abort_command(self);
}

MadoPort100Status
mado_port100_set_rate(MadoPort100 *self, MadoRate rate)
{
    /* Set and type, to the card and from it; 07, 08, 09 are 106B, 212B, 424B. */
    const uint8_t type = (uint8_t)(0x07 + (unsigned)rate);
    const uint8_t rf[] = {0x03, type, 0x0F, type};
    /* Items and values: guard time 20, CRC added and checked, no parity, SOF and EOF added and
     * checked; the rest as the reader's own default. */
    static const uint8_t protocol[] = {
        0x00, 0x14, 0x01, 0x01, 0x02, 0x01, 0x03, 0x00, 0x04, 0x00, 0x05, 0x00, 0x06,
        0x00, 0x07, 0x08, 0x08, 0x00, 0x09, 0x01, 0x0A, 0x01, 0x0B, 0x01, 0x0C, 0x01,
        0x0E, 0x04, 0x0F, 0x00, 0x10, 0x00, 0x11, 0x00, 0x12, 0x00, 0x13, 0x06};
    MadoPort100Status status = run_checked(self, COMMAND_IN_SET_RF, rf, sizeof(rf));

    if (status == MADO_PORT100_OK) {
        status = run_checked(self, COMMAND_IN_SET_PROTOCOL, protocol, sizeof(protocol));
    }
    return settle(self, status);
}

/* status (4, least significant first), valid bits of the last byte (1), data */
static MadoPort100Status
take_air_answer(MadoPort100 *self, MadoCursor *answer, MadoWriter *ret_answer)
{
    const uint8_t *data;
    uint8_t bytes[4], bits;
    uint32_t status = 0;
    size_t len;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (!mado_cursor_u8(answer, &bytes[i])) {
            return MADO_PORT100_GARBLED;
        }
        status |= (uint32_t)bytes[i] << (8 * i);
    }
    if (status == AIR_RECEIVE_TIMEOUT) {
        self->counts.air_timeout++;
        return MADO_PORT100_SILENCE;
    }
    if (status != 0) {
        self->counts.air_errors++;
        self->counts.collisions += (status & AIR_COLLISION) != 0;
        return MADO_PORT100_GARBLED;
    }
    if (!mado_cursor_u8(answer, &bits)) {
        return MADO_PORT100_GARBLED;
    }
    len = mado_cursor_left(answer);
    if (!mado_cursor_take(answer, len, &data)) {
        return MADO_PORT100_GARBLED;
    }
    mado_writer_bytes(ret_answer, data, len);
    return mado_writer_ok(ret_answer) ? MADO_PORT100_OK : MADO_PORT100_GARBLED;
}

MadoPort100Status
mado_port100_exchange(
    MadoPort100 *self, const uint8_t *data, size_t len, uint32_t wait_us, MadoWriter *answer)
{
    const uint32_t rounded = wait_us / AIR_UNIT_US + 1;
    const uint32_t units = rounded < AIR_UNITS_MAX ? rounded : AIR_UNITS_MAX;
    uint8_t parameters[MAX_PARAMETERS];
    Command command = {COMMAND_IN_COMM_RF, parameters, 0, 0};
    MadoPort100Status status;
    MadoWriter writer;
    MadoCursor cursor;

    mado_writer_init(&writer, parameters, sizeof(parameters));
    mado_writer_u8(&writer, (uint8_t)(units & 0xFF));
    mado_writer_u8(&writer, (uint8_t)(units >> 8));
    mado_writer_bytes(&writer, data, len);
    if (!mado_writer_ok(&writer)) {
        return MADO_PORT100_REFUSED;
    }
    command.len = mado_writer_len(&writer);
    command.wait_ms = (units * AIR_UNIT_US + 2 * AIR_FRAME_US) / 1000;
    /* Never sent twice: the block may have gone out, and what to do then is known above. */
    status = try_command(self, &command, &cursor);
    return status == MADO_PORT100_OK ? take_air_answer(self, &cursor, answer)
                                     : settle(self, status);
}
