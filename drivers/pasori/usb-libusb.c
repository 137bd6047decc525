/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usb.h over libusb. Each device has a context of its own, so that several readers never wait
 * for one another's events. Transfers are asynchronous underneath, because only such a one can
 * be cancelled from another thread.
 */
#include "config.h"

#include "drivers/pasori/usb.h"

#include "drivers/pasori/devices.h"

#include <libusb.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define MAX_ENDPOINTS 30
#define MAX_TRANSFER  65536

typedef struct {
    MadoUsb parent;

    /* always */
    MadoDevicesName name;
    libusb_context *context;
    uint8_t endpoint_out;
    uint8_t endpoint_in;

    /* the one caller's; NULL after a reset that did not find the device again */
    libusb_device_handle *handle;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool is_cancelled;
    struct libusb_transfer *in_flight; /* (borrowed) NULL when none is */
} Device;

/* ---- finding and opening
 * ------------------------------------------------------------------------------ */

static bool
is_named(libusb_device *device, const MadoDevicesName *name)
{
    struct libusb_device_descriptor descriptor;

    return libusb_get_bus_number(device) == name->bus &&
           libusb_get_device_address(device) == name->address &&
           libusb_get_device_descriptor(device, &descriptor) == 0 &&
           descriptor.idVendor == name->vendor && descriptor.idProduct == name->product;
}

static size_t
copy_endpoints(const struct libusb_interface_descriptor *interface,
               MadoDevicesEndpoint rows[MAX_ENDPOINTS])
{
    size_t n = 0;

    while (n < interface->bNumEndpoints && n < MAX_ENDPOINTS) {
        const struct libusb_endpoint_descriptor *from = &interface->endpoint[n];

        rows[n++] = (MadoDevicesEndpoint){from->bEndpointAddress, from->bmAttributes,
                                          from->wMaxPacketSize};
    }
    return n;
}

static bool
choose_endpoints(Device *self, const struct libusb_interface_descriptor *interface)
{
    MadoDevicesEndpoint rows[MAX_ENDPOINTS];
    const size_t n_rows = copy_endpoints(interface, rows);
    size_t out = 0, in = 0;

    if (!mado_devices_choose_endpoints(rows, n_rows, &out, &in)) {
        return false;
    }
    self->endpoint_out = rows[out].address;
    self->endpoint_in = rows[in].address;
    self->parent.out_packet_len = rows[out].max_packet;
    self->parent.in_packet_len = rows[in].max_packet;
    return true;
}

/* The interface must be the one that is named, of the vendor's own class, with both endpoints.
 */
static bool
read_interface(Device *self, libusb_device *device)
{
    struct libusb_config_descriptor *config = NULL;
    bool is_found = false;

    if (libusb_get_active_config_descriptor(device, &config) != 0) {
        return false;
    }
    for (int i = 0; i < config->bNumInterfaces && !is_found; i++) {
        const struct libusb_interface *interface = &config->interface[i];

        if (interface->num_altsetting > 0 &&
            interface->altsetting[0].bInterfaceNumber == self->name.interface &&
            interface->altsetting[0].bInterfaceClass == LIBUSB_CLASS_VENDOR_SPEC) {
            is_found = choose_endpoints(self, &interface->altsetting[0]);
        }
    }
    libusb_free_config_descriptor(config);
    return is_found;
}

/* Takes it from the kernel's port100, which gets it back when it is closed. */
static MadoUsbStatus
take_device(Device *self, libusb_device *device)
{
    libusb_device_handle *handle = NULL;
    int result;

    if (!read_interface(self, device)) {
        return MADO_USB_GONE;
    }
    result = libusb_open(device, &handle);
    if (result != 0) {
        return result == LIBUSB_ERROR_NO_DEVICE ? MADO_USB_GONE : MADO_USB_FAILED;
    }
    (void)libusb_set_auto_detach_kernel_driver(handle, 1);
    if (libusb_claim_interface(handle, self->name.interface) != 0) {
        libusb_close(handle);
        return MADO_USB_FAILED;
    }
    self->handle = handle;
    return MADO_USB_OK;
}

static MadoUsbStatus
open_handle(Device *self)
{
    MadoUsbStatus status = MADO_USB_GONE;
    libusb_device **list = NULL;
    ssize_t n_devices = libusb_get_device_list(self->context, &list);

    for (ssize_t i = 0; i < n_devices; i++) {
        if (is_named(list[i], &self->name)) {
            status = take_device(self, list[i]);
            break;
        }
    }
    if (n_devices >= 0) {
        libusb_free_device_list(list, 1);
    }
    return status;
}

static void
close_handle(Device *self)
{
    if (self->handle != NULL) {
        (void)libusb_release_interface(self->handle, self->name.interface);
        libusb_close(self->handle);
        self->handle = NULL;
    }
}

/* ---- transfers
 * ----------------------------------------------------------------------------------------
 */

static void LIBUSB_CALL
on_transfer_completed(struct libusb_transfer *transfer)
{
    *(int *)transfer->user_data = 1;
}

/* Makes it the one that cancel() ends, unless that was called before. */
static MadoUsbStatus
submit(Device *self, struct libusb_transfer *transfer)
{
    MadoUsbStatus status = MADO_USB_CANCELLED;
    int result;

    pthread_mutex_lock(&self->lock);
    if (!self->is_cancelled) {
        result = libusb_submit_transfer(transfer);
        status = result == 0                        ? MADO_USB_OK
                 : result == LIBUSB_ERROR_NO_DEVICE ? MADO_USB_GONE
                                                    : MADO_USB_FAILED;
        self->in_flight = result == 0 ? transfer : NULL;
    }
    pthread_mutex_unlock(&self->lock);
    return status;
}

static bool
withdraw(Device *self)
{
    bool is_cancelled;

    pthread_mutex_lock(&self->lock);
    self->in_flight = NULL;
    is_cancelled = self->is_cancelled;
    pthread_mutex_unlock(&self->lock);
    return is_cancelled;
}

/* libusb itself ends the transfer when its time is over, and the cancelled one. */
static void
wait_for(Device *self, struct libusb_transfer *transfer, int *completed)
{
    while (!*completed) {
        if (libusb_handle_events_completed(self->context, completed) < 0) {
            (void)libusb_cancel_transfer(transfer);
        }
    }
}

static MadoUsbStatus
status_of(const struct libusb_transfer *transfer, bool is_cancelled)
{
    switch (transfer->status) {
    case LIBUSB_TRANSFER_COMPLETED:
        return MADO_USB_OK;
    case LIBUSB_TRANSFER_TIMED_OUT:
        return MADO_USB_TIMEOUT;
    case LIBUSB_TRANSFER_NO_DEVICE:
        return MADO_USB_GONE;
    case LIBUSB_TRANSFER_CANCELLED:
        return is_cancelled ? MADO_USB_CANCELLED : MADO_USB_FAILED;
    case LIBUSB_TRANSFER_ERROR:
    case LIBUSB_TRANSFER_STALL:
    case LIBUSB_TRANSFER_OVERFLOW:
    default:
        return MADO_USB_FAILED;
    }
}

static MadoUsbStatus
run_transfer(Device *self, struct libusb_transfer *transfer, int *completed)
{
    MadoUsbStatus status = submit(self, transfer);
    bool is_cancelled;

    if (status != MADO_USB_OK) {
        return status;
    }
    wait_for(self, transfer, completed);
    is_cancelled = withdraw(self);
    if (transfer->status == LIBUSB_TRANSFER_STALL) {
        (void)libusb_clear_halt(self->handle, transfer->endpoint);
    }
    return status_of(transfer, is_cancelled);
}

static MadoUsbStatus
bulk(Device *self,
     uint8_t endpoint,
     uint8_t *data,
     size_t len,
     uint32_t timeout_ms,
     size_t *ret_len)
{
    struct libusb_transfer *transfer;
    MadoUsbStatus status;
    int completed = 0;

    if (self->handle == NULL) {
        return MADO_USB_GONE;
    }
    if (len > MAX_TRANSFER) {
        return MADO_USB_FAILED;
    }
    transfer = libusb_alloc_transfer(0);
    if (transfer == NULL) {
        return MADO_USB_FAILED;
    }
    /* To libusb a time-out of 0 is none. */
    libusb_fill_bulk_transfer(transfer, self->handle, endpoint, data, (int)len,
                              on_transfer_completed, &completed,
                              timeout_ms > 0 ? timeout_ms : 1);
    status = run_transfer(self, transfer, &completed);
    if (status == MADO_USB_OK || status == MADO_USB_TIMEOUT) {
        *ret_len = (size_t)transfer->actual_length;
    }
    libusb_free_transfer(transfer);
    return status;
}

static MadoUsbStatus
usb_write(MadoUsb *usb, const uint8_t *data, size_t len, uint32_t timeout_ms)
{
    Device *self = (Device *)usb;
    uint8_t *copy = NULL; /* libusb's type for both directions is not const */
    MadoUsbStatus status;
    size_t n_written = 0;

    if (len > 0) {
        copy = malloc(len);
        if (copy == NULL) {
            return MADO_USB_FAILED;
        }
        for (size_t i = 0; i < len; i++) {
            copy[i] = data[i];
        }
    }
    status = bulk(self, self->endpoint_out, copy, len, timeout_ms, &n_written);
    free(copy);
    return status == MADO_USB_OK && n_written != len ? MADO_USB_FAILED : status;
}

static MadoUsbStatus
usb_read(MadoUsb *usb, uint8_t *ret_data, size_t cap, uint32_t timeout_ms, size_t *ret_len)
{
    Device *self = (Device *)usb;

    return bulk(self, self->endpoint_in, ret_data, cap, timeout_ms, ret_len);
}

/* ---- the rest
 * ----------------------------------------------------------------------------------------- */

/* A reset that loses the device, and a handle that a suspend has killed, end in a new handle
 * for the same address. */
static MadoUsbStatus
usb_reset(MadoUsb *usb)
{
    Device *self = (Device *)usb;

    if (self->handle != NULL && libusb_reset_device(self->handle) == 0) {
        return MADO_USB_OK;
    }
    close_handle(self);
    return open_handle(self);
}

static struct timespec
moment_in(uint32_t ms)
{
    struct timespec moment;

    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += (time_t)(ms / 1000);
    moment.tv_nsec += (long)(ms % 1000) * 1000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000;
    }
    return moment;
}

static MadoUsbStatus
usb_wait(MadoUsb *usb, uint32_t ms)
{
    Device *self = (Device *)usb;
    const struct timespec end = moment_in(ms);
    MadoUsbStatus status;
    int late = 0;

    pthread_mutex_lock(&self->lock);
    while (!self->is_cancelled && late == 0) {
        late = pthread_cond_timedwait(&self->changed, &self->lock, &end);
    }
    status = self->is_cancelled ? MADO_USB_CANCELLED : MADO_USB_OK;
    pthread_mutex_unlock(&self->lock);
    return status;
}

static void
usb_cancel(MadoUsb *usb)
{
    Device *self = (Device *)usb;

    pthread_mutex_lock(&self->lock);
    self->is_cancelled = true;
    if (self->in_flight != NULL) {
        (void)libusb_cancel_transfer(self->in_flight);
    }
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static uint64_t
usb_now_ms(MadoUsb *usb)
{
    struct timespec now;

    (void)usb;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
usb_close(MadoUsb *usb)
{
    Device *self = (Device *)usb;

    close_handle(self);
    libusb_exit(self->context);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static const MadoUsbOps ops = {
    .write = usb_write,
    .read = usb_read,
    .reset = usb_reset,
    .wait = usb_wait,
    .cancel = usb_cancel,
    .now_ms = usb_now_ms,
    .close = usb_close,
};

static Device *
allocate(const MadoDevicesName *name)
{
    Device *self = calloc(1, sizeof(*self));
    pthread_condattr_t attributes;

    if (self == NULL) {
        return NULL;
    }
    if (libusb_init(&self->context) != 0) {
        free(self);
        return NULL;
    }
    self->parent.ops = &ops;
    self->name = *name;
    pthread_mutex_init(&self->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return self;
}

MadoUsbStatus
mado_usb_open(const char *device_name, MadoUsb **ret_usb)
{
    MadoDevicesName name;
    MadoUsbStatus status;
    Device *self;

    if (!mado_devices_parse_name(device_name, &name)) {
        return MADO_USB_GONE;
    }
    self = allocate(&name);
    if (self == NULL) {
        return MADO_USB_FAILED;
    }
    status = open_handle(self);
    if (status != MADO_USB_OK) {
        usb_close(&self->parent);
        return status;
    }
    *ret_usb = &self->parent;
    return MADO_USB_OK;
}
