/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/body-lookup.h"

#include "common/fields.h"
#include "common/record.h"
#include "common/scratch.h"

static gboolean
parse_decision(gpointer self, const MadoTlv *tlv, GError **error)
{
    MadoBodyLookup *body = self;
    guint n_decisions = 0;
    const MadoBodyDecisions list = {&body->decision, &n_decisions, 1};

    return mado_body_parts_parse_decision(list, tlv, error);
}

static gboolean
format_decision(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyLookup *body = self;

    return mado_body_parts_format_decisions(&body->decision, 1, writer, error);
}

static const MadoFieldItem decision_item = {1, parse_decision, format_decision};

static const MadoField rows[] = {
    MADO_FIELD_ROW_NUMBER(MADO_MSG_PROCEDURE,
                          "PROCEDURE",
                          MadoBodyLookup,
                          procedure,
                          1,
                          MADO_PROCEDURE_RETURN,
                          TRUE),
    MADO_FIELD_ROW_TEXT(
        MADO_MSG_REQUEST_ID, "REQUEST_ID", MADO_FIELD_ID, MadoBodyLookup, request_id, TRUE),
    MADO_FIELD_ROW_TEXT(
        MADO_MSG_SERIAL, "SERIAL", MADO_FIELD_DIGITS, MadoBodyLookup, serial, TRUE),
    MADO_FIELD_ROW_TEXT(MADO_MSG_MUNICIPALITY,
                        "MUNICIPALITY",
                        MADO_FIELD_DIGITS,
                        MadoBodyLookup,
                        municipality,
                        TRUE),
    MADO_FIELD_ROW_TEXT(
        MADO_MSG_EXPIRY, "EXPIRY", MADO_FIELD_DIGITS, MadoBodyLookup, expiry, TRUE),
    MADO_FIELD_ROW_FIXED(MADO_MSG_FACE_KEY, "FACE_KEY", MadoBodyLookup, face_key),
    MADO_FIELD_ROW_BYTES(
        MADO_MSG_RECORD, "RECORD", MadoBodyLookup, record, MADO_RECORD_MAX_LEN, TRUE),
    MADO_FIELD_ROW_ITEM(MADO_MSG_DECISION, "DECISION", &decision_item, TRUE),
    MADO_FIELD_ROW_NUMBER(MADO_MSG_RESIDENT, "RESIDENT", MadoBodyLookup, resident, 1, 1, FALSE),
};

static const MadoFields fields = {"LOOKUP", MADO_ERROR_CENTRE_ANSWER, rows, G_N_ELEMENTS(rows)};

MadoBodyLookup *
mado_body_lookup_new(void)
{
    return g_new0(MadoBodyLookup, 1);
}

void
mado_body_lookup_free(MadoBodyLookup *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->record, g_bytes_unref);
    mado_body_parts_clear_decisions(&self->decision, 1);
    g_free(self);
}

MadoSecret *
mado_body_lookup_format(const MadoBodyLookup *self, GError **error)
{
    MadoWriter writer;
    g_autoptr(MadoSecret) scratch = mado_scratch_new(&writer);

    if (!mado_fields_format(&fields, self, &writer, error))
        return NULL;
    return mado_scratch_finish(scratch, &writer, fields.what, error);
}

MadoBodyLookup *
mado_body_lookup_parse(const guint8 *body, gsize len, GError **error)
{
    g_autoptr(MadoBodyLookup) self = mado_body_lookup_new();

    if (!mado_fields_parse(&fields, body, len, self, error))
        return NULL;
    if (self->procedure == 0) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                            "LOOKUP: PROCEDURE is unknown");
        return NULL;
    }
    return g_steal_pointer(&self);
}
