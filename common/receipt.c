/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/receipt.h"

#include "common/envelope.h"
#include "common/error.h"
#include "common/fields.h"
#include "common/wipe.h"
#include "madoguchi/limits.h"

#include <string.h>

/* The struct of the contract and the object that is handed out beside it. */
typedef struct {
    MadoReceipt receipt;
    GBytes *body;
} WireReceipt;

#define ROW_NUMBER(tag, name, member, len, max)                                                \
    MADO_FIELD_ROW_NUMBER(tag, name, WireReceipt, receipt.member, len, max, TRUE)
#define ROW_FIXED(tag, name, member)                                                           \
    MADO_FIELD_ROW_FIXED(tag, name, WireReceipt, receipt.member)

static const MadoField rows[] = {
    ROW_NUMBER(MADO_MSG_REALM, "REALM", realm, 1, MADO_REALM_CODE_PRODUCTION),
    MADO_FIELD_ROW_TEXT(MADO_MSG_TERMINAL,
                        "TERMINAL",
                        MADO_FIELD_TERMINAL,
                        WireReceipt,
                        receipt.terminal,
                        TRUE),
    ROW_FIXED(MADO_MSG_VISIT, "VISIT", visit),
    ROW_FIXED(MADO_MSG_TRANSACTION, "TRANSACTION", transaction),
    MADO_FIELD_ROW_FIXED_IF(
        MADO_MSG_CARD_ID, "CARD_ID", WireReceipt, receipt.card_id, receipt.has_card, TRUE),
    ROW_NUMBER(MADO_MSG_TIME, "TIME", time_ms, 8, G_MAXINT64),
    ROW_NUMBER(MADO_RCP_EPOCH, "RCP_EPOCH", epoch, 4, G_MAXUINT32),
    ROW_NUMBER(MADO_RCP_NUMBER, "RCP_NUMBER", number, 8, G_MAXINT64),
    ROW_FIXED(MADO_RCP_PREVIOUS, "RCP_PREVIOUS", previous),
    ROW_NUMBER(MADO_RCP_KIND, "RCP_KIND", kind, 1, MADO_RECEIPT_PIN_CHANGED),
    MADO_FIELD_ROW_TEXT(MADO_RCP_OPERATOR,
                        "RCP_OPERATOR",
                        MADO_FIELD_ID,
                        WireReceipt,
                        receipt.operator_id,
                        FALSE),
    ROW_NUMBER(MADO_RCP_MONOTONIC, "RCP_MONOTONIC", monotonic_ms, 8, G_MAXINT64),
    ROW_FIXED(MADO_RCP_BOOT, "RCP_BOOT", boot_id),
    ROW_NUMBER(MADO_RCP_CENTRE_TIME, "RCP_CENTRE_TIME", centre_time_ms, 8, G_MAXINT64),
    ROW_FIXED(MADO_RCP_KEY_ID, "RCP_KEY_ID", key_id),
    MADO_FIELD_ROW_BYTES(
        MADO_RCP_BODY, "RCP_BODY", WireReceipt, body, MADO_LIMIT_MESSAGE_LEN, TRUE),
};

static const MadoFields fields = {"receipt", MADO_ERROR_CENTRE_ANSWER, rows,
                                  G_N_ELEMENTS(rows)};

static gboolean
check_numbers(const MadoReceipt *self, MadoErrorCode code, GError **error)
{
    if (self->realm != 0 && self->kind != 0 && self->number != 0)
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, (int)code,
                        "receipt: REALM, RCP_KIND or RCP_NUMBER is zero");
    return FALSE;
}

GBytes *
mado_receipt_format(const MadoReceipt *self, GBytes *body, GError **error)
{
    const WireReceipt wire = {*self, body};
    const gsize cap = MADO_LIMIT_MESSAGE_LEN;
    g_autofree guint8 *data = g_malloc(cap);
    MadoWriter writer;

    mado_writer_init(&writer, data, cap);
    if (!check_numbers(self, MADO_ERROR_BAD_ARGUMENT, error) ||
        !mado_fields_format(&fields, &wire, &writer, error))
        return NULL;
    if (!mado_writer_ok(&writer)) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_LIMIT, "receipt: too long");
        return NULL;
    }
    return g_bytes_new(data, mado_writer_len(&writer));
}

gboolean
mado_receipt_parse(
    const guint8 *data, gsize len, MadoReceipt *ret_receipt, GBytes **ret_body, GError **error)
{
    WireReceipt wire = {0};
    gboolean done = mado_fields_parse(&fields, data, len, &wire, error) &&
                    check_numbers(&wire.receipt, MADO_ERROR_CENTRE_ANSWER, error);

    if (done) {
        *ret_receipt = wire.receipt;
        if (ret_body != NULL)
            *ret_body = g_steal_pointer(&wire.body);
    }
    g_clear_pointer(&wire.body, g_bytes_unref);
    return done;
}

gboolean
mado_receipt_open(const MadoPeer *from,
                  GBytes *cms,
                  MadoReceipt *ret_receipt,
                  GBytes **ret_body,
                  GError **error)
{
    guint8 key_id[32];
    g_autofree char *cn = NULL;
    g_autoptr(GBytes) content = mado_envelope_verify_signer(from, cms, &cn, key_id, error);
    g_autoptr(GBytes) body = NULL;
    MadoReceipt receipt;

    if (content == NULL ||
        !mado_receipt_parse(g_bytes_get_data(content, NULL), g_bytes_get_size(content),
                            &receipt, &body, error))
        return FALSE;
    if (memcmp(receipt.key_id, key_id, sizeof key_id) != 0 ||
        !g_str_equal(receipt.terminal, cn)) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                            "receipt: RCP_KEY_ID or TERMINAL is not its signer's");
        return FALSE;
    }
    *ret_receipt = receipt;
    if (ret_body != NULL)
        *ret_body = g_steal_pointer(&body);
    return TRUE;
}

static const char *const kind_names[] = {
    [MADO_RECEIPT_VISIT_OPENED] = "visit-opened",
    [MADO_RECEIPT_DOCUMENTS] = "documents",
    [MADO_RECEIPT_FACE] = "face",
    [MADO_RECEIPT_PINS_SET] = "pins-set",
    [MADO_RECEIPT_KEYS_MADE] = "keys-made",
    [MADO_RECEIPT_CERTIFICATES] = "certificates",
    [MADO_RECEIPT_COMMITTED] = "committed",
    [MADO_RECEIPT_ABORTED] = "aborted",
    [MADO_RECEIPT_HELD] = "held",
    [MADO_RECEIPT_PREPARED] = "prepared",
    [MADO_RECEIPT_PIN_CHANGED] = "pin-changed",
};

const char *
mado_receipt_kind_name(MadoReceiptKind kind)
{
    if (kind < MADO_RECEIPT_VISIT_OPENED || kind > MADO_RECEIPT_PIN_CHANGED)
        return "unknown";
    return kind_names[kind];
}

gboolean
mado_receipt_check_link(const MadoReceipt *self,
                        guint64 previous_number,
                        const guint8 previous_hash[32],
                        GError **error)
{
    const guint8 zeros[32] = {0};
    const guint8 *expected = previous_number == 0 ? zeros : previous_hash;

    if (self->number != previous_number + 1) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                    "receipt %" G_GUINT64_FORMAT ": follows %" G_GUINT64_FORMAT, self->number,
                    previous_number);
        return FALSE;
    }
    if (!mado_wipe_equal(self->previous, expected, sizeof zeros)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                    "receipt %" G_GUINT64_FORMAT ": RCP_PREVIOUS is not its predecessor's hash",
                    self->number);
        return FALSE;
    }
    return TRUE;
}
