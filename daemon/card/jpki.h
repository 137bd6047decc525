/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 公的個人認証AP: two key pairs, four certificates. Worker's thread. */
#pragma once

#include "daemon/card/card.h"

/* (transfer full): DER without filler; NOT_FOUND when the file holds filler only. The signature
 * certificate needs its PIN verified in this generation. CARD_DATA when it is not one
 * SEQUENCE. */
GBytes *
mado_jpki_certificate(MadoCard *card, guint16 ef, GError **error);
/* EF 0008: which certificates are on the card. */
gboolean
mado_jpki_presence(MadoCard *card, gboolean *ret_auth, gboolean *ret_sign, GError **error);
/* (transfer full): label of the token, trailing spaces removed, printable ASCII only. */
char *
mado_jpki_token_label(MadoCard *card, GError **error);
/*
 * (transfer full): PKCS#1 v1.5 signature over SHA-256 @digest by the staged key of @slot; its
 * PIN must be verified in this generation. CARD_STATE when none is staged.
 */
GBytes *
mado_jpki_sign_staged(MadoCard *card, MadoSlot slot, const guint8 digest[32], GError **error);
