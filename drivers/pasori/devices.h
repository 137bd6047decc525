/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The readers of devices.txt. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint16_t vendor;
    uint16_t product;
    const char *name; /* ASCII, as pcscd shows it */
} MadoDevicesRow;

/* (transfer none) (nullable) */
const MadoDevicesRow *
mado_devices_find(uint16_t vendor, uint16_t product);

/* The n-th row, NULL past the last. (transfer none) */
const MadoDevicesRow *
mado_devices_peek(size_t n);
