/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 交付 (交付時来庁方式): the resident is here, is who the request says, chooses the PINs, gets
 * the keys and certificates, and takes the card home. */
#include "config.h"

#include "daemon/procedure/issue.h"

/* Wherever it stands, the centre may ask for a fresh session, look, undo or end. */
#define AFTER_CARD                                                                             \
    (MADO_PLAN_MAY_DECIDE | MADO_PLAN_MAY_RECORD | MADO_PLAN_MAY_UNDO | MADO_PLAN_MAY_END)

static const MadoPlan plan = {
    .procedure = MADO_PROCEDURE_ISSUE,
    .name = "issue",
    .may =
        {
            [MADO_PLAN_LOOKUP] = MADO_PLAN_MAY_DECIDE | MADO_PLAN_MAY_END,
            [MADO_PLAN_INITIALIZE] = MADO_PLAN_MAY_OPEN | MADO_PLAN_MAY_CSR | AFTER_CARD,
            [MADO_PLAN_RECORD] =
                MADO_PLAN_MAY_OPEN | MADO_PLAN_MAY_CSR | MADO_PLAN_MAY_COMMIT | AFTER_CARD,
            /* A face PIN-less or under-15 set may hold no key at all. */
            [MADO_PLAN_OPEN] = MADO_PLAN_MAY_STAGE | MADO_PLAN_MAY_COMMIT | AFTER_CARD,
            [MADO_PLAN_CSR] = MADO_PLAN_MAY_STAGE | AFTER_CARD,
            [MADO_PLAN_STAGE] = MADO_PLAN_MAY_COMMIT | AFTER_CARD,
            [MADO_PLAN_COMMIT] = AFTER_CARD,
            [MADO_PLAN_UNDO] = AFTER_CARD,
        },
    .pins = MADO_PIN_SIGN | MADO_PIN_AUTH | MADO_PIN_JUKI | MADO_PIN_TEXT,
    .slots = MADO_SLOT_AUTH | MADO_SLOT_SIGN,
    .decisions = 1U << MADO_DECISION_DOCUMENTS | 1U << MADO_DECISION_FACE,
    .done = MADO_RECEIPT_COMMITTED,
};

const MadoPlan *
mado_issue_plan(void)
{
    return &plan;
}
