/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Receipts: doc/messages.md 4. Format, parse, open, chain check. Signing and encrypting are
 * envelope.h's. Pure CPU, any thread. */
#pragma once

#include "common/peer.h"
#include "madoguchi/card.h"
#include "madoguchi/message.h"

#include <gio/gio.h>

typedef struct {
    MadoRealmCode realm;
    char terminal[33];
    guint8 visit[16];
    guint8 transaction[16];
    guint8 card_id[MADO_CARD_ID_LEN];
    gboolean has_card;
    gint64 time_ms;
    guint32 epoch;
    guint64 number;
    guint8 previous[32];
    MadoReceiptKind kind;
    char operator_id[33];
    gint64 monotonic_ms;
    guint8 boot_id[16];
    gint64 centre_time_ms;
    guint8 key_id[32];
} MadoReceipt;

/* (transfer full): header TLV with @body (EnvelopedData) as RCP_BODY; this is what is signed.
 */
GBytes *
mado_receipt_format(const MadoReceipt *self, GBytes *body, GError **error);
/* *ret_body (transfer full, nullable out). */
gboolean
mado_receipt_parse(
    const guint8 *data, gsize len, MadoReceipt *ret_receipt, GBytes **ret_body, GError **error);
/* A signed receipt as it lies in a journal or at the centre: the signature verifies, and its
 * signer's certificate is the one of RCP_KEY_ID and of TERMINAL. CENTRE_ANSWER. *ret_body
 * (transfer full, nullable out). */
gboolean
mado_receipt_open(const MadoPeer *from,
                  GBytes *cms,
                  MadoReceipt *ret_receipt,
                  GBytes **ret_body,
                  GError **error);
/* (transfer none): "visit-opened", "committed", ..., or "unknown". */
const char *
mado_receipt_kind_name(MadoReceiptKind kind);
/* One link: number is @previous_number + 1 (1 for none) and PREVIOUS equals @previous_hash
 * (zeros for none). */
gboolean
mado_receipt_check_link(const MadoReceipt *self,
                        guint64 previous_number,
                        const guint8 previous_hash[32],
                        GError **error);
