/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The issuer's end of a card's secure channel, as the centre uses it: one channel per visit, in
 * memory only. It is begun from the card's answer to INITIALIZE UPDATE, makes one script at a
 * time and opens its answers. A channel that is lost (service restarted, card reset) is no
 * fault: the visit asks for a fresh one. Owned and used by the writing thread.
 */
#pragma once

#include "common/body-reply.h"
#include "common/body-step.h"
#include "common/record.h"
#include "madoguchi/card.h"
#include "madoguchi/limits.h"

typedef struct _MadoChannel MadoChannel;

/* What the opened answers of a script told, all of it under R-MAC. */
typedef struct {
    gboolean has_record;
    MadoRecord record; /* of the last GET RECORD */
    guint8 key_slots;  /* set of MadoSlot whose key was made */
    guint8 key_hashes[MADO_SLOT_SIGN + 1][MADO_RECORD_HASH_LEN]; /* by slot; of the template */
} MadoChannelResult;

/* The issuer's side of one card. */
typedef struct {
    MadoRealmCode realm;
    const MadoSecret *master; /* borrowed */
    const guint8 *card_id;    /* borrowed */
    const guint8 *host_challenge;
} MadoChannelIssuer;

/* (transfer full): checks card id, key version, i and the card's cryptogram. REQUEST_MISMATCH
 * when it is not this card, or does not hold our keys. */
MadoChannel *
mado_channel_new(const MadoChannelIssuer *issuer,
                 const guint8 initialize[MADO_BODY_INITIALIZE_LEN],
                 GError **error);
void
mado_channel_free(MadoChannel *self); /* NULL is allowed; wipes */

/* 16 random bytes that name this channel in the database. */
const guint8 *
mado_channel_peek_id(const MadoChannel *self);

/* Starts a script: forgets the last one's answers, puts the phase and, for the first script of
 * the channel, EXTERNAL AUTHENTICATE into @reply. */
gboolean
mado_channel_begin_script(MadoChannel *self,
                          MadoScriptPhase phase,
                          MadoBodyReply *reply,
                          GError **error);
/* Wraps one command and adds it; every one allows 9000 alone. @slot: of GENERATE, else 0. */
gboolean
mado_channel_add(MadoChannel *self,
                 MadoBodyReply *reply,
                 const MadoSecret *data,
                 guint32 command, /* INS ‖ P1 ‖ P2 */
                 MadoSlot slot,
                 GError **error);

/* Opens all answers. FALSE when one is missing, refused, unprotected or altered: a later GET
 * RECORD must tell what the card did. CARD_REFUSED. */
gboolean
mado_channel_open(MadoChannel *self,
                  const MadoBodyStep *step,
                  MadoChannelResult *ret_result,
                  GError **error);

#define MADO_CHANNEL_COMMAND(ins, p1p2) (((guint32)(ins) << 16) | (guint32)(p1p2))

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoChannel, mado_channel_free)
