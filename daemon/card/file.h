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
 * CARD_DATA when it is longer than offsets reach. A length that lies is for the parser to find.
 */
MadoSecret *
mado_file_read(MadoCard *card, MadoAp ap, guint16 ef, GError **error);

/* The first @len (1 to 256) bytes of a file that is no TLV object. CARD_DATA when it is
 * shorter. */
gboolean
mado_file_read_head(
    MadoCard *card, MadoAp ap, guint16 ef, guint8 *data, gsize len, GError **error);
