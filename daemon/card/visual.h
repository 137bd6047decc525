/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 券面事項確認AP: the face of the card. The caller has verified 照合番号A or B
 * (mado_pin_verify) in this generation where a file wants it. Worker's thread. (transfer full)
 * results are files as read; common/facedata.h takes them apart.
 */
#pragma once

#include "daemon/card/card.h"

MadoSecret *
mado_visual_face(MadoCard *card, GError **error); /* EF 0002: A or B */
MadoSecret *
mado_visual_number(MadoCard *card, GError **error); /* EF 0005: A */
MadoSecret *
mado_visual_certificate(MadoCard *card, GError **error); /* EF 0004, CVC: free */
/*
 * Anti-clone: the face application's default key signs SHA-256 of @nonce (80 2A 00 00, free).
 * (transfer full): 256 bytes, not verified here.
 */
GBytes *
mado_visual_prove(MadoCard *card, const guint8 *nonce, gsize nonce_len, GError **error);
