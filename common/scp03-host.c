/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/scp03-host.h"

#include "common/wipe.h"

#include <string.h>

#define SM_BIT 0x04U

MadoScp03Status
mado_scp03_host_parse(const uint8_t *answer, size_t len, MadoScp03HostAnswer *ret_answer)
{
    MadoScp03HostAnswer parsed;
    MadoCursor cursor;
    uint8_t protocol;

    mado_cursor_init(&cursor, answer, len);
    if (!mado_cursor_take(&cursor, MADO_SCP03_HOST_ID_LEN, &parsed.card_id) ||
        !mado_cursor_u8(&cursor, &parsed.key_version) || !mado_cursor_u8(&cursor, &protocol) ||
        !mado_cursor_u8(&cursor, &parsed.i) ||
        !mado_cursor_take(&cursor, MADO_SCP03_CHALLENGE_LEN, &parsed.card_challenge) ||
        !mado_cursor_take(&cursor, MADO_SCP03_CRYPTOGRAM_LEN, &parsed.card_cryptogram) ||
        mado_cursor_left(&cursor) != 0 || protocol != 0x03) {
        return MADO_SCP03_BAD_FORM;
    }
    *ret_answer = parsed;
    return MADO_SCP03_OK;
}

MadoScp03Status
mado_scp03_host_begin(const MadoScp03Keys *keys,
                      const uint8_t host_challenge[MADO_SCP03_CHALLENGE_LEN],
                      const MadoScp03HostAnswer *answer,
                      MadoScp03Host *ret_host)
{
    const uint8_t *card_challenge = answer->card_challenge;
    uint8_t cryptogram[MADO_SCP03_CRYPTOGRAM_LEN];
    MadoScp03Status status;

    mado_wipe(ret_host, sizeof(*ret_host));
    status =
        mado_scp03_session_derive(keys, host_challenge, card_challenge, &ret_host->session);
    if (status == MADO_SCP03_OK) {
        status = mado_scp03_session_cryptogram(&ret_host->session, MADO_SCP03_CRYPTOGRAM_CARD,
                                               host_challenge, card_challenge, cryptogram);
    }
    if (status == MADO_SCP03_OK &&
        !mado_wipe_equal(cryptogram, answer->card_cryptogram, sizeof(cryptogram))) {
        status = MADO_SCP03_BAD_CRYPTOGRAM;
    }
    if (status == MADO_SCP03_OK) {
        status = mado_scp03_session_cryptogram(&ret_host->session, MADO_SCP03_CRYPTOGRAM_HOST,
                                               host_challenge, card_challenge,
                                               ret_host->host_cryptogram);
    }
    if (status != MADO_SCP03_OK) {
        mado_wipe(ret_host, sizeof(*ret_host));
    }
    return status;
}

/* Header, Lc, data, MAC; moves the chain only when all of it was written. */
static MadoScp03Status
write_maced(MadoScp03Session *session,
            const uint8_t header[4],
            const MadoScp03Piece *data,
            bool with_le,
            MadoWriter *writer)
{
    uint8_t mac[MADO_SCP03_BLOCK_LEN];
    MadoScp03Status status;

    status = mado_scp03_session_c_mac(session, header, data->data, data->len, false, mac);
    if (status != MADO_SCP03_OK) {
        return status;
    }
    mado_writer_bytes(writer, header, 4);
    mado_writer_u8(writer, (uint8_t)(data->len + MADO_SCP03_MAC_LEN));
    mado_writer_bytes(writer, data->data, data->len);
    mado_writer_bytes(writer, mac, MADO_SCP03_MAC_LEN);
    if (with_le) {
        mado_writer_u8(writer, 0x00);
    }
    if (!mado_writer_ok(writer)) {
        return MADO_SCP03_FULL;
    }
    memcpy(session->chain, mac, sizeof(mac));
    return MADO_SCP03_OK;
}

MadoScp03Status
mado_scp03_host_authenticate(MadoScp03Host *self, uint8_t level, MadoWriter *writer)
{
    const uint8_t header[4] = {0x84, 0x82, level, 0x00};
    MadoScp03Piece data = {self->host_cryptogram, sizeof(self->host_cryptogram)};
    MadoScp03Status status;

    if (!mado_scp03_session_is_level(level)) {
        return MADO_SCP03_BAD_LEVEL;
    }
    status = write_maced(&self->session, header, &data, false, writer);
    if (status == MADO_SCP03_OK) {
        self->session.level = level;
        self->session.counter = 0;
    }
    return status;
}

MadoScp03Status
mado_scp03_host_wrap(MadoScp03Host *self,
                     const MadoCommand *command,
                     MadoWriter *writer,
                     MadoScp03Expected *ret_expected)
{
    const uint8_t header[4] = {(uint8_t)(command->cla | SM_BIT), command->ins, command->p1,
                               command->p2};
    MadoScp03Session *session = &self->session;
    uint8_t encrypted[256];
    size_t encrypted_len = 0;
    MadoScp03Piece data = {command->data, command->data_len};
    bool with_le = (session->level & MADO_SCP03_LEVEL_R_MAC) != 0 || command->ne > 0;
    bool encrypt = (session->level & MADO_SCP03_LEVEL_C_DEC) != 0;
    MadoScp03Status status = MADO_SCP03_OK;

    if ((session->level & MADO_SCP03_LEVEL_C_MAC) == 0) {
        return MADO_SCP03_BAD_LEVEL;
    }
    if (data.len > (encrypt ? MADO_SCP03_MAX_ENCRYPTED : MADO_SCP03_MAX_DATA)) {
        return MADO_SCP03_FULL;
    }
    if (encrypt && data.len > 0) {
        status = mado_scp03_session_encrypt(session, session->counter + 1, false, &data,
                                            encrypted, &encrypted_len);
        data.data = encrypted;
        data.len = encrypted_len;
    }
    if (status == MADO_SCP03_OK) {
        status = write_maced(session, header, &data, with_le, writer);
    }
    if (status == MADO_SCP03_OK) {
        session->counter++;
        memcpy(ret_expected->chain, session->chain, sizeof(session->chain));
        ret_expected->counter = session->counter;
    }
    return status;
}

MadoScp03Status
mado_scp03_host_open(const MadoScp03Host *self,
                     const MadoScp03Expected *expected,
                     const MadoResponse *response,
                     uint8_t *ret_data,
                     size_t *ret_len)
{
    const MadoScp03Session *session = &self->session;
    uint8_t mac[MADO_SCP03_MAC_LEN];
    MadoScp03Piece data = {response->data, 0};
    MadoScp03Status status;
    size_t len;

    if (!mado_scp03_session_is_protected(response->sw)) {
        return MADO_SCP03_UNPROTECTED;
    }
    if ((session->level & MADO_SCP03_LEVEL_R_MAC) == 0) {
        memcpy(ret_data, response->data, response->data_len);
        *ret_len = response->data_len;
        return MADO_SCP03_OK;
    }
    if (response->data_len < MADO_SCP03_MAC_LEN) {
        return MADO_SCP03_BAD_MAC;
    }
    len = response->data_len - MADO_SCP03_MAC_LEN;
    data.len = len;
    status = mado_scp03_session_r_mac(session, expected->chain, response->data, len,
                                      response->sw, mac);
    if (status != MADO_SCP03_OK) {
        return status;
    }
    if (!mado_wipe_equal(mac, response->data + len, sizeof(mac))) {
        return MADO_SCP03_BAD_MAC;
    }
    if (len > 0 && (session->level & MADO_SCP03_LEVEL_R_ENC) != 0) {
        return mado_scp03_session_decrypt(session, expected->counter, true, &data, ret_data,
                                          ret_len);
    }
    memcpy(ret_data, response->data, len);
    *ret_len = len;
    return MADO_SCP03_OK;
}
