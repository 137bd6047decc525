/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's usbfs as libusb uses it, over libumockdev: the ioctls on the device's node are
 * answered from the emulator. The kernel's port100 holds the interface until it is detached.
 * libumockdev calls from a thread of its own; every function here may be called from any.
 */
#pragma once

#include "tests/support/pasori/emulator.h"

#include <umockdev.h>

typedef struct PasoriUsbfs PasoriUsbfs;

/* emulator is borrowed; from now on it is touched by way of this object alone. */
PasoriUsbfs *
pasori_usbfs_new(PasoriEmulator *emulator);
void
pasori_usbfs_free(PasoriUsbfs *self);

/*
 * Answers the ioctls on this node (transfer full; detach it from the testbed before it goes).
 * fifo is what stands in for the node, opened without blocking: poll() of a client says that a
 * transfer can be fetched when it is empty. Takes fifo over.
 */
UMockdevIoctlBase *
pasori_usbfs_attach(PasoriUsbfs *self, int fifo);

/* The node is gone: what is in flight ends, and nothing more goes. */
void
pasori_usbfs_detach(PasoriUsbfs *self);

/* Whether the emulator has left its port by a fault while the node is there. */
bool
pasori_usbfs_has_left(PasoriUsbfs *self);

/* As pasori_emulator_control(); the ledger has two lines more: "claimed" and "port100". */
size_t
pasori_usbfs_control(PasoriUsbfs *self, const char *line, char *ret_text, size_t cap);
