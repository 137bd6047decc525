/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is this the card it says it is: the chain of the signer's CVC, the signature over the face
 * data, and a fresh nonce signed by the key the face data name. Worker's thread. Powers the
 * card up when it is not.
 */
#pragma once

#include "common/cvc.h"
#include "daemon/card/card.h"

#define MADO_GENUINE_NONCE_LEN 32U

typedef struct {
    guint8 face_key[MADO_CVC_KEY_LEN]; /* DF24's value */
    guint8 face_key_hash[32];          /* its SHA-256: MADO_MSG_FACE_KEY */
} MadoGenuine;

/*
 * @number_b: 照合番号B; verified once, PIN_WRONG with tries, PIN_FORM, PIN_BLOCKED.
 * CARD_FORGED: chain or signature; CARD_CLONED: the answer to the nonce; REALM: a card of the
 * other realm; CONFIG: no anchors. Leaves the visual application selected.
 */
gboolean
mado_genuine_check(MadoCard *card,
                   const MadoCvcAnchors *anchors,
                   const MadoSecret *number_b,
                   MadoGenuine *ret_genuine,
                   GError **error);

/*
 * The card's half of the last of these alone: a fresh nonce and (transfer full) the card's
 * answer to it, to be checked with a key from verified face data
 * (mado_facedata_verify_challenge).
 */
GBytes *
mado_genuine_ask(MadoCard *card, guint8 ret_nonce[MADO_GENUINE_NONCE_LEN], GError **error);
/* Both halves, with such a key. CARD_CLONED. */
gboolean
mado_genuine_prove(MadoCard *card, const guint8 face_key[MADO_CVC_KEY_LEN], GError **error);
