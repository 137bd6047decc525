/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A hostile reader under the whole handler. Input: transfers in, each a byte of length and the
 * bytes; FF is a wait that ends with nothing, FE a transfer that fails, FD an unplugged reader,
 * FC a wait that ends inside a transfer (the next byte is its length). After the last nothing
 * comes any more. Time is simulated.
 */
#include "config.h"

#include "common/cursor.h"
#include "drivers/pasori/pasori.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

/* Longer than any call may take by the driver's own clock: an APDU's own limit, and the look
 * for the card behind it. */
#define MAX_CALL_MS 90000

typedef struct {
    MadoUsb usb; /* must be first */
    MadoCursor input;
    uint64_t now_ms;
} Hostile;

static MadoUsbStatus
write_bytes(MadoUsb *usb, const uint8_t *data, size_t len, uint32_t timeout_ms)
{
    (void)usb;
    (void)data;
    (void)len;
    (void)timeout_ms;
    ((Hostile *)usb)->now_ms++;
    return MADO_USB_OK;
}

static MadoUsbStatus
give(Hostile *self, uint8_t len, uint8_t *ret_data, size_t cap, size_t *ret_len)
{
    const size_t left = mado_cursor_left(&self->input);
    const size_t wanted = len < left ? len : left;
    const uint8_t *bytes;

    if (wanted > cap || !mado_cursor_take(&self->input, wanted, &bytes)) {
        return MADO_USB_FAILED;
    }
    if (wanted > 0) {
        memcpy(ret_data, bytes, wanted);
    }
    *ret_len = wanted;
    return MADO_USB_OK;
}

static MadoUsbStatus
read_bytes(MadoUsb *usb, uint8_t *ret_data, size_t cap, uint32_t timeout_ms, size_t *ret_len)
{
    Hostile *self = (Hostile *)usb;
    uint8_t what = 0xFF;

    self->now_ms++;
    if (!mado_cursor_u8(&self->input, &what) || what == 0xFF) {
        self->now_ms += timeout_ms;
        *ret_len = 0;
        return MADO_USB_TIMEOUT;
    }
    if (what == 0xFE) {
        return MADO_USB_FAILED;
    }
    if (what == 0xFD) {
        return MADO_USB_GONE;
    }
    if (what == 0xFC) {
        self->now_ms += timeout_ms;
        return mado_cursor_u8(&self->input, &what) &&
                       give(self, what, ret_data, cap, ret_len) == MADO_USB_OK
                   ? MADO_USB_TIMEOUT
                   : MADO_USB_FAILED;
    }
    return give(self, what, ret_data, cap, ret_len);
}

static MadoUsbStatus
reset_port(MadoUsb *usb)
{
    ((Hostile *)usb)->now_ms += 100;
    return MADO_USB_OK;
}

static MadoUsbStatus
wait_ms(MadoUsb *usb, uint32_t ms)
{
    ((Hostile *)usb)->now_ms += ms;
    return MADO_USB_OK;
}

static void
cancel(MadoUsb *usb)
{
    (void)usb;
}

static uint64_t
now_ms(MadoUsb *usb)
{
    return ((Hostile *)usb)->now_ms;
}

static void
close_handle(MadoUsb *usb)
{
    (void)usb;
}

static void
ignore_line(const char *line)
{
    (void)line;
}

static void
check_time(const Hostile *self, uint64_t *last_ms)
{
    if (self->now_ms - *last_ms > MAX_CALL_MS) {
        abort();
    }
    *last_ms = self->now_ms;
}

static void
use_reader(Hostile *hostile, MadoPasori *reader)
{
    static const uint8_t command[300] = {0x00, 0xB0, 0x00, 0x00, 0x00};
    uint8_t atr[MADO_ATQB_ATR_LEN], answer[700];
    uint64_t last_ms = hostile->now_ms;
    size_t len = 0, atr_len = 0;

    for (int i = 0; i < 6; i++) {
        (void)mado_pasori_find(reader);
        check_time(hostile, &last_ms);
        (void)mado_pasori_power_up(reader);
        check_time(hostile, &last_ms);
        mado_pasori_atr(reader, atr, &atr_len);
        for (int n = 0; n < 4; n++) {
            if (mado_pasori_transmit(reader, command, n % 2 == 0 ? 5 : sizeof(command), answer,
                                     sizeof(answer), &len) == MADO_PASORI_OK &&
                len > sizeof(answer)) {
                abort();
            }
            check_time(hostile, &last_ms);
        }
        if (mado_cursor_left(&hostile->input) == 0) {
            break;
        }
        if (i % 2 == 0) {
            (void)mado_pasori_reset(reader);
        } else {
            (void)mado_pasori_power_down(reader);
        }
        check_time(hostile, &last_ms);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const MadoUsbOps ops = {write_bytes, read_bytes, reset_port,  wait_ms,
                                   cancel,      now_ms,     close_handle};
    Hostile hostile = {.usb = {&ops, 64, 64}};
    MadoPasori *reader = NULL;

    mado_cursor_init(&hostile.input, data, len);
    if (mado_pasori_new(&hostile.usb, ignore_line, &reader) != MADO_PASORI_OK) {
        return 0;
    }
    use_reader(&hostile, reader);
    mado_pasori_stop(reader);
    mado_pasori_unref(reader);
    return 0;
}
