/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 共通カードAP: what is printed on the card. Worker's thread. */
#pragma once

#include "daemon/card/card.h"

typedef struct {
    char serial[MADO_SERIAL_LEN + 1];
    char municipality[MADO_MUNICIPALITY_LEN + 1];
    char expiry[MADO_DATE_LEN + 1];
} MadoCommonJukiRecord;

/* CARD_UNKNOWN without the application, CARD_DATA unless record 1 is 01 1C + 28 digits. */
gboolean
mado_common_juki_record(MadoCard *card, MadoCommonJukiRecord *ret_record, GError **error);
