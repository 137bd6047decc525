/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/card.h"

#include "common/wipe.h"
#include "drivers/training/card-channel.h"
#include "drivers/training/card-core.h"
#include "drivers/training/card-format.h"
#include "drivers/training/card-issuer.h"
#include "drivers/training/card-pin.h"
#include "drivers/training/card-read.h"
#include "drivers/training/card-session.h"
#include "drivers/training/card-sign.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER_CAP 65536U
#define OUT_CAP    (ANSWER_CAP + 32U) /* protection adds padding and a MAC */

#define INS_GET_RESPONSE          0xC0
#define INS_EXTERNAL_AUTHENTICATE 0x82
#define SM_BIT                    0x04U
#define CLA_HIDDEN                0x08 /* the text application's secure messaging */
#define CLA_HIDDEN_AND_PROVEN     0x0C /* with a MAC, for which no card has a key */

const char *
mado_card_status_name(MadoCardStatus status)
{
    static const char *const names[] = {
        [MADO_CARD_OK] = "ok",
        [MADO_CARD_MUTE] = "card is mute",
        [MADO_CARD_ABSENT] = "no card file",
        [MADO_CARD_BAD] = "not a card file, or damaged",
        [MADO_CARD_NEWER] = "card file of a newer schema",
        [MADO_CARD_MEMORY] = "out of memory",
    };

    return (size_t)status < sizeof(names) / sizeof(names[0]) ? names[status] : "unknown";
}

void
mado_card_atr(MadoCardInterface interface, const uint8_t **ret_atr, size_t *ret_len)
{
    /* OpenSC's list of this card's ATRs, win32/customactions.cpp; the contact one is in
     * card-jpki.c. */
    static const uint8_t contactless[] = {0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x41,
                                          0xE0, 0xB3, 0x81, 0xA1, 0x00, 0x3B};
    static const uint8_t contact[] = {0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14};

    *ret_atr = interface == MADO_CARD_CONTACT ? contact : contactless;
    *ret_len = interface == MADO_CARD_CONTACT ? sizeof(contact) : sizeof(contactless);
}

/* ---- life
 * ---------------------------------------------------------------------------------------------
 */

static MadoCardStatus
load(MadoCard *self)
{
    MadoCardFormatStatus status;
    uint8_t *data = NULL;
    size_t len = 0;

    mado_card_state_clear(&self->state);
    if (!self->ports.store.load(self->ports.store.user, &data, &len)) {
        return MADO_CARD_ABSENT;
    }
    status = mado_card_format_parse(data, len, &self->state, NULL);
    mado_wipe(data, len);
    free(data);
    switch (status) {
    case MADO_CARD_FORMAT_OK:
        return MADO_CARD_OK;
    case MADO_CARD_FORMAT_NEWER:
        return MADO_CARD_NEWER;
    case MADO_CARD_FORMAT_MEMORY:
        return MADO_CARD_MEMORY;
    case MADO_CARD_FORMAT_BAD:
    default:
        return MADO_CARD_BAD;
    }
}

MadoCardStatus
mado_card_open(const MadoCardPorts *ports, MadoCard **ret_card)
{
    MadoCard *self = calloc(1, sizeof(*self));
    MadoCardStatus status = MADO_CARD_MEMORY;

    if (self == NULL) {
        return MADO_CARD_MEMORY;
    }
    self->ports = *ports;
    self->answer = malloc(ANSWER_CAP);
    self->plain = malloc(MADO_APDU_MAX_DATA);
    self->out = malloc(OUT_CAP);
    if (self->answer != NULL && self->plain != NULL && self->out != NULL) {
        mado_card_state_init(&self->state);
        status = load(self);
    }
    if (status != MADO_CARD_OK) {
        mado_card_close(self);
        return status;
    }
    *ret_card = self;
    return MADO_CARD_OK;
}

static void
wipe_and_free(uint8_t *data, size_t len)
{
    if (data != NULL) {
        mado_wipe(data, len);
        free(data);
    }
}

void
mado_card_close(MadoCard *self)
{
    if (self == NULL) {
        return;
    }
    mado_card_state_clear(&self->state);
    wipe_and_free(self->answer, ANSWER_CAP);
    wipe_and_free(self->plain, MADO_APDU_MAX_DATA);
    wipe_and_free(self->out, OUT_CAP);
    mado_wipe(self, sizeof(*self));
    free(self);
}

const MadoCardState *
mado_card_peek_state(const MadoCard *self)
{
    return &self->state;
}

static void
forget_answer(MadoCard *self)
{
    mado_wipe(self->out, self->out_len);
    self->out_len = 0;
    self->out_at = 0;
}

void
mado_card_reset(MadoCard *self)
{
    mado_wipe(&self->channel, sizeof(self->channel));
    forget_answer(self);
    self->ap = MADO_AP_ISD;
    self->has_ef = false;
}

void
mado_card_power_down(MadoCard *self)
{
    mado_card_reset(self);
    mado_card_session_close(self);
    self->verified = 0;
    self->powered = false;
}

MadoCardStatus
mado_card_power_up(MadoCard *self)
{
    MadoCardStatus status;

    mado_card_power_down(self);
    status = load(self);
    if (status == MADO_CARD_OK) {
        self->powered = true;
        self->fresh = true;
    }
    return status;
}

/* ---- what the command groups share
 * -------------------------------------------------------------------- */

uint16_t
mado_card_core_save(MadoCard *self)
{
    uint8_t *data = NULL;
    size_t len = 0;
    bool saved;

    saved = mado_card_format_write(&self->state, &data, &len) &&
            self->ports.store.save(self->ports.store.user, data, len);
    if (data != NULL) {
        mado_wipe(data, len);
        free(data);
    }
    if (!saved) {
        mado_card_power_down(self);
        return MADO_CARD_CORE_MUTE;
    }
    return 0x9000;
}

const MadoCardEf *
mado_card_core_find_ef(const MadoCard *self, uint16_t ef)
{
    const MadoCardEf *found = mado_card_layout_ef(self->ap, ef);

    if (found != NULL &&
        (ef == MADO_EF_JPKI_STAGED_AUTH_KEY || ef == MADO_EF_JPKI_STAGED_SIGN_KEY) &&
        mado_card_state_item(&self->state, MADO_CARD_ITEM_KEY, self->ap, ef) == NULL) {
        return NULL;
    }
    return found;
}

uint16_t
mado_card_core_named_ef(const MadoCard *self, uint8_t p2, const MadoCardEf **ret_ef)
{
    const MadoCardEf *ef;

    if ((p2 & 0xE0) != 0x80) {
        return 0x6A86;
    }
    if (p2 == 0x80 && !self->has_ef) {
        return 0x6986;
    }
    ef = mado_card_core_find_ef(self, p2 == 0x80 ? self->ef : (uint16_t)(p2 & 0x1F));
    if (ef == NULL) {
        return p2 == 0x80 ? 0x6986 : 0x6A82;
    }
    *ret_ef = ef;
    return 0x9000;
}

static bool
is_verified(const MadoCard *self, uint16_t ef)
{
    for (size_t i = 0; i < self->state.n_pins; i++) {
        const MadoCardPin *pin = &self->state.pins[i];

        if (pin->ap == self->ap && pin->ef == ef) {
            return self->verified_ap == self->ap && (self->verified & 1U << i) != 0;
        }
    }
    return false;
}

bool
mado_card_core_is_open(const MadoCard *self, const MadoCardEf *ef)
{
    if (ef->never) {
        return false;
    }
    if (ef->opened_by[0] == 0) {
        return true;
    }
    for (size_t i = 0; i < 3; i++) {
        if (ef->opened_by[i] != 0 && is_verified(self, ef->opened_by[i])) {
            return true;
        }
    }
    return false;
}

bool
mado_card_core_is_stopped(const MadoCard *self)
{
    bool stopped =
        self->state.life == MADO_LIFE_SUSPENDED || self->state.life == MADO_LIFE_TERMINATED;

    return stopped && self->ap != MADO_AP_VISUAL;
}

/* ---- one command
 * -------------------------------------------------------------------------------------- */

static uint16_t
get_response(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    size_t left = self->out_len - self->out_at;

    (void)answer; /* deliver() hands out what is waiting */
    if (command->p1 != 0 || command->p2 != 0) {
        return 0x6A86;
    }
    if (command->data_len != 0 || command->ne == 0) {
        return 0x6700;
    }
    if (left == 0) {
        return 0x6985;
    }
    return command->ne < 256 && command->ne > left ? (uint16_t)(0x6C00 | left) : self->out_sw;
}

static uint16_t
refuse_terminal_certificate(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    /* SET PUBLIC IC KEY: no P1P2 is known that a real card accepts. */
    return 0x6A86;
}

static const struct {
    uint8_t cla;
    uint8_t ins;
    bool issuer; /* only inside the issuer's channel */
    MadoCardCommand run;
} commands[] = {
    {0x00, 0xA4, false, mado_card_read_select},
    {0x00, 0xB0, false, mado_card_read_binary},
    {0x00, 0xB2, false, mado_card_read_record},
    {0x00, 0xCA, false, mado_card_read_data},
    {0x80, 0xCA, false, mado_card_read_data},
    {0x00, 0x84, false, mado_card_read_challenge},
    {0x00, INS_GET_RESPONSE, false, get_response},
    {0x00, 0x20, false, mado_card_pin_verify},
    {0x00, 0x24, false, mado_card_pin_change},
    {0x80, 0x32, false, mado_card_pin_change_key},
    {0x80, 0x2A, false, mado_card_sign_data},
    {0x00, 0x88, false, mado_card_sign_challenge},
    {0x80, 0xA2, false, refuse_terminal_certificate},
    {0x80, 0xAE, false, mado_card_session_open},
    {0x80, 0x50, false, mado_card_channel_initialize},
    {0x80, MADO_INS_PUT_DATA, true, mado_card_issuer_put},
    {0x80, MADO_INS_RESET_RETRY, true, mado_card_issuer_set_pin},
    {0x80, MADO_INS_GENERATE, true, mado_card_issuer_generate},
    {0x80, MADO_INS_UPDATE_STAGED, true, mado_card_issuer_stage},
};

static uint16_t
check_class(uint8_t cla)
{
    if (cla == 0x00 || cla == 0x80) {
        return 0x9000;
    }
    if ((cla & 0xFC) == 0x00 || (cla & 0xFC) == 0x80) {
        return 0x6881;
    }
    return (cla & 0x70) == 0 ? 0x6882 : 0x6E00;
}

static uint16_t
dispatch_plain(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    uint16_t sw = check_class(command->cla);
    bool known = false;

    if (sw != 0x9000) {
        return sw;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (commands[i].ins != command->ins) {
            continue;
        }
        known = true;
        if (commands[i].cla == command->cla) {
            if (commands[i].issuer && !mado_card_channel_is_full(self)) {
                return 0x6982;
            }
            return commands[i].run(self, command, answer);
        }
    }
    return known ? 0x6E00 : 0x6D00;
}

/* The text application's own kind of secure messaging goes around the table, everything else
 * through it. */
static uint16_t
dispatch(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    MadoCommand plain = *command;
    uint16_t sw;

    if (command->cla == CLA_HIDDEN_AND_PROVEN && self->ap == MADO_AP_TEXT) {
        return 0x6987;
    }
    if (command->cla != CLA_HIDDEN) {
        return dispatch_plain(self, command, answer);
    }
    sw = mado_card_session_enter(self, command, &plain);
    if (sw != 0x9000) {
        return sw;
    }
    sw = dispatch_plain(self, &plain, answer);
    return sw == MADO_CARD_CORE_MUTE ? sw : mado_card_session_leave(self, answer, sw);
}

/* Runs the command and leaves its whole answer, protected if need be, in `out`. */
static uint16_t
run(MadoCard *self, const MadoCommand *command)
{
    MadoCommand plain = *command;
    MadoWriter answer;
    uint16_t sw;

    if (command->cla == 0x00 && command->ins == INS_GET_RESPONSE) {
        return get_response(self, command, NULL);
    }
    forget_answer(self);
    self->is_protected = false;
    mado_writer_init(&answer, self->answer, ANSWER_CAP);
    if (command->cla != (0x80 | SM_BIT)) {
        mado_wipe(&self->channel, sizeof(self->channel));
        sw = dispatch(self, command, &answer);
    } else if (command->ins == INS_EXTERNAL_AUTHENTICATE) {
        sw = mado_card_channel_authenticate(self, command);
    } else {
        sw = mado_card_channel_enter(self, command, &plain);
        sw = sw == 0x9000 ? dispatch(self, &plain, &answer) : sw;
    }
    if (sw == MADO_CARD_CORE_MUTE) {
        return sw;
    }
    if (!mado_writer_ok(&answer)) {
        return 0x6F00;
    }
    return mado_card_channel_leave(self, mado_writer_len(&answer), sw);
}

/* At most ne bytes of what waits; 61xx tells of the rest. */
static void
deliver(MadoCard *self, uint16_t sw, size_t ne, MadoWriter *writer)
{
    size_t left = self->out_len - self->out_at;
    size_t n = left < ne ? left : ne;

    if (!mado_scp03_session_is_protected(sw)) {
        mado_writer_u16(writer, sw);
        return;
    }
    if (sw == 0x9000 && n < left) {
        size_t rest = left - n;

        self->out_sw = sw;
        sw = (uint16_t)(0x6100 | (rest > 0xFF ? 0 : rest));
    }
    mado_writer_bytes(writer, self->out + self->out_at, n);
    mado_writer_u16(writer, sw);
    self->out_at += n;
    if (self->out_at == self->out_len) {
        forget_answer(self);
    }
}

static uint16_t
take_command(MadoCard *self, const uint8_t *bytes, size_t len, size_t *ret_ne)
{
    MadoCommand command;
    bool was_fresh = self->fresh;

    self->fresh = false;
    if (was_fresh) {
        return 0x6F00; /* as measured on a real card */
    }
    if (mado_apdu_decode(bytes, len, &command) != MADO_BYTES_OK) {
        forget_answer(self);
        return 0x6700;
    }
    *ret_ne = command.ne;
    return run(self, &command);
}

MadoCardStatus
mado_card_exchange(MadoCard *self,
                   const uint8_t *command,
                   size_t command_len,
                   uint8_t *ret_answer,
                   size_t cap,
                   size_t *ret_len)
{
    MadoWriter writer;
    uint16_t sw;
    size_t ne = 0;

    if (!self->powered) {
        return MADO_CARD_MUTE;
    }
    sw = take_command(self, command, command_len, &ne);
    mado_wipe(self->answer, ANSWER_CAP);
    mado_wipe(self->plain, MADO_APDU_MAX_DATA);
    if (sw == MADO_CARD_CORE_MUTE) {
        return MADO_CARD_MUTE;
    }
    mado_writer_init(&writer, ret_answer, cap);
    deliver(self, sw, ne, &writer);
    if (!mado_writer_ok(&writer)) {
        mado_writer_init(&writer, ret_answer, cap);
        mado_writer_u16(&writer, 0x6F00);
    }
    *ret_len = mado_writer_len(&writer);
    return mado_writer_ok(&writer) ? MADO_CARD_OK : MADO_CARD_MUTE;
}
