/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What operators signed: who may decide, what was decided, and what is still missing. */
#include "config.h"

#include "central/operators.h"
#include "central/visit-parts.h"
#include "common/decision.h"
#include "madoguchi/limits.h"

#include <string.h>

#define MAX_KINDS 2

/* What a procedure needs before the card is touched. */
typedef struct {
    guint n_kinds;
    MadoDecisionKind kinds[MAX_KINDS];
} WantedRow;

static const WantedRow wanted_rows[] = {
    [MADO_PROCEDURE_PREPARE] = {1, {MADO_DECISION_INSPECTED}},
    [MADO_PROCEDURE_ISSUE] = {2, {MADO_DECISION_DOCUMENTS, MADO_DECISION_FACE}},
};

static gboolean
is_for_us(const MadoVisit *self,
          const MadoDecision *decision,
          const MadoVisitExpected *expected)
{
    static const guint8 zeros[sizeof decision->nonce] = {0};
    const guint8 *nonce = expected->nonce != NULL ? expected->nonce : zeros;

    return decision->kind == expected->kind && decision->realm == self->header->realm &&
           strcmp(decision->terminal, self->header->terminal) == 0 &&
           memcmp(decision->transaction, expected->transaction, MADO_TRANSACTION_LEN) == 0 &&
           memcmp(decision->nonce, nonce, sizeof decision->nonce) == 0 &&
           strcmp(decision->request_id, expected->request_id) == 0;
}

gboolean
mado_visit_parts_check_decision(MadoVisit *self,
                                const MadoBodyDecision *decision,
                                const MadoVisitExpected *expected,
                                char *ret_operator,
                                char *ret_detail,
                                GError **error)
{
    MadoDecision parsed;
    gsize len;
    const guint8 *data = g_bytes_get_data(decision->bytes, &len);

    if (!mado_decision_parse(data, len, &parsed, NULL))
        return mado_visit_parts_refuse(error, MADO_PROBLEM_OPERATOR, "malformed decision");
    if (!is_for_us(self, &parsed, expected))
        return mado_visit_parts_refuse(error, MADO_PROBLEM_OPERATOR,
                                       "the decision belongs to another step");
    if (!mado_operators_check(self->centre->store, decision, parsed.operator_id,
                              MADO_ROLE_CLERK, error))
        return FALSE;
    g_strlcpy(ret_operator, parsed.operator_id, MADO_RECORD_ID_MAX + 1);
    g_strlcpy(ret_detail, parsed.detail, sizeof parsed.detail);
    return TRUE;
}

gboolean
mado_visit_parts_check_fresh(MadoVisit *self,
                             const MadoBodyDecision *decision,
                             gint64 made_ms,
                             GError **error)
{
    MadoStore *store = self->centre->store;
    gint64 age_s = (self->header->time_ms - made_ms) / 1000;
    gboolean is_known = FALSE;

    if (ABS(age_s) > MADO_LIMIT_SKEW_WARN_S)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_OPERATOR,
                                       "the decision was not signed just now");
    if (self->transaction == NULL)
        return TRUE;
    if (!store->ops->knows_decision(store, self->transaction->id, decision->bytes, &is_known,
                                    error))
        return FALSE;
    return !is_known || mado_visit_parts_refuse(error, MADO_PROBLEM_OPERATOR,
                                                "the decision was used before");
}

gboolean
mado_visit_parts_keep_decision(MadoVisit *self,
                               const MadoBodyDecision *decision,
                               MadoDecisionKind kind,
                               const char *operator_id,
                               GError **error)
{
    MadoStore *store = self->centre->store;
    MadoDecisionRecord record = {.kind = kind,
                                 .attempt = self->transaction->attempt,
                                 .bytes = decision->bytes,
                                 .signature = decision->signature,
                                 .received_ms = mado_clock_wall_ms(self->centre->clock)};

    memcpy(record.transaction, self->transaction->id, sizeof record.transaction);
    g_strlcpy(record.operator_id, operator_id, sizeof record.operator_id);
    return store->ops->add_decision(store, &record, error);
}

static const WantedRow *
find_row(const MadoVisit *self)
{
    return &wanted_rows[self->transaction->procedure];
}

gboolean
mado_visit_parts_missing_decisions(MadoVisit *self,
                                   MadoDecisionKind ret_kinds[MADO_BODY_WANTED_MAX],
                                   guint *ret_n_kinds,
                                   GError **error)
{
    const WantedRow *row = find_row(self);
    MadoStore *store = self->centre->store;
    guint n_kinds = 0;

    for (guint i = 0; i < row->n_kinds; i++) {
        gboolean has;

        if (!store->ops->has_decision(store, self->transaction->id, row->kinds[i], &has, error))
            return FALSE;
        if (!has)
            ret_kinds[n_kinds++] = row->kinds[i];
    }
    *ret_n_kinds = n_kinds;
    return TRUE;
}

/* Only "same" opens the way for a face; "refused" ends any. */
static gboolean
is_refusal(MadoDecisionKind kind, const char *detail)
{
    if (kind == MADO_DECISION_FACE)
        return strcmp(detail, "same") != 0;
    return g_str_has_prefix(detail, "refused");
}

static gboolean
take_decision(MadoVisit *self,
              const MadoBodyStep *step,
              MadoDecisionKind kind,
              gboolean *ret_refused,
              GError **error)
{
    const MadoVisitExpected expected = {kind, self->transaction->id,
                                        self->transaction->centre_nonce,
                                        self->transaction->request_id};

    for (guint i = 0; i < step->n_decisions; i++) {
        char operator_id[MADO_RECORD_ID_MAX + 1];
        char detail[MADO_BODY_DETAIL_MAX + 1];
        MadoDecision parsed;

        if (!mado_decision_parse(g_bytes_get_data(step->decisions[i].bytes, NULL),
                                 g_bytes_get_size(step->decisions[i].bytes), &parsed, NULL) ||
            parsed.kind != kind)
            continue;
        if (!mado_visit_parts_check_decision(self, &step->decisions[i], &expected, operator_id,
                                             detail, error) ||
            !mado_visit_parts_keep_decision(self, &step->decisions[i], kind, operator_id,
                                            error))
            return FALSE;
        *ret_refused = *ret_refused || is_refusal(kind, detail);
        return TRUE;
    }
    return mado_visit_parts_refuse(error, MADO_PROBLEM_OPERATOR,
                                   "a decision that was asked for is missing");
}

gboolean
mado_visit_parts_take_decisions(MadoVisit *self,
                                const MadoBodyStep *step,
                                gboolean *ret_refused,
                                GError **error)
{
    MadoDecisionKind kinds[MADO_BODY_WANTED_MAX];
    gboolean refused = FALSE;
    guint n_kinds;

    if (!mado_visit_parts_missing_decisions(self, kinds, &n_kinds, error))
        return FALSE;
    for (guint i = 0; i < n_kinds; i++)
        if (!take_decision(self, step, kinds[i], &refused, error))
            return FALSE;
    *ret_refused = refused;
    return TRUE;
}
