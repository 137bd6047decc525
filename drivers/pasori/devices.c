/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/pasori/devices.h"

#include <string.h>

#define ENDPOINT_IN        0x80 /* bit of bEndpointAddress */
#define ENDPOINT_KIND_MASK 0x03
#define ENDPOINT_BULK      0x02
#define MAX_PACKET         1024

static const MadoDevicesRow readers[] = {
#include "drivers/pasori/devices-rows.h"
};

const MadoDevicesRow *
mado_devices_peek(size_t n)
{
    return n < sizeof(readers) / sizeof(readers[0]) ? &readers[n] : NULL;
}

const MadoDevicesRow *
mado_devices_find(uint16_t vendor, uint16_t product)
{
    const MadoDevicesRow *row;

    for (size_t n = 0; (row = mado_devices_peek(n)) != NULL; n++) {
        if (row->vendor == vendor && row->product == product) {
            return row;
        }
    }
    return NULL;
}

/* ---- names
 * --------------------------------------------------------------------------------------------
 */

static bool
take_text(const char **at, const char *text)
{
    const size_t len = strlen(text);

    if (strncmp(*at, text, len) != 0) {
        return false;
    }
    *at += len;
    return true;
}

static int
digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* At least one digit, at most 4. */
static bool
take_number(const char **at, int base, unsigned max, unsigned *ret_number)
{
    unsigned number = 0;
    int n_digits = 0;
    int digit;

    while (n_digits < 4 && (digit = digit_of(**at)) >= 0 && digit < base) {
        number = number * (unsigned)base + (unsigned)digit;
        (*at)++;
        n_digits++;
    }
    if (n_digits == 0 || number > max) {
        return false;
    }
    *ret_number = number;
    return true;
}

bool
mado_devices_parse_name(const char *name, MadoDevicesName *ret_name)
{
    unsigned vendor, product, interface, bus, address;
    const char *at = name;

    if (!take_text(&at, "usb:") || !take_number(&at, 16, 0xFFFF, &vendor) ||
        !take_text(&at, "/") || !take_number(&at, 16, 0xFFFF, &product) ||
        !take_text(&at, ":libudev:") || !take_number(&at, 10, 0xFF, &interface) ||
        !take_text(&at, ":/dev/bus/usb/") || !take_number(&at, 10, 0xFF, &bus) ||
        !take_text(&at, "/") || !take_number(&at, 10, 0xFF, &address) || *at != '\0') {
        return false;
    }
    *ret_name = (MadoDevicesName){
        .vendor = (uint16_t)vendor,
        .product = (uint16_t)product,
        .interface = (uint8_t)interface,
        .bus = (uint8_t)bus,
        .address = (uint8_t)address,
    };
    return true;
}

/* ---- endpoints
 * ----------------------------------------------------------------------------------------
 */

static bool
find_bulk(const MadoDevicesEndpoint *rows, size_t n_rows, uint8_t direction, size_t *ret_row)
{
    for (size_t n = 0; n < n_rows; n++) {
        if ((rows[n].attributes & ENDPOINT_KIND_MASK) == ENDPOINT_BULK &&
            (rows[n].address & ENDPOINT_IN) == direction) {
            *ret_row = n;
            return rows[n].max_packet > 0 && rows[n].max_packet <= MAX_PACKET;
        }
    }
    return false;
}

bool
mado_devices_choose_endpoints(const MadoDevicesEndpoint *rows,
                              size_t n_rows,
                              size_t *ret_out,
                              size_t *ret_in)
{
    size_t out = 0;

    if (!find_bulk(rows, n_rows, 0, &out) || !find_bulk(rows, n_rows, ENDPOINT_IN, ret_in)) {
        return false;
    }
    *ret_out = out;
    return true;
}
