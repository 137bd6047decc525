/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/descriptor.h"

#include "tests/support/pasori/emulator.h"

#include <string.h>

#define GET_STATUS        0x00U
#define CLEAR_FEATURE     0x01U
#define SET_ADDRESS       0x05U
#define GET_DESCRIPTOR    0x06U
#define GET_CONFIGURATION 0x08U
#define SET_CONFIGURATION 0x09U
#define SET_INTERFACE     0x0BU

#define TYPE_DEVICE    1U
#define TYPE_CONFIG    2U
#define TYPE_STRING    3U
#define TYPE_INTERFACE 4U
#define TYPE_ENDPOINT  5U

#define CLASS_VENDOR 0xFFU
#define BULK         2U
#define ENGLISH      0x0409U

void
pasori_descriptor_all(
    uint8_t ret_bytes[PASORI_DEVICE_DESCRIPTOR_LEN + PASORI_CONFIG_DESCRIPTOR_LEN])
{
    static const uint8_t bytes[] = {
        /* device: USB 2.0, class on the device, version 1.11, strings 1 to 3, one configuration
         */
        18,
        TYPE_DEVICE,
        0x00,
        0x02,
        CLASS_VENDOR,
        0,
        0,
        PASORI_PACKET,
        PASORI_VENDOR_ID & 0xFF,
        PASORI_VENDOR_ID >> 8,
        PASORI_PRODUCT_ID & 0xFF,
        PASORI_PRODUCT_ID >> 8,
        0x11,
        0x01,
        1,
        2,
        3,
        1,
        /* configuration: one interface, powered by the bus, 500 mA */
        9,
        TYPE_CONFIG,
        PASORI_CONFIG_DESCRIPTOR_LEN,
        0,
        1,
        1,
        0,
        0x80,
        250,
        /* interface 0 */
        9,
        TYPE_INTERFACE,
        0,
        0,
        2,
        CLASS_VENDOR,
        CLASS_VENDOR,
        CLASS_VENDOR,
        0,
        /* its two endpoints */
        7,
        TYPE_ENDPOINT,
        PASORI_ENDPOINT_OUT,
        BULK,
        PASORI_PACKET,
        0,
        0,
        7,
        TYPE_ENDPOINT,
        PASORI_ENDPOINT_IN,
        BULK,
        PASORI_PACKET,
        0,
        0,
    };

    memcpy(ret_bytes, bytes, sizeof(bytes));
}

/* 9.6.7: UTF-16, which for these names is ASCII and a zero. */
static bool
give_string(uint8_t index, uint8_t ret_data[255], size_t *ret_len)
{
    static const char *const names[] = {NULL, PASORI_VENDOR_NAME, PASORI_PRODUCT_NAME,
                                        PASORI_SERIAL};
    size_t len = 2;

    if (index >= sizeof(names) / sizeof(names[0])) {
        return false;
    }
    ret_data[1] = TYPE_STRING;
    if (index == 0) {
        ret_data[len++] = ENGLISH & 0xFF;
        ret_data[len++] = ENGLISH >> 8;
    } else {
        for (const char *at = names[index]; *at != '\0'; at++) {
            ret_data[len++] = (uint8_t)*at;
            ret_data[len++] = 0;
        }
    }
    ret_data[0] = (uint8_t)len;
    *ret_len = len;
    return true;
}

static bool
give_descriptor(uint8_t type, uint8_t index, uint8_t ret_data[255], size_t *ret_len)
{
    uint8_t all[PASORI_DEVICE_DESCRIPTOR_LEN + PASORI_CONFIG_DESCRIPTOR_LEN];

    pasori_descriptor_all(all);
    switch (type) {
    case TYPE_DEVICE:
        memcpy(ret_data, all, PASORI_DEVICE_DESCRIPTOR_LEN);
        *ret_len = PASORI_DEVICE_DESCRIPTOR_LEN;
        return true;
    case TYPE_CONFIG:
        memcpy(ret_data, all + PASORI_DEVICE_DESCRIPTOR_LEN, PASORI_CONFIG_DESCRIPTOR_LEN);
        *ret_len = PASORI_CONFIG_DESCRIPTOR_LEN;
        return index == 0;
    case TYPE_STRING:
        return give_string(index, ret_data, ret_len);
    default:
        return false; /* no qualifier: it is a full speed device */
    }
}

bool
pasori_descriptor_control(const uint8_t setup[8], uint8_t ret_data[255], size_t *ret_len)
{
    size_t most = (size_t)setup[6] | (size_t)setup[7] << 8;
    size_t len = 0;

    switch (setup[1]) {
    case GET_DESCRIPTOR:
        if (!give_descriptor(setup[3], setup[2], ret_data, &len)) {
            return false;
        }
        break;
    case GET_CONFIGURATION:
        ret_data[len++] = 1;
        break;
    case GET_STATUS:
        ret_data[len++] = 0;
        ret_data[len++] = 0;
        break;
    case CLEAR_FEATURE:
    case SET_ADDRESS:
    case SET_CONFIGURATION:
    case SET_INTERFACE:
        break;
    default:
        return false;
    }
    *ret_len = len < most ? len : most;
    return true;
}
