/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a USB device is plugged in, by sysfs. Any thread. */
#pragma once

#include <glib.h>

/* (transfer full) (nullable): the physical port, as "1-1.2", of the device with these numbers.
 * @devices: the folder, as /sys/bus/usb/devices. */
char *
mado_usb_port_find(const char *devices, guint bus, guint address);
