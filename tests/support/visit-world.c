/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/visit-world.h"

#include "common/decision.h"
#include "daemon/card/genuine.h"
#include "tests/support/test-error.h"

#include <string.h>

#define FACE_KEY_MARK 6

/* In the place of the real ones: face data and bus have tests of their own. */
void
mado_worker_progress(MadoWorker *self, guint n_done, guint n_all, guint rest_ms)
{
}

gboolean
mado_genuine_check(MadoCard *card,
                   const MadoCvcAnchors *anchors,
                   const MadoSecret *number_b,
                   MadoGenuine *ret_genuine,
                   GError **error)
{
    *ret_genuine = (MadoGenuine){.face_key = {FACE_KEY_MARK}, .face_key_hash = {5}};
    return TRUE;
}

gboolean
mado_genuine_prove(MadoCard *card, const guint8 face_key[MADO_CVC_KEY_LEN], GError **error)
{
    assert_int_equal(face_key[0], FACE_KEY_MARK); /* the one that the check has told */
    return TRUE;
}

static guint
resident_index(MadoPinKind kind)
{
    return kind == MADO_PIN_SIGN   ? 0
           : kind == MADO_PIN_AUTH ? 1
           : kind == MADO_PIN_JUKI ? 2
                                   : 3;
}

/* The agent is the resident. */
MadoSecret *
mado_agent_ask(MadoAgent *self,
               const MadoAgentQuestion *question,
               MadoInterrupt *interrupt,
               GError **error)
{
    VisitResident *resident = (VisitResident *)self;
    const char *typed = resident->typed[resident_index(question->kind)];

    assert_int_equal(question->purpose, MADO_AGENT_NEW);
    resident->n_asked++;
    if (resident->fails == 0)
        return mado_secret_new_from((const guint8 *)typed, strlen(typed));
    g_set_error_literal(error, MADO_ERROR, (int)resident->fails, "no entry");
    resident->fails = 0;
    return NULL;
}

/* ---- fixture ---- */

int
visit_world_set_up(void **state)
{
    VisitWorld *world = g_new0(VisitWorld, 1);
    static const char *const typed[] = {"MADO2026X", "8352", "9047", "6173"};
    static const guint8 anchors[1];
    g_autoptr(GError) error = NULL;

    world->centre = visit_centre_new();
    world->keys[0] = EVP_RSA_gen(2048);
    world->keys[1] = EVP_RSA_gen(2048);
    visit_card_init(&world->card, 0xA1, world->keys[0], world->keys[1]);
    for (guint i = 0; i < 4; i++)
        g_strlcpy(world->resident.typed[i], typed[i], sizeof world->resident.typed[i]);
    /* Never looked at: mado_genuine_check() is the one above. */
    world->centre->desk.face = (MadoCvcAnchors *)(guintptr)anchors;
    world->journal = mado_journal_open(&world->centre->desk, NULL, NULL, &error);
    assert_no_mado_error(error);
    world->visit = mado_visit_new(&world->centre->desk, world->journal);
    world->interrupt = mado_interrupt_new();
    world->connection =
        mado_card_new("test", visit_card_connect(&world->card), world->interrupt);
    world->work = (MadoWork){.card = world->connection,
                             .interrupt = world->interrupt,
                             .agent = (MadoAgent *)&world->resident};
    *state = world;
    return 0;
}

int
visit_world_tear_down(void **state)
{
    VisitWorld *world = *state;

    mado_step_clear(&world->step);
    mado_visit_free(world->visit);
    mado_card_free(world->connection);
    mado_interrupt_unref(world->interrupt);
    mado_journal_close(world->journal);
    world->centre->desk.face = NULL;
    visit_centre_free(world->centre);
    EVP_PKEY_free(world->keys[0]);
    EVP_PKEY_free(world->keys[1]);
    g_free(world);
    return 0;
}

/* ---- the client ---- */

const char *
visit_world_detail(const VisitWorld *world, const char *name)
{
    const char *value = "";

    if (world->step.details != NULL)
        g_variant_lookup(world->step.details, name, "&s", &value);
    return value;
}

gboolean
visit_world_begin(VisitWorld *world, const char *procedure, GError **error)
{
    g_autoptr(MadoSecret) number_b = mado_secret_new_from((const guint8 *)"02041220351234", 14);

    return mado_visit_begin(world->visit, &world->work, procedure, "R-1", number_b,
                            &world->step, error);
}

gboolean
visit_world_resume(VisitWorld *world, const char *visit, gboolean resident, GError **error)
{
    g_autoptr(MadoSecret) number_b = mado_secret_new_from((const guint8 *)"02041220351234", 14);

    return mado_visit_resume(world->visit, &world->work, visit, resident, number_b,
                             &world->step, error);
}

MadoDecision
visit_world_make_decision(const VisitWorld *world)
{
    MadoDecision decision = {
        .realm = MADO_REALM_CODE_TRAINING,
        .terminal = "D001",
        .operator_id = "CLERK-1",
        .time_ms = world->centre->now_ms,
        .detail = "A1",
    };
    g_autofree const char **wanted = NULL;
    g_autoptr(GVariant) nonce =
        g_variant_lookup_value(world->step.details, "nonce", G_VARIANT_TYPE("ay"));

    assert_true(g_variant_lookup(world->step.details, "wanted", "^a&s", &wanted));
    assert_true(mado_decision_kind_from_name(wanted[0], &decision.kind));
    assert_true(mado_message_id_from_hex(visit_world_detail(world, "transaction"),
                                         decision.transaction));
    assert_int_equal(g_variant_get_size(nonce), sizeof decision.nonce);
    memcpy(decision.nonce, g_variant_get_data(nonce), sizeof decision.nonce);
    g_strlcpy(decision.request_id, visit_world_detail(world, "request"),
              sizeof decision.request_id);
    return decision;
}

gboolean
visit_world_decide_with(VisitWorld *world, const MadoDecision *decision, GError **error)
{
    g_autoptr(GBytes) bytes = mado_decision_format(decision, NULL);
    g_autoptr(GBytes) signature = g_bytes_new_static("0\x06\x02\x01\x01\x02\x01\x01", 8);

    assert_non_null(bytes);
    return mado_visit_decide(world->visit, &world->work, bytes, signature, &world->step, error);
}

gboolean
visit_world_decide(VisitWorld *world, GError **error)
{
    MadoDecision decision = visit_world_make_decision(world);

    return visit_world_decide_with(world, &decision, error);
}

GBytes *
visit_world_message(const VisitWorld *world)
{
    g_autoptr(GVariant) body =
        g_variant_lookup_value(world->step.details, "body", G_VARIANT_TYPE("ay"));

    return g_variant_get_data_as_bytes(body);
}

gboolean
visit_world_relay(VisitWorld *world, GError **error)
{
    g_autoptr(GBytes) sent = visit_world_message(world);
    g_autoptr(GBytes) reply = visit_centre_answer(world->centre, sent);
    g_autofree char *key = g_strdup(visit_world_detail(world, "key"));

    world->n_exchanges++;
    return mado_visit_reply(world->visit, &world->work, key, reply, &world->step, error);
}

gboolean
visit_world_give_up(VisitWorld *world, guint status, const char *problem, GError **error)
{
    g_autofree char *key = g_strdup(visit_world_detail(world, "key"));

    return mado_visit_fail(world->visit, &world->work, key, status, problem, &world->step,
                           error);
}

gboolean
visit_world_go_on(VisitWorld *world, GError **error)
{
    switch (world->step.kind) {
    case MADO_STEP_DECIDE:
        return visit_world_decide(world, error);
    case MADO_STEP_RELAY:
        return visit_world_relay(world, error);
    case MADO_STEP_WORK:
        return mado_visit_continue(world->visit, &world->work, &world->step, error);
    case MADO_STEP_PINS:
        return mado_visit_choose_pins(world->visit, &world->work, &world->step, error);
    case MADO_STEP_IDLE:
    case MADO_STEP_DONE:
    case MADO_STEP_HOLD:
        break;
    }
    return FALSE;
}

/* Until done or hold, or an error; then as the session does. */
void
visit_world_run_to_end(VisitWorld *world)
{
    g_autoptr(GError) error = NULL;

    while (world->step.kind != MADO_STEP_DONE && world->step.kind != MADO_STEP_HOLD)
        if (!visit_world_go_on(world, &error))
            break;
    assert_no_mado_error(error);
    mado_card_power_off(world->connection);
    mado_card_bind(world->connection, NULL);
}

void
visit_world_run_until(VisitWorld *world, MadoStepKind kind, guint n_messages)
{
    g_autoptr(GError) error = NULL;

    while (world->step.kind != kind || world->centre->n_messages < n_messages) {
        assert_true(visit_world_go_on(world, &error));
        assert_true(world->step.kind != MADO_STEP_HOLD);
    }
}

void
visit_world_end_session(VisitWorld *world)
{
    mado_card_power_off(world->connection);
    mado_card_bind(world->connection, NULL);
}

/* The one open or held visit of the card. */
MadoJournalVisit
visit_world_find_row(VisitWorld *world)
{
    MadoJournalVisit row = {0};

    mado_journal_find_card(world->journal, world->card.card_id, &row, NULL);
    return row;
}

void
visit_world_assert_issued(const VisitWorld *world)
{
    assert_int_equal(world->step.kind, MADO_STEP_DONE);
    assert_string_equal(visit_world_detail(world, "outcome"), "committed");
    assert_int_equal(world->card.record.life, MADO_LIFE_ACTIVE);
    assert_int_equal(world->card.record.n_live, 2);
    assert_int_equal(world->card.record.phase, MADO_PHASE_IDLE);
    assert_false(mado_record_has_transport(&world->card.record));
    assert_true(mado_record_is_committed(&world->card.record, world->centre->transaction));
}
