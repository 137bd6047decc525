/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The card manager (doc/card-profile.md): card id, admin record, staged public keys, and the
 * transport of the issuer's secure channel, whose keys only the centre has. Worker's thread.
 */
#pragma once

#include "daemon/card/card.h"

/* CARD_UNKNOWN when the card has no profile of ours. */
gboolean
mado_isd_card_id(MadoCard *card, guint8 ret_id[MADO_CARD_ID_LEN], GError **error);
/* (transfer full): value of object DF70 with its tag, as read in plain: good for showing, never
 * for deciding. CARD_UNKNOWN without profile. */
GBytes *
mado_isd_record(MadoCard *card, GError **error);
/* (transfer full): 7F49 template; NOT_FOUND when nothing is staged in @slot. */
GBytes *
mado_isd_staged_key(MadoCard *card, MadoSlot slot, GError **error);
/* (transfer full): the 29 bytes answered, unopened. Selects the ISD first. */
GBytes *
mado_isd_initialize_update(MadoCard *card,
                           guint8 key_version,
                           const guint8 host_challenge[MADO_CHALLENGE_LEN],
                           GError **error);
