/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 券面事項入力補助AP: number and four attributes as text. The caller has verified the PIN, A or
 * B in this generation. Worker's thread. (transfer full) results are files as read, filler
 * included, since the signature covers it.
 */
#pragma once

#include "daemon/card/card.h"

MadoSecret *
mado_text_number(MadoCard *card, GError **error); /* EF 0001: PIN or A */
MadoSecret *
mado_text_attributes(MadoCard *card, GError **error); /* EF 0002: PIN or B */
MadoSecret *
mado_text_signature(MadoCard *card, GError **error); /* EF 0003: any */
MadoSecret *
mado_text_certificate(MadoCard *card, GError **error); /* EF 0004, CVC: free */
