/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A message between daemon and centre: header struct + body TLV (include/madoguchi/message.h,
 * doc/messages.md 1). The whole plain form is a MadoSecret: a body may hold transport PINs.
 */
#pragma once

#include "common/secret.h"
#include "madoguchi/card.h"
#include "madoguchi/message.h"

#define MADO_MESSAGE_TERMINAL_MAX 32
#define MADO_MESSAGE_ID_LEN       16
#define MADO_MESSAGE_HASH_LEN     32

typedef struct {
    MadoRealmCode realm;
    MadoMessageType type;
    char terminal[MADO_MESSAGE_TERMINAL_MAX + 1];
    guint8 visit[MADO_MESSAGE_ID_LEN];
    guint8 transaction[MADO_MESSAGE_ID_LEN];
    guint16 step_number;
    guint32 attempt;
    guint32 fencing;
    guint8 card_id[MADO_CARD_ID_LEN];
    gboolean has_card;
    guint8 nonce[MADO_MESSAGE_ID_LEN];
    gint64 time_ms;
    guint8 request_hash[MADO_MESSAGE_HASH_LEN]; /* replies only */
    gboolean has_request_hash;
} MadoMessageHeader;

/* (transfer full): the TLV of @header and @body (a ready sequence of body objects, @body_len
 * bytes). */
MadoSecret *
mado_message_format(const MadoMessageHeader *header,
                    const guint8 *body,
                    gsize body_len,
                    GError **error);
/* Bounds-checked; unknown, missing, repeated or badly sized header objects are refused with
 * CENTRE_ANSWER. *ret_body borrows from @plain. */
gboolean
mado_message_parse(const MadoSecret *plain,
                   MadoMessageHeader *ret_header,
                   const guint8 **ret_body,
                   gsize *ret_body_len,
                   GError **error);
/* Fills visit-independent fields: version is implied, fresh nonce, time now. */
void
mado_message_header_init(MadoMessageHeader *self,
                         MadoMessageType type,
                         MadoRealmCode realm,
                         const char *terminal);
/* (transfer full) lower-case hex of 16 bytes: visit ids, keys. */
char *
mado_message_id_to_hex(const guint8 *id);
gboolean
mado_message_id_from_hex(const char *hex, guint8 *ret_id);
