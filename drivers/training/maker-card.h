/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a personalisation order to a card as the factory delivers it: life cycle PERSONALISED,
 * no holder's PIN. */
#pragma once

#include "drivers/training/card-state.h"
#include "drivers/training/maker-order.h"

/* What may be wrong with a card on purpose, for the tests of those who must notice. */
typedef enum {
    MADO_MAKER_DEFECT_NONE,
    MADO_MAKER_DEFECT_FACE_SIGNATURE, /* visual 0002: a flipped bit in the signature */
    MADO_MAKER_DEFECT_TEXT_SIGNATURE, /* text 0003: the same */
    MADO_MAKER_DEFECT_CVC,            /* both CVCs: a flipped bit in the CA's signature */
    MADO_MAKER_DEFECT_CLONE,          /* right data, other private keys */
    MADO_MAKER_DEFECT_TRUNCATED,      /* the data files end in the middle */
    MADO_MAKER_DEFECT_LENGTH,         /* a length inside that points past the end */
    MADO_MAKER_DEFECT_FOREIGN,        /* another scheme's card: none of the applications */
    MADO_MAKER_N_DEFECTS
} MadoMakerDefect;

/* The name on the command line; NULL beyond the last. */
const char *
mado_maker_card_defect_name(MadoMakerDefect defect);
gboolean
mado_maker_card_defect_parse(const char *name, MadoMakerDefect *ret_defect);

/* Fills an empty state; on failure it may be half full: clear it. */
gboolean
mado_maker_card_fill(const MadoMakerOrder *order,
                     MadoMakerDefect defect,
                     MadoCardState *state,
                     GError **error);
