/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/body-receipt.h"

#include "common/fields.h"
#include "common/scratch.h"

static const MadoField receipt_rows[] = {
    MADO_FIELD_ROW_TEXT(
        MADO_MSG_REQUEST_ID, "REQUEST_ID", MADO_FIELD_ID, MadoBodyReceipt, request_id, FALSE),
    MADO_FIELD_ROW_NUMBER(MADO_MSG_PROCEDURE,
                          "PROCEDURE",
                          MadoBodyReceipt,
                          procedure,
                          1,
                          MADO_PROCEDURE_RETURN,
                          FALSE),
    MADO_FIELD_ROW_NUMBER(MADO_MSG_SLOT_CODE,
                          "SLOT_CODE",
                          MadoBodyReceipt,
                          slots,
                          1,
                          MADO_SLOT_AUTH | MADO_SLOT_SIGN,
                          FALSE),
    MADO_FIELD_ROW_NUMBER(
        MADO_RCP_OUTCOME, "RCP_OUTCOME", MadoBodyReceipt, outcome, 4, G_MAXUINT32, TRUE),
    MADO_FIELD_ROW_TEXT(
        MADO_MSG_DETAIL, "DETAIL", MADO_FIELD_TEXT, MadoBodyReceipt, detail, FALSE),
};

static const MadoFields receipt_fields = {"receipt body", MADO_ERROR_CENTRE_ANSWER,
                                          receipt_rows, G_N_ELEMENTS(receipt_rows)};

static const MadoField ack_rows[] = {
    MADO_FIELD_ROW_NUMBER(
        MADO_RCP_EPOCH, "RCP_EPOCH", MadoBodyReceiptAck, epoch, 4, G_MAXUINT32, TRUE),
    MADO_FIELD_ROW_NUMBER(MADO_RCP_HEAD_NUMBER,
                          "RCP_HEAD_NUMBER",
                          MadoBodyReceiptAck,
                          head_number,
                          8,
                          G_MAXINT64,
                          TRUE),
    MADO_FIELD_ROW_FIXED(MADO_RCP_HEAD_HASH, "RCP_HEAD_HASH", MadoBodyReceiptAck, head_hash),
};

static const MadoFields ack_fields = {"RECEIPT_ACK", MADO_ERROR_CENTRE_ANSWER, ack_rows,
                                      G_N_ELEMENTS(ack_rows)};

static MadoSecret *
format(const MadoFields *fields, gconstpointer self, GError **error)
{
    MadoWriter writer;
    g_autoptr(MadoSecret) scratch = mado_scratch_new(&writer);

    if (!mado_fields_format(fields, self, &writer, error))
        return NULL;
    return mado_scratch_finish(scratch, &writer, fields->what, error);
}

MadoSecret *
mado_body_receipt_format(const MadoBodyReceipt *self, GError **error)
{
    return format(&receipt_fields, self, error);
}

gboolean
mado_body_receipt_parse(const guint8 *body,
                        gsize len,
                        MadoBodyReceipt *ret_body,
                        GError **error)
{
    MadoBodyReceipt parsed = {0};

    if (!mado_fields_parse(&receipt_fields, body, len, &parsed, error))
        return FALSE;
    *ret_body = parsed;
    return TRUE;
}

MadoSecret *
mado_body_receipt_format_ack(const MadoBodyReceiptAck *self, GError **error)
{
    return format(&ack_fields, self, error);
}

gboolean
mado_body_receipt_parse_ack(const guint8 *body,
                            gsize len,
                            MadoBodyReceiptAck *ret_ack,
                            GError **error)
{
    MadoBodyReceiptAck parsed = {0};

    if (!mado_fields_parse(&ack_fields, body, len, &parsed, error))
        return FALSE;
    *ret_ack = parsed;
    return TRUE;
}
