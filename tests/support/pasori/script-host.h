/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host for the emulator's own tests: just as much of Port-100 and of the block protocol as a
 * run without faults needs. It knows nothing of the driver's.
 */
#pragma once

#include "drivers/pasori/usb.h"
#include "tests/support/pasori/frame.h"

typedef struct {
    MadoUsb *usb; /* borrowed */
    uint8_t number;
    size_t room; /* for INF in the card's frames */
    uint8_t answer[PASORI_MAX_USB];
    size_t answer_len; /* behind D7 and the code */
} PasoriHost;

/* One transfer out, ended by an empty packet where it must be. */
MadoUsbStatus
pasori_script_host_send(PasoriHost *self, const uint8_t *bytes, size_t len);

/* A command and its answer, ACK and all. False: something was not as it should be. */
bool
pasori_script_host_command(PasoriHost *self, uint8_t code, const uint8_t *data, size_t len);

/* InCommRF: the frame, and what came back is in answer from byte 5. False: a status. */
bool
pasori_script_host_frame(PasoriHost *self, const uint8_t *data, size_t len, uint16_t timeout);

/* Command type, rate 106 kbit/s, protocol settings of type B. */
bool
pasori_script_host_prepare(PasoriHost *self);

/* WUPB and ATTRIB with frames of this FSDI. */
bool
pasori_script_host_activate(PasoriHost *self, uint8_t fsdi);

/* One APDU; the answer's length in *ret_len, at most cap bytes of it in ret_data. */
bool
pasori_script_host_exchange(PasoriHost *self,
                            const uint8_t *command,
                            size_t len,
                            uint8_t *ret_data,
                            size_t cap,
                            size_t *ret_len);
