/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/usbfs.h"

#include "tests/support/pasori/descriptor.h"

#include <glib-object.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAX_TRANSFERS 32U
#define SETUP_LEN     8U
#define KERNEL_DRIVER "port100"

/* One transfer that the client has submitted and not fetched. */
typedef struct {
    UMockdevIoctlData *urb;    /* owned; the client's struct usbdevfs_urb */
    UMockdevIoctlData *buffer; /* owned; NULL when it has no length */
    uint8_t *bytes;            /* owned; what is in the buffer */
    size_t len;                /* of the buffer */
    size_t done;               /* of it */
    unsigned char endpoint;
    unsigned char type;
    bool finished;
} Transfer;

struct PasoriUsbfs {
    GMutex lock; /* guards everything below */
    PasoriEmulator *emulator;
    bool attached;
    bool kernel_driver;
    bool claimed;
    int fifo;
    bool fifo_is_full;
    Transfer transfers[MAX_TRANSFERS];
    size_t n_transfers;
};

PasoriUsbfs *
pasori_usbfs_new(PasoriEmulator *emulator)
{
    PasoriUsbfs *self = g_new0(PasoriUsbfs, 1);

    g_mutex_init(&self->lock);
    self->emulator = emulator;
    self->fifo = -1;
    return self;
}

/* ---- what poll() says
 * ------------------------------------------------------------------------------- */

/* A pipe of one page with a byte in it is not writable: nothing to fetch. */
static void
tell_poll(PasoriUsbfs *self)
{
    bool ready = !self->attached;
    char byte = 0;

    for (size_t i = 0; i < self->n_transfers; i++) {
        ready = ready || self->transfers[i].finished;
    }
    if (self->fifo < 0 || ready != self->fifo_is_full) {
        return;
    }
    if (ready ? read(self->fifo, &byte, 1) == 1 : write(self->fifo, &byte, 1) == 1) {
        self->fifo_is_full = !ready;
    }
}

/* ---- transfers
 * ---------------------------------------------------------------------------------------- */

static void
forget_transfer(PasoriUsbfs *self, size_t at)
{
    Transfer *transfer = &self->transfers[at];

    g_clear_object(&transfer->urb);
    g_clear_object(&transfer->buffer);
    g_free(transfer->bytes);
    self->n_transfers--;
    memmove(transfer, transfer + 1, (self->n_transfers - at) * sizeof(*transfer));
}

/* Writes the outcome into the client's structures; it fetches them later. */
static void
finish(Transfer *transfer, int status)
{
    int actual = (int)transfer->done;
    size_t header = transfer->type == USBDEVFS_URB_TYPE_CONTROL ? SETUP_LEN : 0;

    if (transfer->buffer != NULL && (transfer->endpoint & 0x80) != 0 && transfer->done > 0) {
        umockdev_ioctl_data_update(transfer->buffer, header, transfer->bytes, actual);
    }
    umockdev_ioctl_data_update(transfer->urb, offsetof(struct usbdevfs_urb, status),
                               (guint8 *)&status, sizeof(status));
    umockdev_ioctl_data_update(transfer->urb, offsetof(struct usbdevfs_urb, actual_length),
                               (guint8 *)&actual, sizeof(actual));
    transfer->finished = true;
}

static int
errno_of(PasoriWireStatus status)
{
    switch (status) {
    case PASORI_WIRE_OK:
        return 0;
    case PASORI_WIRE_GONE:
        return -ESHUTDOWN;
    case PASORI_WIRE_STALL:
    case PASORI_WIRE_WAIT:
    default:
        return -EPIPE;
    }
}

static void
run_out(PasoriUsbfs *self, Transfer *transfer, bool empty_packet)
{
    PasoriWire *wire = &self->emulator->wire;
    PasoriWireStatus status = pasori_wire_out(wire, transfer->bytes, transfer->len);

    if (status == PASORI_WIRE_OK && empty_packet && transfer->len > 0 &&
        transfer->len % PASORI_PACKET == 0) {
        status = pasori_wire_out(wire, NULL, 0);
    }
    if (status != PASORI_WIRE_WAIT) {
        transfer->done = status == PASORI_WIRE_OK ? transfer->len : 0;
        finish(transfer, errno_of(status));
    }
}

static void
run_in(PasoriUsbfs *self, Transfer *transfer)
{
    size_t n = 0;
    PasoriWireStatus status =
        pasori_wire_in(&self->emulator->wire, transfer->bytes + transfer->done,
                       transfer->len - transfer->done, &n);

    transfer->done += n;
    if (status != PASORI_WIRE_WAIT) {
        finish(transfer, errno_of(status));
    }
}

static void
run_control(Transfer *transfer)
{
    uint8_t data[255];
    size_t len = 0;

    if (transfer->len < SETUP_LEN || !pasori_descriptor_control(transfer->bytes, data, &len)) {
        finish(transfer, -EPIPE);
        return;
    }
    transfer->endpoint = transfer->bytes[0] & 0x80;
    transfer->done = len < transfer->len - SETUP_LEN ? len : transfer->len - SETUP_LEN;
    memcpy(transfer->bytes, data, transfer->done);
    finish(transfer, 0);
}

/* Whatever can go on does: an answer may have come for a transfer that waits. */
static void
run_waiting(PasoriUsbfs *self)
{
    for (size_t i = 0; i < self->n_transfers; i++) {
        Transfer *transfer = &self->transfers[i];

        if (!transfer->finished && (transfer->endpoint & 0x80) != 0) {
            run_in(self, transfer);
        }
    }
}

static int
submit(PasoriUsbfs *self, UMockdevIoctlData *arg)
{
    g_autoptr(GError) error = NULL;
    Transfer transfer = {0};
    struct usbdevfs_urb urb;

    if (!self->emulator->wire.plugged) {
        return ENODEV;
    }
    if (self->n_transfers == MAX_TRANSFERS) {
        return ENOMEM;
    }
    transfer.urb = umockdev_ioctl_data_resolve(arg, 0, sizeof(urb), &error);
    if (transfer.urb == NULL) {
        return EFAULT;
    }
    memcpy(&urb, transfer.urb->data, sizeof(urb));
    if (urb.buffer_length > 0) {
        transfer.buffer =
            umockdev_ioctl_data_resolve(transfer.urb, offsetof(struct usbdevfs_urb, buffer),
                                        (gsize)urb.buffer_length, &error);
    }
    if (urb.buffer_length < 0 || (urb.buffer_length > 0 && transfer.buffer == NULL)) {
        g_object_unref(transfer.urb);
        return EFAULT;
    }
    transfer.endpoint = urb.endpoint;
    transfer.type = urb.type;
    transfer.len = (size_t)urb.buffer_length;
    transfer.bytes = g_malloc(transfer.len > 255 ? transfer.len : 255);
    if (transfer.buffer != NULL) {
        memcpy(transfer.bytes, transfer.buffer->data, transfer.len);
    }
    if (urb.type == USBDEVFS_URB_TYPE_CONTROL) {
        run_control(&transfer);
    } else if ((urb.endpoint & 0x80) == 0) {
        run_out(self, &transfer, (urb.flags & USBDEVFS_URB_ZERO_PACKET) != 0);
    }
    self->transfers[self->n_transfers++] = transfer;
    run_waiting(self);
    return 0;
}

static int
reap(PasoriUsbfs *self, UMockdevIoctlData *arg)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(UMockdevIoctlData) slot = NULL;

    for (size_t i = 0; i < self->n_transfers; i++) {
        if (!self->transfers[i].finished) {
            continue;
        }
        slot = umockdev_ioctl_data_resolve(arg, 0, sizeof(void *), &error);
        if (slot == NULL) {
            return EFAULT;
        }
        umockdev_ioctl_data_set_ptr(slot, 0, self->transfers[i].urb);
        forget_transfer(self, i);
        return 0;
    }
    return self->emulator->wire.plugged && self->attached ? EAGAIN : ENODEV;
}

static int
discard(PasoriUsbfs *self, UMockdevIoctlData *arg)
{
    gulong address;

    memcpy(&address, arg->data, sizeof(address));
    for (size_t i = 0; i < self->n_transfers; i++) {
        Transfer *transfer = &self->transfers[i];

        if (transfer->urb->client_addr == address && !transfer->finished) {
            finish(transfer, -ENOENT);
            return 0;
        }
    }
    return EINVAL;
}

static void
end_all(PasoriUsbfs *self, int status)
{
    for (size_t i = 0; i < self->n_transfers; i++) {
        if (!self->transfers[i].finished) {
            finish(&self->transfers[i], status);
        }
    }
}

/* ---- other ioctls
 * ----------------------------------------------------------------------------------- */

static int
give(UMockdevIoctlData *arg, gsize offset, const void *value, size_t len)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(UMockdevIoctlData) data =
        umockdev_ioctl_data_resolve(arg, 0, offset + len, &error);
    g_autofree guint8 *copy = NULL;

    if (data == NULL) {
        return EFAULT;
    }
    copy = g_memdup2(value, len);
    umockdev_ioctl_data_update(data, offset, copy, (int)len);
    return 0;
}

static int
name_driver(PasoriUsbfs *self, UMockdevIoctlData *arg)
{
    static const char name[] = KERNEL_DRIVER;

    return self->kernel_driver
               ? give(arg, offsetof(struct usbdevfs_getdriver, driver), name, sizeof(name))
               : ENODATA;
}

static int
claim(PasoriUsbfs *self, bool detach)
{
    if (self->kernel_driver && !detach) {
        return EBUSY;
    }
    self->kernel_driver = false;
    self->claimed = true;
    return 0;
}

/* USBDEVFS_IOCTL carries another code inside: the one that detaches or attaches a driver. */
static int
run_inner(PasoriUsbfs *self, UMockdevIoctlData *arg)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(UMockdevIoctlData) data =
        umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_ioctl), &error);
    struct usbdevfs_ioctl inner;

    if (data == NULL) {
        return EFAULT;
    }
    memcpy(&inner, data->data, sizeof(inner));
    if ((unsigned)inner.ioctl_code == USBDEVFS_DISCONNECT) {
        if (!self->kernel_driver) {
            return ENODATA;
        }
        self->kernel_driver = false;
        return 0;
    }
    self->kernel_driver = (unsigned)inner.ioctl_code == USBDEVFS_CONNECT;
    return 0;
}

static int
run_ioctl(PasoriUsbfs *self, unsigned long request, UMockdevIoctlData *arg)
{
    const uint32_t capabilities = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM;

    switch (request) {
    case USBDEVFS_GET_CAPABILITIES:
        return give(arg, 0, &capabilities, sizeof(capabilities));
    case USBDEVFS_GETDRIVER:
        return name_driver(self, arg);
    case USBDEVFS_CLAIMINTERFACE:
        return claim(self, false);
    case USBDEVFS_DISCONNECT_CLAIM:
        return claim(self, true);
    case USBDEVFS_RELEASEINTERFACE:
        self->claimed = false;
        return 0;
    case USBDEVFS_IOCTL:
        return run_inner(self, arg);
    case USBDEVFS_RESET:
        end_all(self, -ENOENT);
        return pasori_wire_reset(&self->emulator->wire) == PASORI_WIRE_OK ? 0 : ENODEV;
    case USBDEVFS_CLEAR_HALT:
    case USBDEVFS_RESETEP:
        pasori_wire_clear_halt(&self->emulator->wire);
        return 0;
    case USBDEVFS_SETINTERFACE:
    case USBDEVFS_SETCONFIGURATION:
        return 0;
    default:
        return ENOTTY;
    }
}

static gboolean
on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer user_data)
{
    PasoriUsbfs *self = user_data;
    UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client); /* borrowed */
    unsigned long request = umockdev_ioctl_client_get_request(client);
    int error_number;

    (void)base;
    g_mutex_lock(&self->lock);
    if (request == USBDEVFS_REAPURBNDELAY || request == USBDEVFS_REAPURB) {
        error_number = reap(self, arg);
    } else if (!self->attached) {
        error_number = ENODEV;
    } else if (request == USBDEVFS_SUBMITURB) {
        error_number = submit(self, arg);
    } else if (request == USBDEVFS_DISCARDURB) {
        error_number = discard(self, arg);
    } else {
        error_number = run_ioctl(self, request, arg);
    }
    if (!self->emulator->wire.plugged) {
        end_all(self, -ESHUTDOWN);
    }
    tell_poll(self);
    g_mutex_unlock(&self->lock);
    umockdev_ioctl_client_complete(client, error_number == 0 ? 0 : -1, error_number);
    return TRUE;
}

/* ---- the node
 * ---------------------------------------------------------------------------------------- */

UMockdevIoctlBase *
pasori_usbfs_attach(PasoriUsbfs *self, int fifo)
{
    UMockdevIoctlBase *base = umockdev_ioctl_base_new();

    (void)fcntl(fifo, F_SETPIPE_SZ, 4096);
    g_mutex_lock(&self->lock);
    self->attached = true;
    self->kernel_driver = true;
    self->claimed = false;
    self->fifo = fifo;
    self->fifo_is_full = false;
    tell_poll(self);
    g_mutex_unlock(&self->lock);
    g_signal_connect(base, "handle-ioctl", G_CALLBACK(on_ioctl), self);
    return base;
}

void
pasori_usbfs_detach(PasoriUsbfs *self)
{
    g_mutex_lock(&self->lock);
    self->attached = false;
    end_all(self, -ESHUTDOWN);
    tell_poll(self);
    if (self->fifo >= 0) {
        close(self->fifo);
        self->fifo = -1;
    }
    g_mutex_unlock(&self->lock);
}

void
pasori_usbfs_free(PasoriUsbfs *self)
{
    if (self == NULL) {
        return;
    }
    pasori_usbfs_detach(self);
    while (self->n_transfers > 0) {
        forget_transfer(self, self->n_transfers - 1);
    }
    g_mutex_clear(&self->lock);
    g_free(self);
}

bool
pasori_usbfs_has_left(PasoriUsbfs *self)
{
    bool left;

    g_mutex_lock(&self->lock);
    left = self->attached && !self->emulator->wire.plugged;
    g_mutex_unlock(&self->lock);
    return left;
}

size_t
pasori_usbfs_control(PasoriUsbfs *self, const char *line, char *ret_text, size_t cap)
{
    size_t len;
    int n;

    g_mutex_lock(&self->lock);
    len = pasori_emulator_control(self->emulator, line, ret_text, cap);
    if (strcmp(line, "ledger") == 0) {
        n = snprintf(ret_text + len, cap - len, "claimed %d\nport100 %d\n", self->claimed,
                     self->kernel_driver);
        len += n > 0 && (size_t)n < cap - len ? (size_t)n : 0;
    }
    g_mutex_unlock(&self->lock);
    return len;
}
