/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/card/genuine.h"

#include "common/digits.h"
#include "common/envelope.h"
#include "common/error.h"
#include "common/facedata.h"
#include "daemon/card/pin.h"
#include "daemon/card/visual.h"

#include <openssl/rand.h>

#include <string.h>

GBytes *
mado_genuine_ask(MadoCard *card, guint8 ret_nonce[MADO_GENUINE_NONCE_LEN], GError **error)
{
    guint8 nonce[MADO_GENUINE_NONCE_LEN];
    GBytes *answer;

    if (RAND_bytes(nonce, sizeof nonce) != 1) {
        (void)mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making a nonce");
        return NULL;
    }
    answer = mado_visual_prove(card, nonce, sizeof nonce, error);
    if (answer != NULL)
        memcpy(ret_nonce, nonce, sizeof nonce);
    return answer;
}

gboolean
mado_genuine_prove(MadoCard *card, const guint8 face_key[MADO_CVC_KEY_LEN], GError **error)
{
    guint8 nonce[MADO_GENUINE_NONCE_LEN];
    g_autoptr(GBytes) answer = mado_genuine_ask(card, nonce, error);
    gsize len = 0;
    const guint8 *data;

    if (answer == NULL)
        return FALSE;
    data = g_bytes_get_data(answer, &len);
    return mado_facedata_verify_challenge(nonce, sizeof nonce, data, len, face_key, error);
}

static gboolean
verify_number_b(MadoCard *card, const MadoSecret *number_b, GError **error)
{
    static const MadoPin pin = {MADO_AP_VISUAL, MADO_EF_VISUAL_NUMBER_B};

    if (mado_secret_len(number_b) != MADO_NUMBER_B_LEN ||
        !mado_digits_are_digits((const char *)mado_secret_peek(number_b),
                                mado_secret_len(number_b))) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_PIN_FORM, "number B has not %d digits",
                    MADO_NUMBER_B_LEN);
        return FALSE;
    }
    return mado_pin_verify(card, &pin, number_b, error);
}

gboolean
mado_genuine_check(MadoCard *card,
                   const MadoCvcAnchors *anchors,
                   const MadoSecret *number_b,
                   MadoGenuine *ret_genuine,
                   GError **error)
{
    g_autoptr(MadoSecret) certificate = NULL;
    g_autoptr(MadoSecret) face = NULL;
    MadoGenuine genuine;
    MadoCvc signer;

    if (anchors == NULL) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CONFIG,
                            "no anchors for the face data are configured");
        return FALSE;
    }
    if (!mado_card_power_on(card, error))
        return FALSE;
    /* The free file first: it also finds out whether the reader takes extended length. */
    certificate = mado_visual_certificate(card, error);
    if (certificate == NULL || !verify_number_b(card, number_b, error))
        return FALSE;
    face = mado_visual_face(card, error);
    if (face == NULL ||
        !mado_cvc_verify(anchors, mado_secret_peek(certificate), mado_secret_len(certificate),
                         &signer, error) ||
        !mado_facedata_verify_visual(mado_secret_peek(face), mado_secret_len(face), &signer,
                                     genuine.face_key, error) ||
        !mado_genuine_prove(card, genuine.face_key, error))
        return FALSE;
    mado_envelope_sha256(genuine.face_key, sizeof genuine.face_key, genuine.face_key_hash);
    *ret_genuine = genuine;
    return TRUE;
}
