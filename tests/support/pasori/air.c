/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/air.h"

#include "tests/support/pasori/crc-b.h"

#include <string.h>

#define ETU_PER_BYTE  10U /* ISO/IEC 14443-3, 7.1 */
#define ETU_PER_FRAME 24U /* SOF and EOF */
#define ETU_NS        9440U
#define WAKE_US       5000U /* ISO/IEC 14443-3, 5: a card is ready 5 ms after the field came */

#define FIRST_REQUEST 0x05U
#define FIRST_ATTRIB  0x1DU

/* What happens to one exchange, and what it is. */
typedef struct {
    const PasoriAirFrame *frame;
    uint8_t first;
    bool is_request;
    bool is_attrib;
    bool is_block; /* the first card is in the state PROTOCOL */
    uint32_t at;   /* its number, of its kind */
    PasoriPiccReply reply;
    bool spoilt; /* the reply has wrong bits */
    bool lost;
} Exchange;

void
pasori_air_init(PasoriAir *self, PasoriLedger *ledger, const PasoriScript *script)
{
    memset(self, 0, sizeof(*self));
    self->ledger = ledger;
    self->script = script;
    pasori_watch_init(&self->watch, ledger);
}

bool
pasori_air_add_card(PasoriAir *self, const PasoriPiccProfile *profile, const PasoriChip *chip)
{
    if (self->n_cards == PASORI_MAX_CARDS) {
        return false;
    }
    pasori_picc_init(&self->cards[self->n_cards++], profile, chip);
    return true;
}

void
pasori_air_switch(PasoriAir *self, bool field)
{
    if (field == self->field) {
        return;
    }
    self->field = field;
    self->field_since_us = self->ledger->now_us;
    self->deaf = false;
    self->stale_len = 0;
    pasori_watch_stop(&self->watch);
    for (size_t i = 0; i < self->n_cards; i++) {
        pasori_picc_power(&self->cards[i], false);
        self->is_in[i] = false;
    }
}

uint64_t
pasori_air_frame_us(size_t len, unsigned kbps)
{
    uint64_t etu = (uint64_t)len * ETU_PER_BYTE + ETU_PER_FRAME;

    return etu * ETU_NS / 1000 * 106 / (kbps == 0 ? 106 : kbps);
}

/* ---- who is there
 * ----------------------------------------------------------------------------------- */

static void
look(PasoriAir *self)
{
    for (size_t i = 0; i < self->n_cards; i++) {
        PasoriPicc *card = &self->cards[i];
        bool there = card->chip->is_present(card->chip->user);

        if (i == 0) {
            self->pulled = self->pulled && there;
            there = there && !self->pulled;
        }
        there = there && self->field;
        if (there != self->is_in[i]) {
            self->is_in[i] = there;
            pasori_picc_power(card, there);
        }
    }
}

static void
pull(PasoriAir *self)
{
    self->pulled = true;
    self->is_in[0] = false;
    pasori_picc_power(&self->cards[0], false);
}

/* ---- faults
 * ----------------------------------------------------------------------------------------- */

static bool
strikes(PasoriAir *self, const Exchange *it, PasoriFaultKind kind, uint32_t *ret_value)
{
    bool attrib = kind == PASORI_FAULT_ATTRIB_REFUSED || kind == PASORI_FAULT_ATTRIB_LOST;
    bool request = kind == PASORI_FAULT_REQUEST_REFUSED;
    bool applies = attrib ? it->is_attrib : request ? it->is_request : it->is_block;

    if (!applies || !pasori_script_strikes(self->script, kind, it->at, ret_value)) {
        return false;
    }
    self->ledger->n_faults++;
    return true;
}

static unsigned
asked_kbps(const PasoriAirFrame *frame)
{
    return frame->len > 6 ? 106U << (frame->data[6] >> 6) : 106U;
}

/* What keeps the frame from being heard by the first card. */
static bool
is_kept_away(PasoriAir *self, Exchange *it)
{
    uint32_t value = 0;

    if (strikes(self, it, PASORI_FAULT_MUTE, &value)) {
        self->deaf = true;
    }
    if (strikes(self, it, PASORI_FAULT_PULLED, &value)) {
        pull(self);
        return true;
    }
    if (strikes(self, it, PASORI_FAULT_ATTRIB_REFUSED, &value) &&
        (value == 0 || value == asked_kbps(it->frame))) {
        return true;
    }
    return self->deaf || strikes(self, it, PASORI_FAULT_LOST_TO_CARD, &value) ||
           strikes(self, it, PASORI_FAULT_CRC_TO_CARD, &value) ||
           strikes(self, it, PASORI_FAULT_REQUEST_REFUSED, &value) ||
           (strikes(self, it, PASORI_FAULT_RATE, &value) && value == it->frame->kbps_out);
}

/* What becomes of the first card's answer on its way. */
static void
spoil(PasoriAir *self, Exchange *it)
{
    PasoriPiccReply *reply = &it->reply;
    uint32_t value = 0;

    if (strikes(self, it, PASORI_FAULT_WTX, &value)) {
        pasori_picc_stall(&self->cards[0], value, self->cards[0].profile.multiplier, reply);
    }
    if (strikes(self, it, PASORI_FAULT_WTX_MULTIPLIER, &value)) {
        pasori_picc_stall(&self->cards[0], 1, (uint8_t)value, reply);
    }
    if (strikes(self, it, PASORI_FAULT_WRONG_NUMBER, &value)) {
        reply->data[0] ^= 1;
    }
    if (strikes(self, it, PASORI_FAULT_GARBLED, &value)) {
        reply->data[0] = 0x7F;
    }
    if (strikes(self, it, PASORI_FAULT_SHORT, &value) && value < reply->len) {
        reply->len = value;
    }
    if (strikes(self, it, PASORI_FAULT_STALE, &value) && self->stale_len > 0) {
        memcpy(reply->data, self->stale, self->stale_len);
        reply->len = self->stale_len;
    }
    it->spoilt = strikes(self, it, PASORI_FAULT_CRC_FROM_CARD, &value) ||
                 (strikes(self, it, PASORI_FAULT_RATE, &value) && value == it->frame->kbps_in);
    it->lost = strikes(self, it, PASORI_FAULT_LOST_FROM_CARD, &value) ||
               strikes(self, it, PASORI_FAULT_ATTRIB_LOST, &value);
    if (strikes(self, it, PASORI_FAULT_PULLED_AFTER, &value)) {
        pull(self);
        it->lost = true;
    }
}

/* ---- one exchange
 * ----------------------------------------------------------------------------------- */

/* Which frames a card takes for frames: type B, at its rate, with a right checksum. */
static bool
is_heard_by(const PasoriPicc *card, const PasoriAirFrame *frame)
{
    return frame->type_b && frame->kbps_out == card->kbps_in &&
           pasori_crc_b_is_right(frame->data, frame->len);
}

static void
tell_first(PasoriAir *self, Exchange *it)
{
    PasoriPicc *card = &self->cards[0];
    PasoriPiccReply before = card->last;
    unsigned kbps_out = card->kbps_out;

    if (is_kept_away(self, it) || !self->is_in[0] || !is_heard_by(card, it->frame)) {
        return;
    }
    pasori_picc_hear(card, it->frame->data, it->frame->len - PASORI_CRC_LEN, &it->reply);
    if (it->reply.rejected) {
        pasori_ledger_breach(self->ledger, "14443-3 7.10",
                             "ATTRIB asks what ATQB did not offer");
    }
    if (it->reply.len == 0) {
        return;
    }
    if (it->is_block) {
        memcpy(self->stale, before.data, before.len);
        self->stale_len = before.len;
    }
    spoil(self, it);
    it->lost = it->lost || it->frame->kbps_in != kbps_out;
}

/* A second card speaks only while it is asked for; then neither can be understood. */
static void
tell_others(PasoriAir *self, Exchange *it)
{
    for (size_t i = 1; i < self->n_cards; i++) {
        PasoriPiccReply reply = {.len = 0};

        if (!self->is_in[i] || !is_heard_by(&self->cards[i], it->frame)) {
            continue;
        }
        pasori_picc_hear(&self->cards[i], it->frame->data, it->frame->len - PASORI_CRC_LEN,
                         &reply);
        if (reply.len > 0) {
            it->spoilt = it->reply.len > 0 && !it->lost;
            it->reply = it->spoilt ? it->reply : reply;
            it->lost = false;
        }
    }
}

static void
describe(PasoriAir *self, const PasoriAirFrame *frame, Exchange *ret_it)
{
    PasoriLedger *ledger = self->ledger;

    memset(ret_it, 0, sizeof(*ret_it));
    ret_it->frame = frame;
    ret_it->first = frame->len > 0 ? frame->data[0] : 0;
    ret_it->is_block = self->watch.now.active;
    /* 05 is no PCB, so REQB and WUPB are told from blocks */
    ret_it->is_request = ret_it->first == FIRST_REQUEST && frame->len == 3 + PASORI_CRC_LEN;
    ret_it->is_attrib = !ret_it->is_block && ret_it->first == FIRST_ATTRIB;
    if (ret_it->is_request) {
        ret_it->is_block = false;
        ret_it->at = ++ledger->n_requests;
        pasori_watch_stop(&self->watch);
    } else if (ret_it->is_attrib) {
        ret_it->at = ++ledger->n_attribs;
    } else if (ret_it->is_block) {
        ret_it->at = ++ledger->n_blocks;
    }
}

static void
check_host(PasoriAir *self, const Exchange *it)
{
    const PasoriAirFrame *frame = it->frame;

    if (self->ledger->now_us - self->field_since_us < WAKE_US) {
        pasori_ledger_breach(self->ledger, "14443-3 5",
                             "a frame less than 5 ms after the field");
    }
    if (!frame->type_b || !pasori_crc_b_is_right(frame->data, frame->len)) {
        pasori_ledger_breach(self->ledger, "14443-3 7.2",
                             "not a type B frame with its checksum");
    } else if (it->is_block) {
        pasori_watch_sent(&self->watch, frame->data, frame->len - PASORI_CRC_LEN,
                          frame->timeout_us);
    }
}

/* The reply as the reader gives it on, and the time that went by. */
static void
deliver(PasoriAir *self, Exchange *it, PasoriAirAnswer *ret_answer)
{
    const PasoriAirFrame *frame = it->frame;
    uint64_t after_us = it->reply.after_us;

    if (it->reply.len == 0 || it->lost ||
        (frame->timeout_us != 0 && after_us > frame->timeout_us)) {
        ret_answer->status = PASORI_AIR_TIMEOUT;
        ret_answer->never = frame->timeout_us == 0;
        pasori_ledger_air(self->ledger, frame->timeout_us);
        return;
    }
    pasori_ledger_card(self->ledger, after_us);
    pasori_ledger_air(self->ledger, pasori_air_frame_us(it->reply.len + 2, frame->kbps_in));
    if (it->spoilt && frame->checks) {
        ret_answer->status = PASORI_AIR_CRC;
        return;
    }
    memcpy(ret_answer->data, it->reply.data, it->reply.len);
    ret_answer->len = it->reply.len;
    if (!frame->checks) {
        pasori_crc_b_append(ret_answer->data, ret_answer->len);
        ret_answer->data[0] ^= it->spoilt ? 0x10 : 0;
        ret_answer->len += PASORI_CRC_LEN;
    }
}

static void
note(PasoriAir *self, const Exchange *it, PasoriAirAnswer *answer)
{
    const PasoriPicc *card = &self->cards[0];
    uint32_t value = 0;

    if (strikes(self, it, PASORI_FAULT_STATUS, &value)) {
        answer->status = value;
        answer->len = 0;
    }
    pasori_ledger_answered(self->ledger, answer->len > 0);
    if (it->is_block) {
        size_t crc_len = answer->len > 0 && !it->frame->checks ? PASORI_CRC_LEN : 0;

        pasori_watch_received(&self->watch, answer->data, answer->len - crc_len);
    } else if (it->is_attrib && answer->len > 0) {
        pasori_watch_start(&self->watch, pasori_block_frame_size(card->profile.info[1] >> 4),
                           card->profile.info[2] >> 4);
    }
}

void
pasori_air_exchange(PasoriAir *self, const PasoriAirFrame *frame, PasoriAirAnswer *ret_answer)
{
    Exchange it;

    memset(ret_answer, 0, sizeof(*ret_answer));
    if (!self->field) {
        pasori_ledger_breach(self->ledger, "Port-100", "InCommRF while the field is off");
        ret_answer->status = PASORI_AIR_RF_OFF;
        return;
    }
    self->ledger->n_frames++;
    look(self);
    describe(self, frame, &it);
    check_host(self, &it);
    pasori_ledger_air(self->ledger, pasori_air_frame_us(frame->len, frame->kbps_out));
    if (self->n_cards > 0) {
        tell_first(self, &it);
    }
    tell_others(self, &it);
    self->ledger->n_apdus = self->n_cards > 0 ? self->cards[0].n_apdus : 0;
    deliver(self, &it, ret_answer);
    note(self, &it, ret_answer);
}
