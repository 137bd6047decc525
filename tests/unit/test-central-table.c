/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two tables of a visit at the centre, every cell of them. */
#include "config.h"

#include "central/visit-table.h"
#include "tests/support/test.h"

#include <string.h>

static const uint8_t own[MADO_TRANSACTION_LEN] = {1};
static const uint8_t other[MADO_TRANSACTION_LEN] = {2};

static void
every_stage_and_event_has_the_documented_action(void **state)
{
    /* In the order INITIALIZED, ANSWERED, FAILED, REQUESTED, DAMAGED; 0 refuses. */
    static const MadoVisitAction wanted[MADO_VISIT_N_STAGES][MADO_VISIT_N_EVENTS] = {
        [MADO_VISIT_NONE] = {0},
        [MADO_VISIT_DECIDE] = {MADO_VISIT_DO_OPEN, 0, 0, 0, MADO_VISIT_DO_HOLD},
        [MADO_VISIT_OPEN] = {0, MADO_VISIT_DO_PROCEED, MADO_VISIT_DO_ASK, 0,
                             MADO_VISIT_DO_HOLD},
        [MADO_VISIT_STAGE] = {0, MADO_VISIT_DO_COMMIT, MADO_VISIT_DO_ASK, 0, MADO_VISIT_DO_HOLD,
                              MADO_VISIT_DO_REVOKE},
        [MADO_VISIT_COMMIT] = {0, MADO_VISIT_DO_FINISH, MADO_VISIT_DO_ASK, 0,
                               MADO_VISIT_DO_HOLD},
        [MADO_VISIT_ASKED] = {MADO_VISIT_DO_RECORD, 0, 0, 0, MADO_VISIT_DO_HOLD},
        [MADO_VISIT_RECORD] = {0, MADO_VISIT_DO_CHOOSE, MADO_VISIT_DO_ASK, 0,
                               MADO_VISIT_DO_HOLD},
        [MADO_VISIT_CSR] = {0, 0, MADO_VISIT_DO_ASK, MADO_VISIT_DO_STAGE, MADO_VISIT_DO_HOLD},
        [MADO_VISIT_UNDO] = {0, MADO_VISIT_DO_CHOOSE, MADO_VISIT_DO_ASK, 0, MADO_VISIT_DO_HOLD},
        [MADO_VISIT_HELD] = {0},
        [MADO_VISIT_ENDED] = {0},
    };

    for (int stage = 0; stage < MADO_VISIT_N_STAGES; stage++)
        for (int event = 0; event < MADO_VISIT_N_EVENTS; event++)
            assert_int_equal(
                mado_visit_table_step((MadoVisitStage)stage, (MadoVisitEvent)event),
                wanted[stage][event]);
}

static void
what_is_outside_the_table_is_refused(void **state)
{
    assert_int_equal(mado_visit_table_step(MADO_VISIT_N_STAGES, MADO_VISIT_ANSWERED),
                     MADO_VISIT_DO_REFUSE);
    assert_int_equal(mado_visit_table_step(MADO_VISIT_OPEN, MADO_VISIT_N_EVENTS),
                     MADO_VISIT_DO_REFUSE);
    assert_string_equal(mado_visit_table_stage_name(MADO_VISIT_N_STAGES), "unknown");
    assert_string_equal(mado_visit_table_way_name(MADO_VISIT_N_WAYS), "unknown");
    for (int stage = 0; stage < MADO_VISIT_N_STAGES; stage++)
        assert_non_null(mado_visit_table_stage_name((MadoVisitStage)stage));
    for (int way = 0; way < MADO_VISIT_N_WAYS; way++)
        assert_non_null(mado_visit_table_way_name((MadoVisitWay)way));
}

/* ---- recovery ---- */

typedef enum { IDLE, OPEN_OWN, OPEN_OTHER } Open;

typedef struct {
    Open open;
    bool committed;
    unsigned staged; /* set of MadoSlot */
    bool transport;
    bool has_requests;
    bool may_start;
    MadoLifeCycle life;
} Case;

static MadoVisitWay
recover(const Case *one)
{
    MadoRecord record = {.profile = MADO_PROFILE_VERSION, .life = one->life};
    MadoVisitFacts facts = {.record = &record,
                            .transaction = own,
                            .slots = MADO_SLOT_AUTH | MADO_SLOT_SIGN,
                            .has_requests = one->has_requests,
                            .may_start = one->may_start,
                            .from = MADO_LIFE_PREPARED};

    if (one->open != IDLE) {
        record.phase = MADO_PHASE_OPEN;
        record.has_transaction = true;
        memcpy(record.transaction, one->open == OPEN_OWN ? own : other, sizeof own);
    }
    record.has_committed = one->committed;
    memcpy(record.committed, own, sizeof own);
    for (unsigned slot = MADO_SLOT_AUTH; slot <= MADO_SLOT_SIGN; slot <<= 1)
        if ((one->staged & slot) != 0)
            record.staged[record.n_staged++].slot = (MadoSlot)slot;
    record.n_pins = 1;
    record.pins[0].flags = one->transport ? MADO_PIN_FLAG_TRANSPORT : 0;
    return mado_visit_table_recover(&facts);
}

/* doc/messages.md 3, line by line, as a second reading of it. */
static MadoVisitWay
expect(const Case *one)
{
    bool keys_staged = one->staged == (MADO_SLOT_AUTH | MADO_SLOT_SIGN);

    if (one->committed)
        return MADO_VISIT_WAY_FINISH;
    if (one->life == MADO_LIFE_TERMINATED)
        return MADO_VISIT_WAY_REFUSE;
    if (one->open == OPEN_OTHER)
        return MADO_VISIT_WAY_UNDO_OTHER;
    if (one->open == IDLE && !one->may_start)
        return MADO_VISIT_WAY_ABORT;
    if (one->open == IDLE)
        return one->life == MADO_LIFE_PREPARED ? MADO_VISIT_WAY_START : MADO_VISIT_WAY_HOLD;
    if (keys_staged && !one->transport && one->has_requests)
        return MADO_VISIT_WAY_RESTAGE;
    return one->may_start ? MADO_VISIT_WAY_START : MADO_VISIT_WAY_UNDO;
}

static void
every_record_leads_one_way(void **state)
{
    static const MadoLifeCycle lives[] = {MADO_LIFE_PERSONALISED, MADO_LIFE_PREPARED,
                                          MADO_LIFE_ACTIVE, MADO_LIFE_TERMINATED};

    for (unsigned i = 0; i < 3 * 2 * 4 * 2 * 2 * 2 * 4; i++) {
        unsigned rest = i;
        Case one;

        one.open = (Open)(rest % 3);
        rest /= 3;
        one.committed = rest % 2;
        rest /= 2;
        one.staged = one.open == IDLE ? 0 : rest % 4;
        rest /= 4;
        one.transport = rest % 2;
        rest /= 2;
        one.has_requests = rest % 2;
        rest /= 2;
        one.may_start = rest % 2;
        rest /= 2;
        one.life = lives[rest];
        assert_int_equal(recover(&one), expect(&one));
    }
}

/* Nobody but the card itself can bring a COMMIT that took effect to an undo. */
static void
a_committed_card_is_never_undone(void **state)
{
    Case one = {.open = OPEN_OWN, .committed = true, .life = MADO_LIFE_ACTIVE};

    assert_int_equal(recover(&one), MADO_VISIT_WAY_FINISH);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stage_and_event_has_the_documented_action),
        cmocka_unit_test(what_is_outside_the_table_is_refused),
        cmocka_unit_test(every_record_leads_one_way),
        cmocka_unit_test(a_committed_card_is_never_undone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
