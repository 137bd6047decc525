/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/card/visual.h"

#include "common/facedata.h"
#include "daemon/card/file.h"

#define CLA_PSO 0x80U
#define INS_PSO 0x2AU

MadoSecret *
mado_visual_face(MadoCard *card, GError **error)
{
    return mado_file_read(card, MADO_AP_VISUAL, MADO_EF_VISUAL_FACE, error);
}

MadoSecret *
mado_visual_number(MadoCard *card, GError **error)
{
    return mado_file_read(card, MADO_AP_VISUAL, MADO_EF_VISUAL_NUMBER, error);
}

MadoSecret *
mado_visual_certificate(MadoCard *card, GError **error)
{
    return mado_file_read(card, MADO_AP_VISUAL, MADO_EF_VISUAL_CVC, error);
}

GBytes *
mado_visual_prove(MadoCard *card, const guint8 *nonce, gsize nonce_len, GError **error)
{
    guint8 challenge[MADO_FACEDATA_CHALLENGE_LEN];
    MadoCommand command = {.cla = CLA_PSO,
                           .ins = INS_PSO,
                           .data = challenge,
                           .data_len = sizeof challenge,
                           .ne = 256};
    MadoResponse response;

    mado_facedata_challenge(nonce, nonce_len, challenge);
    if (!mado_card_select(card, MADO_AP_VISUAL, error) ||
        !mado_card_exchange(card, &command, &response, error) ||
        !mado_card_expect_ok(&response, "signing a nonce", error))
        return NULL;
    return g_bytes_new(response.data, response.data_len);
}
