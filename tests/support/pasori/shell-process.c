/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/shell-process.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct {
    MadoUsb usb; /* must be first */
    pthread_mutex_t lock;
    PasoriEmulator *emulator; /* borrowed; guarded by lock, as what follows */
    bool cancelled;
} Shell;

static Shell *
shell_of(MadoUsb *usb)
{
    return (Shell *)usb;
}

/* The host has waited in vain. */
static void
wait_out(Shell *self, uint32_t timeout_ms)
{
    self->emulator->ledger.now_us += (uint64_t)timeout_ms * 1000;
}

static MadoUsbStatus
status_of(Shell *self, PasoriWireStatus status, uint32_t timeout_ms)
{
    switch (status) {
    case PASORI_WIRE_OK:
        return MADO_USB_OK;
    case PASORI_WIRE_WAIT:
        wait_out(self, timeout_ms);
        return MADO_USB_TIMEOUT;
    case PASORI_WIRE_GONE:
        return MADO_USB_GONE;
    case PASORI_WIRE_STALL:
    default:
        return MADO_USB_FAILED;
    }
}

static MadoUsbStatus
write_bytes(MadoUsb *usb, const uint8_t *data, size_t len, uint32_t timeout_ms)
{
    Shell *self = shell_of(usb);
    MadoUsbStatus status = MADO_USB_CANCELLED;

    pthread_mutex_lock(&self->lock);
    if (!self->cancelled) {
        status = status_of(self, pasori_wire_out(&self->emulator->wire, data, len), timeout_ms);
    }
    pthread_mutex_unlock(&self->lock);
    return status;
}

static MadoUsbStatus
read_bytes(MadoUsb *usb, uint8_t *ret_data, size_t cap, uint32_t timeout_ms, size_t *ret_len)
{
    Shell *self = shell_of(usb);
    MadoUsbStatus status = MADO_USB_CANCELLED;
    size_t len = 0;

    pthread_mutex_lock(&self->lock);
    if (!self->cancelled) {
        status = status_of(self, pasori_wire_in(&self->emulator->wire, ret_data, cap, &len),
                           timeout_ms);
    }
    pthread_mutex_unlock(&self->lock);
    if (status == MADO_USB_OK || status == MADO_USB_TIMEOUT) {
        *ret_len = len;
    }
    return status;
}

static MadoUsbStatus
reset_port(MadoUsb *usb)
{
    Shell *self = shell_of(usb);
    MadoUsbStatus status;

    pthread_mutex_lock(&self->lock);
    status = status_of(self, pasori_wire_reset(&self->emulator->wire), 0);
    pthread_mutex_unlock(&self->lock);
    return status;
}

static MadoUsbStatus
wait_ms(MadoUsb *usb, uint32_t ms)
{
    Shell *self = shell_of(usb);
    MadoUsbStatus status = MADO_USB_CANCELLED;

    pthread_mutex_lock(&self->lock);
    if (!self->cancelled) {
        wait_out(self, ms);
        status = MADO_USB_OK;
    }
    pthread_mutex_unlock(&self->lock);
    return status;
}

static void
cancel(MadoUsb *usb)
{
    Shell *self = shell_of(usb);

    pthread_mutex_lock(&self->lock);
    self->cancelled = true;
    pthread_mutex_unlock(&self->lock);
}

static uint64_t
now_ms(MadoUsb *usb)
{
    Shell *self = shell_of(usb);
    uint64_t now;

    pthread_mutex_lock(&self->lock);
    now = self->emulator->ledger.now_us / 1000;
    pthread_mutex_unlock(&self->lock);
    return now;
}

static void
close_handle(MadoUsb *usb)
{
    Shell *self = shell_of(usb);

    pthread_mutex_destroy(&self->lock);
    free(self);
}

MadoUsb *
pasori_shell_process_open(PasoriEmulator *emulator)
{
    static const MadoUsbOps ops = {.write = write_bytes,
                                   .read = read_bytes,
                                   .reset = reset_port,
                                   .wait = wait_ms,
                                   .cancel = cancel,
                                   .now_ms = now_ms,
                                   .close = close_handle};
    Shell *self = calloc(1, sizeof(*self));

    if (self == NULL) {
        return NULL;
    }
    self->usb.ops = &ops;
    self->usb.out_packet_len = PASORI_PACKET;
    self->usb.in_packet_len = PASORI_PACKET;
    self->emulator = emulator;
    pthread_mutex_init(&self->lock, NULL);
    return &self->usb;
}
