/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A hostile host at the emulated reader. Input: one byte of length and a script of faults, then
 * transfers: a byte 00 reads; 01 to 3F sends as many bytes as they are; 40 to 7F sends as many,
 * less 40, wrapped in a frame; 80 and more the same in InCommRF, checksum and all.
 */
#include "config.h"

#include "common/cursor.h"
#include "tests/fuzz/target.h"
#include "tests/support/pasori/script-host.h"
#include "tests/support/pasori/shell-process.h"

#include <stdlib.h>
#include <string.h>

#define MAX_TRANSFERS 400

static bool
is_present(void *user)
{
    (void)user;
    return true;
}

static bool
power_up(void *user)
{
    (void)user;
    return true;
}

static void
ignore(void *user)
{
    (void)user;
}

/* As long an answer as the command's second byte says, in tens. */
static bool
exchange(void *user, const uint8_t *command, size_t len, PasoriChipAnswer *ret_answer)
{
    size_t wanted = len > 1 ? command[1] * 10U : 2;

    (void)user;
    memset(ret_answer->data, 0x5A, wanted);
    ret_answer->len = wanted;
    ret_answer->spent_us = len > 2 ? command[2] * 4000U : 0;
    return len < 3 || command[0] != 0xFF;
}

static void
read_one(PasoriHost *host)
{
    uint8_t bytes[1024];
    size_t len = 0;

    (void)host->usb->ops->read(host->usb, bytes, sizeof(bytes), 10, &len);
    if (len > sizeof(bytes)) {
        abort();
    }
}

static void
send_one(PasoriHost *host, uint8_t how, const uint8_t *data, size_t len)
{
    if (how < 0x40) {
        (void)host->usb->ops->write(host->usb, data, len, 10);
    } else if (how < 0x80) {
        (void)pasori_script_host_command(host, len > 0 ? data[0] : 0, data + (len > 0 ? 1 : 0),
                                         len > 0 ? len - 1 : 0);
    } else {
        (void)pasori_script_host_frame(host, data, len, 50000);
    }
}

static void
run(PasoriHost *host, MadoCursor *cursor)
{
    uint8_t how;

    for (int i = 0; i < MAX_TRANSFERS && mado_cursor_u8(cursor, &how); i++) {
        size_t len = how < 0x80 ? how & 0x3FU : how & 0x7FU;
        const uint8_t *data;

        if (how == 0) {
            read_one(host);
        } else if (mado_cursor_take(cursor, len, &data)) {
            send_one(host, how, data, len);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t input_len)
{
    const PasoriChip chip = {.is_present = is_present,
                             .power_up = power_up,
                             .reset = ignore,
                             .power_down = ignore,
                             .exchange = exchange};
    PasoriEmulator *emulator = pasori_emulator_new(NULL, &chip);
    PasoriHost host = {.usb = emulator == NULL ? NULL : pasori_shell_process_open(emulator)};
    MadoCursor cursor;
    const uint8_t *script;
    uint8_t len;
    char text[8192];

    mado_cursor_init(&cursor, input, input_len);
    if (host.usb != NULL && mado_cursor_u8(&cursor, &len) &&
        mado_cursor_take(&cursor, len, &script)) {
        (void)pasori_script_parse(&emulator->script, (const char *)script, len);
        (void)pasori_script_host_prepare(&host);
        (void)pasori_script_host_activate(&host, 2);
        run(&host, &cursor);
        (void)pasori_emulator_control(emulator, "ledger", text, sizeof(text));
    }
    if (host.usb != NULL) {
        host.usb->ops->close(host.usb);
    }
    pasori_emulator_free(emulator);
    return 0;
}
