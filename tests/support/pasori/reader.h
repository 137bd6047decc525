/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reader's commands (Port-100): settings, the field, and one frame on the air at a time.
 * Where public sources do not say what it does with something wrong, it refuses, and a breach
 * is noted.
 */
#pragma once

#include "tests/support/pasori/air.h"
#include "tests/support/pasori/frame.h"

#define PASORI_N_ITEMS 0x14U /* of InSetProtocol */

typedef enum {
    PASORI_IN_SET_RF = 0x00,
    PASORI_IN_SET_PROTOCOL = 0x02,
    PASORI_IN_COMM_RF = 0x04,
    PASORI_SWITCH_RF = 0x06,
    PASORI_RESET_DEVICE = 0x12,
    PASORI_GET_FIRMWARE_VERSION = 0x20,
    PASORI_GET_PD_DATA_VERSION = 0x22,
    PASORI_GET_COMMAND_TYPE = 0x28,
    PASORI_SET_COMMAND_TYPE = 0x2A,
} PasoriCommandCode;

typedef struct {
    PasoriLedger *ledger; /* borrowed */
    PasoriAir *air;       /* borrowed */
    bool type_set;
    bool rf_set;
    bool protocol_set;
    uint8_t send_type;
    uint8_t receive_type;
    uint8_t items[PASORI_N_ITEMS];
} PasoriReader;

typedef struct {
    uint8_t data[PASORI_MAX_DATA]; /* D7, the code after the command's, and the rest */
    size_t len;                    /* 0: an error frame in its place */
    bool never;                    /* it does not come until the host's ACK */
} PasoriReaderAnswer;

void
pasori_reader_init(PasoriReader *self, PasoriLedger *ledger, PasoriAir *air);

/* As after plugging in: no settings, no field. */
void
pasori_reader_reset(PasoriReader *self);

/* frame is of the kind COMMAND. */
void
pasori_reader_run(PasoriReader *self, const PasoriFrame *frame, PasoriReaderAnswer *ret_answer);
