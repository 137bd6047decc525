/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/picc.h"

#include "tests/support/pasori/block.h"
#include "tests/support/pasori/picc-block.h"

#include <string.h>

#define REQB_LEN         3U
#define REQB_FIRST       0x05U
#define REQB_WAKE        0x08U /* WUPB */
#define REQB_SLOTS       0x07U
#define ATQB_FIRST       0x50U
#define ATTRIB_FIRST     0x1DU
#define ATTRIB_LEN       9U
#define HLTB_FIRST       0x50U
#define HLTB_LEN         5U
#define PROTOCOL_14443_4 0x01U
#define BOTH_ALIKE       0x80U /* the bit rate is the same in both directions */
#define CID_SUPPORTED    0x01U

/* TR0 and TR1: from the end of a frame to the first bit of the answer. */
#define ANSWER_US 300U

void
pasori_picc_init(PasoriPicc *self, const PasoriPiccProfile *profile, const PasoriChip *chip)
{
    memset(self, 0, sizeof(*self));
    self->profile = *profile;
    self->chip = chip;
    self->kbps_in = 106;
    self->kbps_out = 106;
}

void
pasori_picc_power(PasoriPicc *self, bool field)
{
    self->kbps_in = 106;
    self->kbps_out = 106;
    if (!field && self->chip_is_up) {
        self->chip->power_down(self->chip->user);
        self->chip_is_up = false;
    }
    if (!field || self->state == PASORI_PICC_OFF) {
        self->state = field ? PASORI_PICC_IDLE : PASORI_PICC_OFF;
    }
}

/* ---- type B: request and slots
 * ---------------------------------------------------------------------- */

static void
answer_request(PasoriPicc *self, PasoriPiccReply *ret_reply)
{
    ret_reply->data[0] = ATQB_FIRST;
    memcpy(ret_reply->data + 1, self->profile.pupi, 4);
    memcpy(ret_reply->data + 5, self->profile.app, 4);
    memcpy(ret_reply->data + 9, self->profile.info, 3);
    ret_reply->len = 12;
    ret_reply->after_us = ANSWER_US;
    self->state = PASORI_PICC_READY;
}

/* ISO/IEC 14443-3, 7.7: AFI 00 means all; this card has no family of its own. */
static void
hear_request(PasoriPicc *self, const uint8_t *data, PasoriPiccReply *ret_reply)
{
    unsigned n_slots = 1U << ((data[2] & REQB_SLOTS) > 4 ? 4 : (data[2] & REQB_SLOTS));

    if (self->state == PASORI_PICC_HALT && (data[2] & REQB_WAKE) == 0) {
        return;
    }
    if (data[1] != 0) {
        self->state = PASORI_PICC_IDLE;
        return;
    }
    self->drawn = (uint8_t)(self->profile.slot % n_slots);
    if (self->drawn == 0) {
        answer_request(self, ret_reply);
    } else {
        self->state = PASORI_PICC_REQUESTED;
    }
}

/* 7.8: n5, where n is the slot's number less one. */
static bool
is_my_slot(const PasoriPicc *self, const uint8_t *data, size_t len)
{
    return len == 1 && (data[0] & 0x0FU) == REQB_FIRST && data[0] >> 4 == self->drawn;
}

/* ---- type B: ATTRIB and HLTB
 * ------------------------------------------------------------------------ */

/* The rate of a two-bit code if the card's byte of bit rates offers it; 0 otherwise. */
static unsigned
offered_kbps(uint8_t code, uint8_t offers)
{
    if (code == 0) {
        return 106;
    }
    return ((unsigned)offers >> (code - 1) & 1U) != 0 ? 106U << code : 0;
}

/* 7.10: parameters 1 to 4. */
static bool
takes_attrib(PasoriPicc *self, const uint8_t *data)
{
    const uint8_t *info = self->profile.info;
    uint8_t out = data[6] >> 6;
    uint8_t in = data[6] >> 4 & 0x03U;
    unsigned kbps_out = offered_kbps(out, info[0] >> 4 & 0x07U);
    unsigned kbps_in = offered_kbps(in, info[0] & 0x07U);

    if ((data[5] & 0x03U) != 0 || kbps_in == 0 || kbps_out == 0 ||
        ((info[0] & BOTH_ALIKE) != 0 && in != out)) {
        return false;
    }
    if ((data[6] & 0x0FU) > 8 || (data[7] & 0x01U) != PROTOCOL_14443_4 ||
        (data[7] & 0xF0U) != 0) {
        return false;
    }
    if ((data[8] & 0xF0U) != 0 || (data[8] & 0x0FU) == 15 ||
        ((info[2] & CID_SUPPORTED) == 0 && data[8] != 0)) {
        return false;
    }
    self->kbps_in = kbps_in;
    self->kbps_out = kbps_out;
    self->fsd = pasori_block_frame_size(data[6] & 0x0FU);
    self->cid = data[8];
    return true;
}

static bool
start_chip(PasoriPicc *self)
{
    if (self->chip_is_up) {
        self->chip->reset(self->chip->user);
        return true;
    }
    self->chip_is_up = self->chip->power_up(self->chip->user);
    return self->chip_is_up;
}

static void
hear_attrib(PasoriPicc *self, const uint8_t *data, PasoriPiccReply *ret_reply)
{
    if (!takes_attrib(self, data)) {
        ret_reply->rejected = true;
        return;
    }
    if (!start_chip(self)) {
        return;
    }
    pasori_picc_block_start(self);
    self->state = PASORI_PICC_PROTOCOL;
    ret_reply->data[0] = (uint8_t)(self->profile.mbli << 4 | self->cid);
    ret_reply->len = 1;
    ret_reply->after_us = ANSWER_US;
}

static bool
names_me(const PasoriPicc *self, const uint8_t *data)
{
    return memcmp(data + 1, self->profile.pupi, 4) == 0;
}

/* States READY and REQUESTED; 7.4.4 to 7.4.6. */
static void
hear_ready(PasoriPicc *self, const uint8_t *data, size_t len, PasoriPiccReply *ret_reply)
{
    if (self->state == PASORI_PICC_REQUESTED) {
        if (is_my_slot(self, data, len)) {
            answer_request(self, ret_reply);
        }
    } else if (data[0] == ATTRIB_FIRST && len >= ATTRIB_LEN && names_me(self, data)) {
        hear_attrib(self, data, ret_reply);
    } else if (data[0] == HLTB_FIRST && len == HLTB_LEN && names_me(self, data)) {
        self->state = PASORI_PICC_HALT;
        ret_reply->data[0] = 0;
        ret_reply->len = 1;
        ret_reply->after_us = ANSWER_US;
    }
}

void
pasori_picc_hear(PasoriPicc *self, const uint8_t *data, size_t len, PasoriPiccReply *ret_reply)
{
    ret_reply->len = 0;
    ret_reply->after_us = 0;
    ret_reply->rejected = false;
    if (self->state == PASORI_PICC_OFF || len == 0) {
        return;
    }
    if (self->state == PASORI_PICC_PROTOCOL) {
        pasori_picc_block_hear(self, data, len, ret_reply);
    } else if (data[0] == REQB_FIRST && len == REQB_LEN) {
        hear_request(self, data, ret_reply);
    } else if (self->state == PASORI_PICC_READY || self->state == PASORI_PICC_REQUESTED) {
        hear_ready(self, data, len, ret_reply);
    }
}
