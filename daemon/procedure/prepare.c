/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 交付前設定: the card that came from the factory is checked against the request and made ready
 * for the counter. No PINs, no keys. */
#include "config.h"

#include "daemon/procedure/prepare.h"

/* Wherever it stands, the centre may ask for a fresh session, look, undo or end. */
#define AFTER_CARD                                                                             \
    (MADO_PLAN_MAY_DECIDE | MADO_PLAN_MAY_RECORD | MADO_PLAN_MAY_UNDO | MADO_PLAN_MAY_END)

static const MadoPlan plan = {
    .procedure = MADO_PROCEDURE_PREPARE,
    .name = "prepare",
    .may =
        {
            [MADO_PLAN_LOOKUP] = MADO_PLAN_MAY_DECIDE | MADO_PLAN_MAY_END,
            [MADO_PLAN_INITIALIZE] = MADO_PLAN_MAY_OPEN | AFTER_CARD,
            [MADO_PLAN_RECORD] = MADO_PLAN_MAY_OPEN | MADO_PLAN_MAY_COMMIT | AFTER_CARD,
            [MADO_PLAN_OPEN] = MADO_PLAN_MAY_COMMIT | AFTER_CARD,
            [MADO_PLAN_COMMIT] = AFTER_CARD,
            [MADO_PLAN_UNDO] = AFTER_CARD,
        },
    .pins = 0,
    .slots = 0,
    .decisions = 1U << MADO_DECISION_INSPECTED,
    .done = MADO_RECEIPT_PREPARED,
};

const MadoPlan *
mado_prepare_plan(void)
{
    return &plan;
}
