/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The card readers that the kernel sees: the one file of the doctor that knows sysfs. @root
 * stands before every path, so that a test, or a technician with a copy of another machine, can
 * show it any tree. Blocks on files only; any thread.
 */
#pragma once

#include "doctor/ccid-descriptor.h"
#include "doctor/reader-table.h"

#include <glib.h>

typedef struct {
    char *path; /* physical place, as "1-1.2": bus, then port after port */
    guint16 vendor;
    guint16 product;
    guint16 release; /* bcdDevice: the firmware, as most makers number it */
    guint bus;
    guint address;
    char *product_name; /* as the device says it, cleaned; "" when it does not */
    gboolean is_smartcard_class;
    char *kernel_driver; /* (nullable): bound to one of its interfaces; never "usbfs" */
    char *interface;     /* (nullable): the interface it is bound to, as "1-1.2:1.0" */
    MadoCcidDescriptor descriptor;
    const MadoReaderRow *row; /* (nullable): static; NULL: not in the table */
} MadoUsbReader;

/* (transfer full) (element-type MadoUsbReader): the readers, by path: all of the table, and all
 * with an interface of the smart card class. Empty when there is no such tree. */
GPtrArray *
mado_usb_tree_list(const char *root);
/* (transfer none) (nullable): by the numbers pcscd knows it by. */
const MadoUsbReader *
mado_usb_tree_find(GPtrArray *readers, guint bus, guint address);
