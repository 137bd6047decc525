/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The readers of devices.txt, and how pcscd names one that is plugged in. */
#pragma once

#include <stdbool.h>
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

/* usb:VVVV/PPPP:libudev:INTERFACE:/dev/bus/usb/BBB/DDD */
typedef struct {
    uint16_t vendor;
    uint16_t product;
    uint8_t interface;
    uint8_t bus;
    uint8_t address;
} MadoDevicesName;

/* False when it is no such name. */
bool
mado_devices_parse_name(const char *name, MadoDevicesName *ret_name);

/* An endpoint as its descriptor has it (USB 2.0, 9.6.6). */
typedef struct {
    uint8_t address;
    uint8_t attributes;
    uint16_t max_packet;
} MadoDevicesEndpoint;

/* The first bulk endpoint out and the first in, as places in rows. False when one is missing or
 * says it takes packets of no length, or of more than 1024 bytes. */
bool
mado_devices_choose_endpoints(const MadoDevicesEndpoint *rows,
                              size_t n_rows,
                              size_t *ret_out,
                              size_t *ret_in);
