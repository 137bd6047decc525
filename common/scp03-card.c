/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/scp03-card.h"

#include "common/wipe.h"

#include <string.h>

#define SM_BIT 0x04U

MadoScp03Status
mado_scp03_card_begin(MadoScp03Card *self,
                      const MadoScp03Keys *keys,
                      const uint8_t host_challenge[MADO_SCP03_CHALLENGE_LEN],
                      const uint8_t card_challenge[MADO_SCP03_CHALLENGE_LEN],
                      uint8_t ret_cryptogram[MADO_SCP03_CRYPTOGRAM_LEN])
{
    MadoScp03Status status;

    mado_wipe(self, sizeof(*self));
    status = mado_scp03_session_derive(keys, host_challenge, card_challenge, &self->session);
    if (status == MADO_SCP03_OK) {
        status = mado_scp03_session_cryptogram(&self->session, MADO_SCP03_CRYPTOGRAM_HOST,
                                               host_challenge, card_challenge,
                                               self->host_cryptogram);
    }
    if (status == MADO_SCP03_OK) {
        status = mado_scp03_session_cryptogram(&self->session, MADO_SCP03_CRYPTOGRAM_CARD,
                                               host_challenge, card_challenge, ret_cryptogram);
    }
    if (status != MADO_SCP03_OK) {
        mado_wipe(self, sizeof(*self));
        return status;
    }
    self->begun = true;
    return MADO_SCP03_OK;
}

/* Checks the MAC at the end of the data and moves the chain; *ret_len is the length before it.
 */
static MadoScp03Status
check_mac(MadoScp03Session *session, const MadoCommand *command, size_t *ret_len)
{
    const uint8_t header[4] = {(uint8_t)(command->cla | SM_BIT), command->ins, command->p1,
                               command->p2};
    uint8_t mac[MADO_SCP03_BLOCK_LEN];
    MadoScp03Status status;
    size_t len;

    if (command->data_len < MADO_SCP03_MAC_LEN) {
        return MADO_SCP03_BAD_MAC;
    }
    len = command->data_len - MADO_SCP03_MAC_LEN;
    status =
        mado_scp03_session_c_mac(session, header, command->data, len, command->extended, mac);
    if (status != MADO_SCP03_OK) {
        return status;
    }
    if (!mado_wipe_equal(mac, command->data + len, MADO_SCP03_MAC_LEN)) {
        return MADO_SCP03_BAD_MAC;
    }
    memcpy(session->chain, mac, sizeof(mac));
    *ret_len = len;
    return MADO_SCP03_OK;
}

MadoScp03Status
mado_scp03_card_authenticate(MadoScp03Card *self, const MadoCommand *command)
{
    MadoScp03Status status;
    size_t len;

    if (!self->begun || self->open) {
        return MADO_SCP03_BAD_FORM;
    }
    status = check_mac(&self->session, command, &len);
    if (status != MADO_SCP03_OK) {
        return status;
    }
    if (len != MADO_SCP03_CRYPTOGRAM_LEN ||
        !mado_wipe_equal(command->data, self->host_cryptogram, MADO_SCP03_CRYPTOGRAM_LEN)) {
        return MADO_SCP03_BAD_CRYPTOGRAM;
    }
    if (!mado_scp03_session_is_level(command->p1)) {
        return MADO_SCP03_BAD_LEVEL;
    }
    self->session.level = command->p1;
    self->session.counter = 0;
    self->open = true;
    return MADO_SCP03_OK;
}

MadoScp03Status
mado_scp03_card_unwrap(MadoScp03Card *self,
                       const MadoCommand *command,
                       uint8_t *ret_data,
                       MadoCommand *ret_plain)
{
    MadoScp03Session *session = &self->session;
    MadoScp03Piece data = {command->data, 0};
    MadoScp03Status status = MADO_SCP03_OK;
    size_t len = command->data_len;

    if (!self->open) {
        return MADO_SCP03_BAD_FORM;
    }
    if ((session->level & MADO_SCP03_LEVEL_C_MAC) != 0) {
        status = check_mac(session, command, &len);
        if (status != MADO_SCP03_OK) {
            return status;
        }
    }
    session->counter++;
    data.len = len;
    if (len > 0 && (session->level & MADO_SCP03_LEVEL_C_DEC) != 0) {
        status =
            mado_scp03_session_decrypt(session, session->counter, false, &data, ret_data, &len);
    } else if (len > 0) {
        memcpy(ret_data, command->data, len);
    }
    if (status != MADO_SCP03_OK) {
        return status;
    }
    *ret_plain = *command;
    ret_plain->cla = (uint8_t)(command->cla & ~SM_BIT);
    ret_plain->data = ret_data;
    ret_plain->data_len = len;
    return MADO_SCP03_OK;
}

MadoScp03Status
mado_scp03_card_protect(const MadoScp03Card *self,
                        const uint8_t *data,
                        size_t len,
                        uint16_t sw,
                        uint8_t *ret_data,
                        size_t *ret_len)
{
    const MadoScp03Session *session = &self->session;
    const MadoScp03Piece plain = {data, len};
    MadoScp03Status status = MADO_SCP03_OK;
    size_t out_len = len;

    if (!mado_scp03_session_is_protected(sw)) {
        *ret_len = 0;
        return MADO_SCP03_OK;
    }
    if (len > 0 && (session->level & MADO_SCP03_LEVEL_R_ENC) != 0) {
        status = mado_scp03_session_encrypt(session, session->counter, true, &plain, ret_data,
                                            &out_len);
    } else if (len > 0) {
        memcpy(ret_data, data, len);
    }
    if (status == MADO_SCP03_OK && (session->level & MADO_SCP03_LEVEL_R_MAC) != 0) {
        status = mado_scp03_session_r_mac(session, session->chain, ret_data, out_len, sw,
                                          ret_data + out_len);
        out_len += MADO_SCP03_MAC_LEN;
    }
    if (status == MADO_SCP03_OK) {
        *ret_len = out_len;
    }
    return status;
}
