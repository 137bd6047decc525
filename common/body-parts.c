/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/body-parts.h"

#include "common/error.h"
#include "common/fields.h"

static const MadoField slot_der_rows[] = {
    MADO_FIELD_ROW_NUMBER(
        MADO_MSG_SLOT_CODE, "SLOT_CODE", MadoBodySlotDer, slot, 1, MADO_SLOT_SIGN, TRUE),
    MADO_FIELD_ROW_BYTES(
        MADO_MSG_DER, "DER", MadoBodySlotDer, der, MADO_LIMIT_MESSAGE_LEN, TRUE),
};

static const MadoFields slot_der_fields = {"CMP or CSR", MADO_ERROR_CENTRE_ANSWER,
                                           slot_der_rows, G_N_ELEMENTS(slot_der_rows)};

static const MadoField decision_rows[] = {
    MADO_FIELD_ROW_BYTES(MADO_MSG_DECISION_BYTES,
                         "DECISION_BYTES",
                         MadoBodyDecision,
                         bytes,
                         MADO_BODY_DECISION_LEN,
                         TRUE),
    MADO_FIELD_ROW_BYTES(MADO_MSG_SIGNATURE,
                         "SIGNATURE",
                         MadoBodyDecision,
                         signature,
                         MADO_BODY_SIGNATURE_LEN,
                         TRUE),
};

static const MadoFields decision_fields = {"DECISION", MADO_ERROR_CENTRE_ANSWER, decision_rows,
                                           G_N_ELEMENTS(decision_rows)};

static gboolean
refuse(const char *why, GError **error)
{
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER, why);
    return FALSE;
}

/* ---- slot and DER ---- */

gboolean
mado_body_parts_add_slot_der(MadoBodySlotDers list, MadoSlot slot, GBytes *der)
{
    if (*list.n_items == MADO_LIMIT_SLOTS)
        return FALSE;
    for (guint i = 0; i < *list.n_items; i++)
        if (list.items[i].slot == slot)
            return FALSE;
    list.items[*list.n_items].slot = slot;
    list.items[*list.n_items].der = g_bytes_ref(der);
    (*list.n_items)++;
    return TRUE;
}

gboolean
mado_body_parts_parse_slot_der(MadoBodySlotDers list, const MadoTlv *tlv, GError **error)
{
    MadoBodySlotDer part = {0};
    gboolean done = mado_fields_parse(&slot_der_fields, tlv->value, tlv->len, &part, error);

    if (done && part.slot == 0)
        done = refuse("CMP or CSR: SLOT_CODE is no slot", error);
    else if (done && !mado_body_parts_add_slot_der(list, part.slot, part.der))
        done = refuse("CMP or CSR: a slot is there twice", error);
    g_clear_pointer(&part.der, g_bytes_unref);
    return done;
}

gboolean
mado_body_parts_format_slot_ders(const MadoBodySlotDer *items,
                                 guint n_items,
                                 guint32 tag,
                                 MadoWriter *writer,
                                 GError **error)
{
    for (guint i = 0; i < n_items; i++) {
        const gsize mark = mado_writer_begin(writer, tag);

        if (!mado_fields_format(&slot_der_fields, &items[i], writer, error))
            return FALSE;
        mado_writer_end(writer, mark);
    }
    return TRUE;
}

void
mado_body_parts_clear_slot_ders(MadoBodySlotDer *items, guint n_items)
{
    for (guint i = 0; i < n_items; i++)
        g_clear_pointer(&items[i].der, g_bytes_unref);
}

/* ---- decisions ---- */

gboolean
mado_body_parts_add_decision(MadoBodyDecisions list, GBytes *bytes, GBytes *signature)
{
    if (*list.n_items == list.max)
        return FALSE;
    list.items[*list.n_items].bytes = g_bytes_ref(bytes);
    list.items[*list.n_items].signature = g_bytes_ref(signature);
    (*list.n_items)++;
    return TRUE;
}

gboolean
mado_body_parts_parse_decision(MadoBodyDecisions list, const MadoTlv *tlv, GError **error)
{
    MadoBodyDecision part = {0};
    gboolean done = mado_fields_parse(&decision_fields, tlv->value, tlv->len, &part, error);

    if (done && !mado_body_parts_add_decision(list, part.bytes, part.signature))
        done = refuse("DECISION: too many", error);
    mado_body_parts_clear_decisions(&part, 1);
    return done;
}

gboolean
mado_body_parts_format_decisions(const MadoBodyDecision *items,
                                 guint n_items,
                                 MadoWriter *writer,
                                 GError **error)
{
    for (guint i = 0; i < n_items; i++) {
        const gsize mark = mado_writer_begin(writer, MADO_MSG_DECISION);

        if (!mado_fields_format(&decision_fields, &items[i], writer, error))
            return FALSE;
        mado_writer_end(writer, mark);
    }
    return TRUE;
}

void
mado_body_parts_clear_decisions(MadoBodyDecision *items, guint n_items)
{
    for (guint i = 0; i < n_items; i++) {
        g_clear_pointer(&items[i].bytes, g_bytes_unref);
        g_clear_pointer(&items[i].signature, g_bytes_unref);
    }
}
