/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/pasori/devices.h"

static const MadoDevicesRow rows[] = {
#include "drivers/pasori/devices-rows.h"
};

const MadoDevicesRow *
mado_devices_peek(size_t n)
{
    return n < sizeof(rows) / sizeof(rows[0]) ? &rows[n] : NULL;
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
