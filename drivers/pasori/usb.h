/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The USB device as the protocol sees it: one bulk endpoint out, one in, and a clock.
 *
 * usb-libusb.c is the one implementation that is shipped; tests have one in their own process.
 * A handle belongs to one caller at a time, except for cancel(), which any thread may call at
 * any time before close(). Every wait is bounded by the timeout that is passed in.
 *
 * A transfer ends with a packet that is shorter than the endpoint's largest (USB 2.0, 5.8.3),
 * so a write of a multiple of out_packet_len is open until a write of length 0 follows. The
 * protocol sends that write; an implementation never adds one of its own.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum {
    MADO_USB_OK = 0,
    MADO_USB_TIMEOUT,   /* time over; the device is still there */
    MADO_USB_CANCELLED, /* cancel() was called: no call succeeds any more */
    MADO_USB_GONE,      /* unplugged, or the handle is dead: reset() alone may find it again */
    MADO_USB_FAILED,    /* stall, overflow or bus error; a later call may succeed */
} MadoUsbStatus;

typedef struct MadoUsb MadoUsb;

typedef struct {
    /* One bulk transfer out; data may be NULL when len is 0. Anything but OK: it is not known
     * how much went out. */
    MadoUsbStatus (*write)(MadoUsb *self, const uint8_t *data, size_t len, uint32_t timeout_ms);

    /* One bulk transfer in, ended by a short packet (OK, perhaps with 0 bytes), by cap bytes
     * (OK), or by time (TIMEOUT). *ret_len bytes arrived in each of these cases: after TIMEOUT
     * they are the part of a transfer that was never ended. Otherwise *ret_len is untouched. */
    MadoUsbStatus (*read)(
        MadoUsb *self, uint8_t *ret_data, size_t cap, uint32_t timeout_ms, size_t *ret_len);

    /* The last remedy: resets the port and takes the device again, by the same bus and address.
     * OK, GONE, FAILED or CANCELLED. */
    MadoUsbStatus (*reset)(MadoUsb *self);

    /* Waits (a field that is off must stay so for a while). OK or CANCELLED. */
    MadoUsbStatus (*wait)(MadoUsb *self, uint32_t ms);

    /* Ends the call that is going on, and every later one, with CANCELLED. Any thread. */
    void (*cancel)(MadoUsb *self);

    /* Milliseconds of a clock that never goes back; all waits here are by the same one.
     * Any thread. */
    uint64_t (*now_ms)(MadoUsb *self);

    /* Gives the device back and frees self. No other call may be going on. */
    void (*close)(MadoUsb *self);
} MadoUsbOps;

/* The first member of an implementation's own struct. */
struct MadoUsb {
    const MadoUsbOps *ops; /* (borrowed) outlives self */
    size_t out_packet_len; /* wMaxPacketSize of the endpoint out */
    size_t in_packet_len;  /* of the endpoint in; cap of a read() is a multiple of it */
};

/*
 * Opens the device that pcscd names "usb:VVVV/PPPP:libudev:INTERFACE:/dev/bus/usb/BBB/DDD",
 * takes it from the kernel's driver and finds its endpoints. *ret_usb (transfer full) is set on
 * OK only. GONE: no such device, or an interface that is not the reader's; FAILED: it is there
 * and cannot be had.
 */
MadoUsbStatus
mado_usb_open(const char *device_name, MadoUsb **ret_usb);
