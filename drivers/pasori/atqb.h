/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a card of Type B says of itself, and what follows from it: the ATTRIB command and the
 * ATR that PC/SC part 3 makes of it. ISO/IEC 14443-3:2001, 7.9 (ATQB) and 7.10 (ATTRIB).
 */
#pragma once

#include "common/bytes-status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADO_ATQB_ATTRIB_LEN 9
#define MADO_ATQB_ATR_LEN    13
#define MADO_ATQB_FSD        256 /* the largest frame we take, with PCB and CRC */

/* The same rate both ways; the settings of a reader's chip follow these. */
typedef enum {
    MADO_RATE_106 = 0, /* kbit/s */
    MADO_RATE_212,
    MADO_RATE_424,
} MadoRate;

typedef struct {
    uint8_t pupi[4]; /* random at each activation: no name for the card */
    uint8_t application[4];
    uint8_t protocol[3];
    bool is_layer_4;      /* speaks ISO/IEC 14443-4 */
    uint16_t fsc;         /* largest frame the card takes, with PCB and CRC: 16 … 4096 */
    uint8_t fwi;          /* 0 … 14 */
    MadoRate fastest;     /* that it offers in both directions */
    uint8_t attrib_param; /* param 3 of ATTRIB: protocol type and TR2 */
} MadoAtqb;

/* The 12 or 13 bytes of an answer to REQB or WUPB, without CRC. */
MadoBytesStatus
mado_atqb_parse(const uint8_t *bytes, size_t len, MadoAtqb *ret_atqb) MADO_MUST_CHECK;

/* FSD 256, CID 0, default TR0 and TR1, SOF and EOF kept. */
void
mado_atqb_attrib(const MadoAtqb *self,
                 MadoRate rate,
                 uint8_t ret_command[MADO_ATQB_ATTRIB_LEN]);

/* The answer to ATTRIB: MBLI and CID, then perhaps a higher layer's answer. */
MadoBytesStatus
mado_atqb_parse_attrib(const uint8_t *bytes, size_t len, uint8_t *ret_mbli) MADO_MUST_CHECK;

/* PC/SC part 3, 3.1.3.2.3.1, table 3.6. */
void
mado_atqb_atr(const MadoAtqb *self, uint8_t mbli, uint8_t ret_atr[MADO_ATQB_ATR_LEN]);

uint16_t
mado_atqb_kbits(MadoRate rate);
