/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two small bodies around receipts (doc/messages.md 4): what is encrypted inside one, and the
 * centre's acknowledgement.
 */
#pragma once

#include "common/body-parts.h"
#include "madoguchi/errors.h"

/* Inside RCP_BODY. */
typedef struct {
    char request_id[MADO_BODY_ID_MAX + 1]; /* empty when the step concerns no request */
    MadoProcedure procedure;               /* 0: none (a PIN changed outside a visit) */
    guint8 slots;                          /* set of MadoSlot the step touched */
    guint32 outcome;                       /* MadoErrorCode, or 0: done */
    char detail[MADO_BODY_DETAIL_MAX + 1]; /* may be personal: it is encrypted */
} MadoBodyReceipt;

/* The head the centre holds; body of RECEIPT_ACK. Number 0 and a hash of zeros: none yet. */
typedef struct {
    guint32 epoch;
    guint64 head_number;
    guint8 head_hash[32];
} MadoBodyReceiptAck;

/* (transfer full): for mado_envelope_encrypt(). */
MadoSecret *
mado_body_receipt_format(const MadoBodyReceipt *self, GError **error);
gboolean
mado_body_receipt_parse(const guint8 *body,
                        gsize len,
                        MadoBodyReceipt *ret_body,
                        GError **error);

/* (transfer full): for mado_message_format(). */
MadoSecret *
mado_body_receipt_format_ack(const MadoBodyReceiptAck *self, GError **error);
gboolean
mado_body_receipt_parse_ack(const guint8 *body,
                            gsize len,
                            MadoBodyReceiptAck *ret_ack,
                            GError **error);
