/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the reader tells of itself on endpoint 0 (USB 2.0, 9.4 and 9.6). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASORI_DEVICE_DESCRIPTOR_LEN 18U
#define PASORI_CONFIG_DESCRIPTOR_LEN 32U

#define PASORI_VENDOR_NAME  "SONY"
#define PASORI_PRODUCT_NAME "RC-S380/P"
#define PASORI_SERIAL       "0000001"

/* The device's and its one configuration's descriptors, in one piece. */
void
pasori_descriptor_all(
    uint8_t ret_bytes[PASORI_DEVICE_DESCRIPTOR_LEN + PASORI_CONFIG_DESCRIPTOR_LEN]);

/* A request to endpoint 0, of the eight bytes of setup. What it answers, at most 255 bytes, is
 * in ret_data. False: it is not known, the endpoint stalls. */
bool
pasori_descriptor_control(const uint8_t setup[8], uint8_t ret_data[255], size_t *ret_len);
