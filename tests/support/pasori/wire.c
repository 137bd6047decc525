/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/wire.h"

#include <string.h>

#define TRANSFER_US 1000U /* one frame of a full speed bus */

void
pasori_wire_init(PasoriWire *self, PasoriReader *reader, const PasoriScript *script)
{
    memset(self, 0, sizeof(*self));
    self->reader = reader;
    self->air = reader->air;
    self->ledger = reader->ledger;
    self->script = script;
    self->plugged = true;
}

static void
forget(PasoriWire *self)
{
    self->hung = false;
    self->deaf = false;
    self->stalled = false;
    self->out_len = 0;
    self->n_queued = 0;
    self->before_len = 0;
    pasori_reader_reset(self->reader);
}

void
pasori_wire_plug(PasoriWire *self, bool in)
{
    forget(self);
    self->dead = false;
    self->plugged = in;
}

PasoriWireStatus
pasori_wire_reset(PasoriWire *self)
{
    if (!self->plugged) {
        return PASORI_WIRE_GONE;
    }
    if (!self->dead) {
        forget(self);
    }
    return PASORI_WIRE_OK;
}

void
pasori_wire_clear_halt(PasoriWire *self)
{
    self->stalled = false;
}

/* ---- towards the host
 * ------------------------------------------------------------------------------- */

/* Room for one more frame; the last one's again when there is none. */
static PasoriWireItem *
push(PasoriWire *self, const uint8_t *bytes, size_t len)
{
    PasoriWireItem *item;

    if (self->n_queued < PASORI_WIRE_QUEUE) {
        self->n_queued++;
    }
    item = &self->queue[self->n_queued - 1];
    memset(item, 0, sizeof(*item));
    memcpy(item->bytes, bytes, len);
    item->len = len;
    return item;
}

static void
push_ack(PasoriWire *self)
{
    uint8_t ack[PASORI_ACK_LEN];

    pasori_frame_ack(ack);
    (void)push(self, ack, sizeof(ack));
}

static void
push_error(PasoriWire *self)
{
    static const uint8_t error[] = {0x00, 0x00, 0xFF, 0xFF, 0xFF};

    (void)push(self, error, sizeof(error));
}

static void
push_before(PasoriWire *self)
{
    uint8_t other[] = {PASORI_TO_HOST, PASORI_SET_COMMAND_TYPE + 1, 0};
    uint8_t bytes[PASORI_MAX_USB];

    if (self->before_len > 0) {
        (void)push(self, self->before, self->before_len);
    } else {
        (void)push(self, bytes, pasori_frame_wrap(other, sizeof(other), bytes));
    }
}

static bool
strikes(PasoriWire *self, PasoriFaultKind kind, uint32_t *ret_value)
{
    if (!pasori_script_strikes(self->script, kind, self->ledger->n_blocks, ret_value)) {
        return false;
    }
    self->ledger->n_faults++;
    pasori_watch_doubt(&self->air->watch);
    return true;
}

/* Only such an answer is followed by an empty packet, which can be missing. */
static bool
ends_in_full_packet(const PasoriReaderAnswer *answer)
{
    return (answer->len + PASORI_FRAME_OVERHEAD) % PASORI_PACKET == 0;
}

/* The frame that the answer becomes, and what a fault makes of it. */
static void
push_answer(PasoriWire *self, PasoriReaderAnswer *answer, bool is_block)
{
    uint8_t bytes[PASORI_MAX_USB];
    uint32_t value = 0;
    bool open =
        is_block && ends_in_full_packet(answer) && strikes(self, PASORI_FAULT_USB_OPEN, &value);
    size_t len;

    if (is_block && strikes(self, PASORI_FAULT_USB_OTHER, &value)) {
        answer->data[1] ^= 0x20;
    }
    len = pasori_frame_wrap(answer->data, answer->len, bytes);
    memcpy(self->before, bytes, len);
    self->before_len = len;
    if (is_block && strikes(self, PASORI_FAULT_USB_GARBLED, &value)) {
        bytes[len - 2] ^= 0x55;
    }
    if (is_block && strikes(self, PASORI_FAULT_USB_LENGTH, &value)) {
        bytes[7] ^= 0x55;
    }
    if (is_block && strikes(self, PASORI_FAULT_USB_SHORT, &value)) {
        len -= value < len ? value : len;
    }
    push(self, bytes, len)->open = open;
}

static void
push_all(PasoriWire *self, PasoriReaderAnswer *answer, bool is_block)
{
    uint32_t value = 0;

    if (is_block && strikes(self, PASORI_FAULT_USB_STALE, &value)) {
        push_before(self);
    }
    if (!is_block || !strikes(self, PASORI_FAULT_USB_NO_ACK, &value)) {
        push_ack(self);
    }
    if (is_block && strikes(self, PASORI_FAULT_USB_UNPLUG_ACK, &value)) {
        self->queue[self->n_queued - 1].last = true;
        return;
    }
    if (is_block && strikes(self, PASORI_FAULT_USB_STALE_AFTER, &value)) {
        push_before(self);
    }
    if (answer->never) {
        self->hung = true;
    } else if (answer->len == 0 ||
               (is_block && strikes(self, PASORI_FAULT_USB_ERROR, &value))) {
        push_error(self);
    } else {
        push_answer(self, answer, is_block);
    }
}

/* ---- from the host
 * ---------------------------------------------------------------------------------- */

/* What makes the reader fail as a whole; true when the command gets no answer. */
static bool
fails(PasoriWire *self)
{
    uint32_t value = 0;

    self->stalled = self->stalled || strikes(self, PASORI_FAULT_USB_STALL, &value);
    if (strikes(self, PASORI_FAULT_USB_UNPLUG, &value)) {
        pasori_wire_plug(self, false);
        return true;
    }
    self->hung = strikes(self, PASORI_FAULT_USB_HANG, &value);
    self->dead = strikes(self, PASORI_FAULT_USB_DEAD, &value);
    self->deaf = self->dead || strikes(self, PASORI_FAULT_USB_DEAF, &value);
    return self->hung || self->deaf;
}

static void
run_command(PasoriWire *self, const PasoriFrame *frame)
{
    uint32_t n_blocks = self->ledger->n_blocks;
    PasoriReaderAnswer answer;
    bool is_block;

    if (self->n_queued > 0) {
        pasori_ledger_breach(self->ledger, "Port-100",
                             "a command before the answer to the last one was taken");
    }
    pasori_reader_run(self->reader, frame, &answer);
    is_block = self->ledger->n_blocks != n_blocks;
    if (!is_block || !fails(self)) {
        push_all(self, &answer, is_block);
    }
}

static void
take_frame(PasoriWire *self, const uint8_t *bytes, size_t len)
{
    PasoriFrame frame = pasori_frame_parse(bytes, len);

    switch (frame.kind) {
    case PASORI_FRAME_ACK:
        self->ledger->n_aborts++;
        pasori_watch_doubt(&self->air->watch);
        self->hung = false;
        self->n_queued = 0;
        break;
    case PASORI_FRAME_COMMAND:
        if (!self->hung) {
            run_command(self, &frame);
        }
        break;
    case PASORI_FRAME_BAD:
    default:
        pasori_ledger_breach(self->ledger, "Port-100", frame.why);
        if (!self->hung) {
            push_error(self);
        }
        break;
    }
}

PasoriWireStatus
pasori_wire_out(PasoriWire *self, const uint8_t *data, size_t len)
{
    if (!self->plugged) {
        return PASORI_WIRE_GONE;
    }
    if (self->deaf || self->dead) {
        return PASORI_WIRE_WAIT;
    }
    self->ledger->n_transfers_out++;
    self->ledger->n_empty_out += len == 0 ? 1 : 0;
    pasori_ledger_usb(self->ledger, TRANSFER_US);
    if (len > sizeof(self->out) - self->out_len) {
        pasori_ledger_breach(self->ledger, "Port-100", "more bytes than any frame has");
        self->out_len = 0;
        return PASORI_WIRE_OK;
    }
    if (len > 0) {
        memcpy(self->out + self->out_len, data, len);
    }
    self->out_len += len;
    self->reproved = false;
    if (len == 0 || len % PASORI_PACKET != 0) {
        size_t frame_len = self->out_len;

        self->out_len = 0;
        if (frame_len > 0) {
            take_frame(self, self->out, frame_len);
        }
    }
    return self->plugged ? PASORI_WIRE_OK : PASORI_WIRE_GONE;
}

/* ---- to the host
 * ------------------------------------------------------------------------------------ */

static void
pop(PasoriWire *self)
{
    bool leaves = self->queue[0].last;

    self->n_queued--;
    memmove(&self->queue[0], &self->queue[1], self->n_queued * sizeof(self->queue[0]));
    if (leaves) {
        pasori_wire_plug(self, false);
    }
}

/* One packet; true when it ends a transfer. */
static bool
give_packet(PasoriWire *self, uint8_t *ret_data, size_t *ret_n)
{
    PasoriWireItem *item = &self->queue[0];
    size_t left = item->len - item->at;
    size_t n = left < PASORI_PACKET ? left : PASORI_PACKET;

    memcpy(ret_data, item->bytes + item->at, n);
    item->at += n;
    *ret_n = n;
    if (n < PASORI_PACKET || (item->at == item->len && item->open)) {
        pop(self);
    }
    return n < PASORI_PACKET;
}

static void
reprove(PasoriWire *self)
{
    if (self->out_len > 0 && !self->reproved) {
        pasori_ledger_breach(self->ledger, "USB 2.0 5.8.3",
                             "waits for an answer while its own transfer is open");
        self->reproved = true;
    }
}

PasoriWireStatus
pasori_wire_in(PasoriWire *self, uint8_t *ret_data, size_t cap, size_t *ret_len)
{
    uint8_t packet[PASORI_PACKET];
    bool ended = false;
    size_t n;

    *ret_len = 0;
    if (!self->plugged) {
        return PASORI_WIRE_GONE;
    }
    if (self->stalled) {
        self->stalled = false; /* the host clears the halt when it is told */
        self->n_queued = 0;
        return PASORI_WIRE_STALL;
    }
    while (!ended && *ret_len < cap) {
        if (self->n_queued == 0 || self->dead) {
            reprove(self);
            return PASORI_WIRE_WAIT;
        }
        ended = give_packet(self, packet, &n);
        if (n > cap - *ret_len) {
            return PASORI_WIRE_STALL;
        }
        memcpy(ret_data + *ret_len, packet, n);
        *ret_len += n;
    }
    self->ledger->n_transfers_in++;
    pasori_ledger_usb(self->ledger, TRANSFER_US);
    return PASORI_WIRE_OK;
}
