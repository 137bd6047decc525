/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Endpoints as a device's descriptor has them, four bytes each; and, read as text, the name
 * that pcscd gives the device. */
#include "config.h"

#include "drivers/pasori/devices.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 32

static void
choose(const uint8_t *data, size_t len)
{
    MadoDevicesEndpoint rows[MAX_ROWS];
    size_t n_rows = 0, out = MAX_ROWS, in = MAX_ROWS;

    for (; n_rows < MAX_ROWS && 4 * (n_rows + 1) <= len; n_rows++) {
        const uint8_t *row = data + 4 * n_rows;

        rows[n_rows] =
            (MadoDevicesEndpoint){row[0], row[1], (uint16_t)(row[2] | (unsigned)row[3] << 8)};
    }
    if (!mado_devices_choose_endpoints(rows, n_rows, &out, &in)) {
        return;
    }
    if (out >= n_rows || in >= n_rows || (rows[out].address & 0x80) != 0 ||
        (rows[in].address & 0x80) == 0 || rows[out].max_packet == 0 ||
        rows[in].max_packet == 0 || rows[in].max_packet > 1024) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1);
    MadoDevicesName name;

    if (text == NULL) {
        return 0;
    }
    if (len > 0) {
        memcpy(text, data, len);
    }
    text[len] = '\0';
    if (mado_devices_parse_name(text, &name) && strstr(text, "/dev/bus/usb/") == NULL) {
        abort();
    }
    free(text);
    choose(data, len);
    return 0;
}
