/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a whole EF with the fewest commands: one READ BINARY by short EF identifier with
 * extended length, else pieces of 256 bytes after the length is known from the first one.
 * Worker's thread.
 */
#pragma once

#include "daemon/card/card.h"

/*
 * (transfer full): the file as it is on the card, filler included; at most MADO_LIMIT_EF_LEN.
 * In pieces, reading stops where the outer object ends, two bytes of filler aside, which the
 * text application signs. Selects @ap. Besides the card's: CARD_REFUSED (6982: not allowed),
 * CARD_DATA when the length it tells is a lie.
 */
MadoSecret *
mado_file_read(MadoCard *card, MadoAp ap, guint16 ef, GError **error);
