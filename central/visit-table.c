/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/visit-table.h"

/* An absent edge is 0: refused. */
static const MadoVisitAction edges[MADO_VISIT_N_STAGES][MADO_VISIT_N_EVENTS] = {
    [MADO_VISIT_DECIDE] = {[MADO_VISIT_INITIALIZED] = MADO_VISIT_DO_OPEN,
                           [MADO_VISIT_DAMAGED] = MADO_VISIT_DO_HOLD},
    [MADO_VISIT_OPEN] = {[MADO_VISIT_ANSWERED] = MADO_VISIT_DO_PROCEED,
                         [MADO_VISIT_FAILED] = MADO_VISIT_DO_ASK,
                         [MADO_VISIT_DAMAGED] = MADO_VISIT_DO_HOLD},
    [MADO_VISIT_STAGE] = {[MADO_VISIT_ANSWERED] = MADO_VISIT_DO_COMMIT,
                          [MADO_VISIT_FAILED] = MADO_VISIT_DO_ASK,
                          [MADO_VISIT_REJECTED] = MADO_VISIT_DO_REVOKE,
                          [MADO_VISIT_DAMAGED] = MADO_VISIT_DO_HOLD},
    [MADO_VISIT_COMMIT] = {[MADO_VISIT_ANSWERED] = MADO_VISIT_DO_FINISH,
                           [MADO_VISIT_FAILED] = MADO_VISIT_DO_ASK,
                           [MADO_VISIT_DAMAGED] = MADO_VISIT_DO_HOLD},
    [MADO_VISIT_ASKED] = {[MADO_VISIT_INITIALIZED] = MADO_VISIT_DO_RECORD,
                          [MADO_VISIT_DAMAGED] = MADO_VISIT_DO_HOLD},
    [MADO_VISIT_RECORD] = {[MADO_VISIT_ANSWERED] = MADO_VISIT_DO_CHOOSE,
                           [MADO_VISIT_FAILED] = MADO_VISIT_DO_ASK,
                           [MADO_VISIT_DAMAGED] = MADO_VISIT_DO_HOLD},
    [MADO_VISIT_CSR] = {[MADO_VISIT_REQUESTED] = MADO_VISIT_DO_STAGE,
                        [MADO_VISIT_FAILED] = MADO_VISIT_DO_ASK,
                        [MADO_VISIT_DAMAGED] = MADO_VISIT_DO_HOLD},
    [MADO_VISIT_UNDO] = {[MADO_VISIT_ANSWERED] = MADO_VISIT_DO_CHOOSE,
                         [MADO_VISIT_FAILED] = MADO_VISIT_DO_ASK,
                         [MADO_VISIT_DAMAGED] = MADO_VISIT_DO_HOLD},
};

MadoVisitAction
mado_visit_table_step(MadoVisitStage stage, MadoVisitEvent event)
{
    if ((unsigned)stage >= MADO_VISIT_N_STAGES || (unsigned)event >= MADO_VISIT_N_EVENTS)
        return MADO_VISIT_DO_REFUSE;
    return edges[stage][event];
}

static bool
has_all_keys(const MadoVisitFacts *facts)
{
    if (facts->slots == 0)
        return false;
    for (unsigned slot = MADO_SLOT_AUTH; slot <= MADO_SLOT_SIGN; slot <<= 1)
        if ((facts->slots & slot) != 0 &&
            mado_record_staged(facts->record, (MadoSlot)slot) == NULL)
            return false;
    return true;
}

MadoVisitWay
mado_visit_table_recover(const MadoVisitFacts *facts)
{
    const MadoRecord *record = facts->record;

    if (mado_record_is_committed(record, facts->transaction))
        return MADO_VISIT_WAY_FINISH;
    if (record->life == MADO_LIFE_TERMINATED)
        return MADO_VISIT_WAY_REFUSE;
    if (record->phase == MADO_PHASE_IDLE) {
        if (!facts->may_start)
            return MADO_VISIT_WAY_ABORT;
        return record->life == facts->from ? MADO_VISIT_WAY_START : MADO_VISIT_WAY_HOLD;
    }
    if (!mado_record_is_open(record, facts->transaction))
        return MADO_VISIT_WAY_UNDO_OTHER;
    if (facts->has_requests && has_all_keys(facts) && !mado_record_has_transport(record))
        return MADO_VISIT_WAY_RESTAGE;
    return facts->may_start ? MADO_VISIT_WAY_START : MADO_VISIT_WAY_UNDO;
}

const char *
mado_visit_table_stage_name(MadoVisitStage stage)
{
    static const char *const names[MADO_VISIT_N_STAGES] = {
        [MADO_VISIT_NONE] = "none",     [MADO_VISIT_DECIDE] = "decide",
        [MADO_VISIT_OPEN] = "open",     [MADO_VISIT_STAGE] = "stage",
        [MADO_VISIT_COMMIT] = "commit", [MADO_VISIT_ASKED] = "asked",
        [MADO_VISIT_RECORD] = "record", [MADO_VISIT_CSR] = "csr",
        [MADO_VISIT_UNDO] = "undo",     [MADO_VISIT_HELD] = "held",
        [MADO_VISIT_ENDED] = "ended",
    };

    return (unsigned)stage < MADO_VISIT_N_STAGES ? names[stage] : "unknown";
}

const char *
mado_visit_table_way_name(MadoVisitWay way)
{
    static const char *const names[MADO_VISIT_N_WAYS] = {
        [MADO_VISIT_WAY_HOLD] = "hold",
        [MADO_VISIT_WAY_FINISH] = "finish",
        [MADO_VISIT_WAY_RESTAGE] = "restage",
        [MADO_VISIT_WAY_START] = "start",
        [MADO_VISIT_WAY_UNDO] = "undo",
        [MADO_VISIT_WAY_ABORT] = "abort",
        [MADO_VISIT_WAY_UNDO_OTHER] = "undo-other",
        [MADO_VISIT_WAY_REFUSE] = "refuse",
    };

    return (unsigned)way < MADO_VISIT_N_WAYS ? names[way] : "unknown";
}
