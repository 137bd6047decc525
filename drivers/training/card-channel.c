/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/card-channel.h"

#include "common/wipe.h"

#include <string.h>

#define SCP_NUMBER 0x03

uint16_t
mado_card_channel_initialize(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    const MadoCardState *state = &self->state;
    uint8_t card_challenge[MADO_CHALLENGE_LEN];
    uint8_t cryptogram[MADO_SCP03_CRYPTOGRAM_LEN];

    if (self->ap != MADO_AP_ISD) {
        return 0x6D00;
    }
    if (self->is_protected) {
        return 0x6985; /* a session is not begun from inside another */
    }
    if (command->p2 != 0x00) {
        return 0x6A86;
    }
    if (command->p1 != 0x00 && command->p1 != state->key_version) {
        return 0x6A88;
    }
    if (command->data_len != MADO_CHALLENGE_LEN) {
        return 0x6700;
    }
    if (!self->ports.random.fill(self->ports.random.user, card_challenge,
                                 sizeof(card_challenge)) ||
        mado_scp03_card_begin(&self->channel, &state->issuer_keys, command->data,
                              card_challenge, cryptogram) != MADO_SCP03_OK) {
        return 0x6F00;
    }
    mado_writer_bytes(answer, state->card_id, sizeof(state->card_id));
    mado_writer_u8(answer, state->key_version);
    mado_writer_u8(answer, SCP_NUMBER);
    mado_writer_u8(answer, MADO_SCP03_I);
    mado_writer_bytes(answer, card_challenge, sizeof(card_challenge));
    mado_writer_bytes(answer, cryptogram, sizeof(cryptogram));
    return 0x9000;
}

static uint16_t
refuse(MadoCard *self, uint16_t sw)
{
    mado_wipe(&self->channel, sizeof(self->channel));
    return sw;
}

uint16_t
mado_card_channel_authenticate(MadoCard *self, const MadoCommand *command)
{
    if (!self->channel.begun || self->channel.open) {
        return refuse(self, 0x6985);
    }
    if (command->p2 != 0x00) {
        return refuse(self, 0x6A86);
    }
    switch (mado_scp03_card_authenticate(&self->channel, command)) {
    case MADO_SCP03_OK:
        return 0x9000;
    case MADO_SCP03_BAD_MAC:
        return refuse(self, 0x6982);
    case MADO_SCP03_BAD_CRYPTOGRAM:
        return refuse(self, 0x6300);
    case MADO_SCP03_BAD_LEVEL:
        return refuse(self, 0x6A86);
    case MADO_SCP03_BAD_FORM:
    case MADO_SCP03_UNPROTECTED:
    case MADO_SCP03_FULL:
    case MADO_SCP03_CRYPTO:
    default:
        return refuse(self, 0x6F00);
    }
}

uint16_t
mado_card_channel_enter(MadoCard *self, const MadoCommand *command, MadoCommand *ret_plain)
{
    if (!self->channel.open || mado_scp03_card_unwrap(&self->channel, command, self->plain,
                                                      ret_plain) != MADO_SCP03_OK) {
        return refuse(self, 0x6982);
    }
    self->is_protected = true;
    return 0x9000;
}

bool
mado_card_channel_is_full(const MadoCard *self)
{
    return self->is_protected && self->channel.session.level == MADO_SCP03_LEVEL;
}

uint16_t
mado_card_channel_leave(MadoCard *self, size_t len, uint16_t sw)
{
    if (!self->is_protected || !self->channel.open) {
        bool has_data = mado_scp03_session_is_protected(sw);

        memcpy(self->out, self->answer, has_data ? len : 0);
        self->out_len = has_data ? len : 0;
        return sw;
    }
    if (mado_scp03_card_protect(&self->channel, self->answer, len, sw, self->out,
                                &self->out_len) != MADO_SCP03_OK) {
        return refuse(self, 0x6F00);
    }
    return sw;
}
