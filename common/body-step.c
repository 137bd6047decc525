/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/body-step.h"

#include "common/fields.h"
#include "common/scratch.h"

/* ---- objects with a function of their own ---- */

static gboolean
parse_answer(gpointer self, const MadoTlv *tlv, GError **error)
{
    g_autoptr(GBytes) answer = g_bytes_new(tlv->value, tlv->len);

    if (tlv->len >= 2 && mado_body_step_add_answer(self, answer))
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                        "ANSWERS: an answer without status word");
    return FALSE;
}

static gboolean
format_each_answer(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyStep *body = self;

    for (guint i = 0; i < body->n_answers; i++) {
        gsize len;
        const guint8 *data = g_bytes_get_data(body->answers[i], &len);

        mado_writer_tlv(writer, MADO_MSG_ANSWER, data, len);
    }
    return TRUE;
}

static const MadoFieldItem answer_item = {MADO_LIMIT_SCRIPT_COMMANDS, parse_answer,
                                          format_each_answer};

static const MadoField answers_rows[] = {
    MADO_FIELD_ROW_ITEM(MADO_MSG_ANSWER, "ANSWER", &answer_item, FALSE),
};

static const MadoFields answers_fields = {"ANSWERS", MADO_ERROR_CENTRE_ANSWER, answers_rows,
                                          G_N_ELEMENTS(answers_rows)};

static gboolean
parse_answers(gpointer self, const MadoTlv *tlv, GError **error)
{
    MadoBodyStep *body = self;

    body->has_answers = TRUE;
    return mado_fields_parse(&answers_fields, tlv->value, tlv->len, body, error);
}

static gboolean
format_answers(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyStep *body = self;
    gsize mark;

    if (!body->has_answers)
        return TRUE;
    mark = mado_writer_begin(writer, MADO_MSG_ANSWERS);
    if (!mado_fields_format(&answers_fields, body, writer, error))
        return FALSE;
    mado_writer_end(writer, mark);
    return TRUE;
}

static gboolean
parse_cmp(gpointer self, const MadoTlv *tlv, GError **error)
{
    MadoBodyStep *body = self;

    return mado_body_parts_parse_slot_der((MadoBodySlotDers){body->cmp, &body->n_cmp}, tlv,
                                          error);
}

static gboolean
format_cmp(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyStep *body = self;

    return mado_body_parts_format_slot_ders(body->cmp, body->n_cmp, MADO_MSG_CMP, writer,
                                            error);
}

static gboolean
parse_decision(gpointer self, const MadoTlv *tlv, GError **error)
{
    MadoBodyStep *body = self;
    const MadoBodyDecisions list = {body->decisions, &body->n_decisions,
                                    MADO_BODY_DECISIONS_MAX};

    return mado_body_parts_parse_decision(list, tlv, error);
}

static gboolean
format_decisions(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyStep *body = self;

    return mado_body_parts_format_decisions(body->decisions, body->n_decisions, writer, error);
}

/* ---- the body ---- */

static const MadoFieldItem answers_item = {1, parse_answers, format_answers};
static const MadoFieldItem cmp_item = {MADO_LIMIT_SLOTS, parse_cmp, format_cmp};
static const MadoFieldItem decision_item = {MADO_BODY_DECISIONS_MAX, parse_decision,
                                            format_decisions};

static const MadoField rows[] = {
    MADO_FIELD_ROW_FIXED_IF(
        MADO_MSG_INITIALIZE, "INITIALIZE", MadoBodyStep, initialize, has_initialize, FALSE),
    MADO_FIELD_ROW_ITEM(MADO_MSG_ANSWERS, "ANSWERS", &answers_item, FALSE),
    MADO_FIELD_ROW_ITEM(MADO_MSG_CMP, "CMP", &cmp_item, FALSE),
    MADO_FIELD_ROW_ITEM(MADO_MSG_DECISION, "DECISION", &decision_item, FALSE),
    MADO_FIELD_ROW_TEXT(
        MADO_MSG_DAMAGE, "DAMAGE", MADO_FIELD_TEXT, MadoBodyStep, damage, FALSE),
};

static const MadoFields fields = {"STEP", MADO_ERROR_CENTRE_ANSWER, rows, G_N_ELEMENTS(rows)};

MadoBodyStep *
mado_body_step_new(void)
{
    return g_new0(MadoBodyStep, 1);
}

void
mado_body_step_free(MadoBodyStep *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < self->n_answers; i++)
        g_clear_pointer(&self->answers[i], g_bytes_unref);
    mado_body_parts_clear_slot_ders(self->cmp, self->n_cmp);
    mado_body_parts_clear_decisions(self->decisions, self->n_decisions);
    g_free(self);
}

gboolean
mado_body_step_add_answer(MadoBodyStep *self, GBytes *answer)
{
    if (self->n_answers == MADO_LIMIT_SCRIPT_COMMANDS)
        return FALSE;
    self->has_answers = TRUE;
    self->answers[self->n_answers++] = g_bytes_ref(answer);
    return TRUE;
}

gboolean
mado_body_step_add_cmp(MadoBodyStep *self, MadoSlot slot, GBytes *der)
{
    return mado_body_parts_add_slot_der((MadoBodySlotDers){self->cmp, &self->n_cmp}, slot, der);
}

gboolean
mado_body_step_add_decision(MadoBodyStep *self, GBytes *bytes, GBytes *signature)
{
    const MadoBodyDecisions list = {self->decisions, &self->n_decisions,
                                    MADO_BODY_DECISIONS_MAX};

    return mado_body_parts_add_decision(list, bytes, signature);
}

MadoSecret *
mado_body_step_format(const MadoBodyStep *self, GError **error)
{
    MadoWriter writer;
    g_autoptr(MadoSecret) scratch = mado_scratch_new(&writer);

    if (!mado_fields_format(&fields, self, &writer, error))
        return NULL;
    return mado_scratch_finish(scratch, &writer, fields.what, error);
}

MadoBodyStep *
mado_body_step_parse(const guint8 *body, gsize len, GError **error)
{
    g_autoptr(MadoBodyStep) self = mado_body_step_new();

    if (!mado_fields_parse(&fields, body, len, self, error))
        return NULL;
    return g_steal_pointer(&self);
}
