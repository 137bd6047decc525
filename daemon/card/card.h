/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MadoCard: the card in one reader, through one transport, on one worker's thread. It knows
 * APDUs and nothing of what they mean; the applications are daemon/card/<application>.h, which
 * offer named operations only.
 *
 * Selecting is cached, so asking twice costs nothing; a power-up empties the cache. Each
 * exchange is logged with INS, P1P2, status word, request id and microseconds, never with data.
 *
 * Errors of everything that touches the card: SERVICE_GONE, READER_GONE, CARD_ABSENT,
 * CARD_REMOVED, CARD_MUTE, BUSY, the code of a raised interrupt; CARD_CHANGED, see bind.
 */
#pragma once

#include "common/apdu.h"
#include "daemon/interrupt.h"
#include "daemon/transport.h"

#include <madoguchi/card.h>

typedef struct _MadoCard MadoCard;

/* (transfer full): @transport (transfer full), @interrupt referenced. */
MadoCard *
mado_card_new(const char *reader, MadoTransport *transport, MadoInterrupt *interrupt);
void
mado_card_free(MadoCard *self); /* powers down first */

/* Where log lines of the next exchanges belong; copied. */
void
mado_card_set_request_id(MadoCard *self, const char *request_id);

/*
 * Powers up when it is not; nothing when it is. After bind, also checks that it is still the
 * same card: CARD_CHANGED, and powered down, when not.
 */
gboolean
mado_card_power_on(MadoCard *self, GError **error);
/* Clears every security status on the card. */
void
mado_card_power_off(MadoCard *self);
gboolean
mado_card_is_powered(const MadoCard *self);
/* Raised by every power-up: a secure channel, a verified PIN and a staged script of an older
 * generation are gone. 0 before the first. */
guint
mado_card_generation(const MadoCard *self);

/*
 * From now on only the card with this id (GET DATA 0045) may be in the reader. NULL: any card.
 */
void
mado_card_bind(MadoCard *self, const guint8 *card_id);

/*
 * One command. 61xx is fetched by GET RESPONSE until all is here; 6Cxx is answered by repeating
 * with the told Le, except under secure messaging, where a repetition would end the session.
 * Any status word is success here. *ret_response borrows from the card until the next exchange.
 */
gboolean
mado_card_exchange(MadoCard *self,
                   const MadoCommand *command,
                   MadoResponse *ret_response,
                   GError **error);
/* The same for a whole command of the centre's script: sent as it is. CENTRE_ANSWER when it is
 * not a command at all. */
gboolean
mado_card_exchange_bytes(MadoCard *self,
                         const guint8 *command,
                         gsize len,
                         MadoResponse *ret_response,
                         GError **error);

/* 9000 or @error: CARD_REFUSED with @doing and the number; PIN_BLOCKED for 6983 and 6984,
 * CARD_STATE for 6985. */
gboolean
mado_card_expect_ok(const MadoResponse *response, const char *doing, GError **error);

/* SELECT by AID, unless it is the current application. CARD_UNKNOWN when the card has no such
 * application. Repeats once after 6F00 as first answer since power-up. */
gboolean
mado_card_select(MadoCard *self, MadoAp ap, GError **error);
/* SELECT EF in the current application; CARD_REFUSED (6A82) when there is none. */
gboolean
mado_card_select_file(MadoCard *self, guint16 ef, GError **error);
/* A secure channel or a script selected or changed something by itself. */
void
mado_card_forget_selection(MadoCard *self);

/*
 * Extended length: tried until it is refused once, then no more for as long as the claim lasts.
 * Once it worked a failure has another cause.
 */
gboolean
mado_card_has_extended(const MadoCard *self);
void
mado_card_refuse_extended(MadoCard *self);
void
mado_card_note_extended(MadoCard *self);
gboolean
mado_card_took_extended(const MadoCard *self);

/* Exchanges since mado_card_new(), GET RESPONSE and repetitions included. */
guint64
mado_card_n_exchanges(const MadoCard *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoCard, mado_card_free)
