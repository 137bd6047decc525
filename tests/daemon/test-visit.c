/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole visits, call by call as a session makes them, with a card and a centre that can be made
 * to fail: what the client is told, what the journal holds, how often the card was asked.
 */
#include "config.h"

#include "common/decision.h"
#include "daemon/card/genuine.h"
#include "daemon/visit.h"
#include "tests/support/test-error.h"
#include "tests/support/visit-card.h"
#include "tests/support/visit-centre.h"

#include <string.h>

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
    *ret_genuine = (MadoGenuine){.face_key_hash = {5}};
    return TRUE;
}

typedef struct {
    char typed[4][MADO_LIMIT_PIN_LEN + 1]; /* by kind: sign, auth, juki, text */
    guint n_asked;
    MadoErrorCode fails; /* instead of an entry, once */
} Resident;

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
    Resident *resident = (Resident *)self;
    const char *typed = resident->typed[resident_index(question->kind)];

    assert_int_equal(question->purpose, MADO_AGENT_NEW);
    resident->n_asked++;
    if (resident->fails == 0)
        return mado_secret_new_from((const guint8 *)typed, strlen(typed));
    g_set_error_literal(error, MADO_ERROR, (int)resident->fails, "no entry");
    resident->fails = 0;
    return NULL;
}

typedef struct {
    VisitCentre *centre;
    VisitCard card;
    Resident resident;
    MadoJournal *journal;
    MadoVisit *visit;
    MadoInterrupt *interrupt;
    MadoCard *connection;
    MadoWork work;
    MadoStep step;
    EVP_PKEY *keys[2];
    guint n_exchanges; /* with the centre */
} World;

/* ---- fixture ---- */

static int
set_up(void **state)
{
    World *world = g_new0(World, 1);
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

static int
tear_down(void **state)
{
    World *world = *state;

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

static const char *
detail(const World *world, const char *name)
{
    const char *value = "";

    if (world->step.details != NULL)
        g_variant_lookup(world->step.details, name, "&s", &value);
    return value;
}

static gboolean
begin(World *world, const char *procedure, GError **error)
{
    g_autoptr(MadoSecret) number_b = mado_secret_new_from((const guint8 *)"02041220351234", 14);

    return mado_visit_begin(world->visit, &world->work, procedure, "R-1", number_b,
                            &world->step, error);
}

static gboolean
resume(World *world, const char *visit, gboolean resident, GError **error)
{
    g_autoptr(MadoSecret) number_b = mado_secret_new_from((const guint8 *)"02041220351234", 14);

    return mado_visit_resume(world->visit, &world->work, visit, resident, number_b,
                             &world->step, error);
}

static MadoDecision
make_decision(const World *world)
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
    assert_true(mado_message_id_from_hex(detail(world, "transaction"), decision.transaction));
    assert_int_equal(g_variant_get_size(nonce), sizeof decision.nonce);
    memcpy(decision.nonce, g_variant_get_data(nonce), sizeof decision.nonce);
    g_strlcpy(decision.request_id, detail(world, "request"), sizeof decision.request_id);
    return decision;
}

static gboolean
decide_with(World *world, const MadoDecision *decision, GError **error)
{
    g_autoptr(GBytes) bytes = mado_decision_format(decision, NULL);
    g_autoptr(GBytes) signature = g_bytes_new_static("0\x06\x02\x01\x01\x02\x01\x01", 8);

    assert_non_null(bytes);
    return mado_visit_decide(world->visit, &world->work, bytes, signature, &world->step, error);
}

static gboolean
decide(World *world, GError **error)
{
    MadoDecision decision = make_decision(world);

    return decide_with(world, &decision, error);
}

static GBytes *
message(const World *world)
{
    g_autoptr(GVariant) body =
        g_variant_lookup_value(world->step.details, "body", G_VARIANT_TYPE("ay"));

    return g_variant_get_data_as_bytes(body);
}

static gboolean
relay(World *world, GError **error)
{
    g_autoptr(GBytes) sent = message(world);
    g_autoptr(GBytes) reply = visit_centre_answer(world->centre, sent);
    g_autofree char *key = g_strdup(detail(world, "key"));

    world->n_exchanges++;
    return mado_visit_reply(world->visit, &world->work, key, reply, &world->step, error);
}

static gboolean
give_up(World *world, guint status, const char *problem, GError **error)
{
    g_autofree char *key = g_strdup(detail(world, "key"));

    return mado_visit_fail(world->visit, &world->work, key, status, problem, &world->step,
                           error);
}

static gboolean
go_on(World *world, GError **error)
{
    switch (world->step.kind) {
    case MADO_STEP_DECIDE:
        return decide(world, error);
    case MADO_STEP_RELAY:
        return relay(world, error);
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
static void
run_to_end(World *world)
{
    g_autoptr(GError) error = NULL;

    while (world->step.kind != MADO_STEP_DONE && world->step.kind != MADO_STEP_HOLD)
        if (!go_on(world, &error))
            break;
    assert_no_mado_error(error);
    mado_card_power_off(world->connection);
    mado_card_bind(world->connection, NULL);
}

static void
run_until(World *world, MadoStepKind kind, guint n_messages)
{
    g_autoptr(GError) error = NULL;

    while (world->step.kind != kind || world->centre->n_messages < n_messages) {
        assert_true(go_on(world, &error));
        assert_true(world->step.kind != MADO_STEP_HOLD);
    }
}

static void
end_session(World *world)
{
    mado_card_power_off(world->connection);
    mado_card_bind(world->connection, NULL);
}

/* The one open or held visit of the card. */
static MadoJournalVisit
find_row(World *world)
{
    MadoJournalVisit row = {0};

    mado_journal_find_card(world->journal, world->card.card_id, &row, NULL);
    return row;
}

static void
assert_issued(const World *world)
{
    assert_int_equal(world->step.kind, MADO_STEP_DONE);
    assert_string_equal(detail(world, "outcome"), "committed");
    assert_int_equal(world->card.record.life, MADO_LIFE_ACTIVE);
    assert_int_equal(world->card.record.n_live, 2);
    assert_int_equal(world->card.record.phase, MADO_PHASE_IDLE);
    assert_false(mado_record_has_transport(&world->card.record));
    assert_true(mado_record_is_committed(&world->card.record, world->centre->transaction));
}

/* ---- the straight way ---- */

static void
an_issue_goes_through_in_five_exchanges(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(begin(world, "issue", &error));
    assert_int_equal(world->step.kind, MADO_STEP_DECIDE);
    run_to_end(world);
    assert_issued(world);
    assert_int_equal(world->n_exchanges, MADO_LIMIT_EXCHANGES_PER_ISSUE);
    assert_int_equal(world->centre->n_confirmed, 2);
    assert_int_equal(world->resident.n_asked, 4);
    assert_int_equal(world->card.n_verifies, 2);
    assert_int_equal(world->card.n_signatures, 2);
    assert_string_equal(world->card.pin_values[1], "MADO2026X");
    assert_string_equal(world->card.pin_values[3], "9047");
    assert_string_equal(world->card.pin_values[4], "9047");
    assert_int_equal(find_row(world).state, 0);
}

static void
a_preparation_asks_nobody_for_a_pin(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;

    world->centre->procedure = MADO_PROCEDURE_PREPARE;
    assert_true(begin(world, "prepare", &error));
    run_to_end(world);
    assert_string_equal(detail(world, "outcome"), "committed");
    assert_int_equal(world->n_exchanges, 4);
    assert_int_equal(world->resident.n_asked, 0);
}

static void
count_receipts(GVariant *result, const GError *error, gpointer user_data)
{
    g_autoptr(GVariant) list = g_variant_get_child_value(result, 0);
    GString *kinds = user_data;

    for (gsize i = 0; i < g_variant_n_children(list); i++) {
        g_autoptr(GVariant) row = g_variant_get_child_value(list, i);
        const char *kind = "";

        g_variant_lookup(row, "kind", "&s", &kind);
        g_string_append_printf(kinds, "%s ", kind);
    }
    g_string_append(kinds, "end");
}

static char *
receipt_kinds(World *world)
{
    GString *kinds = g_string_new("");

    mado_journal_list_receipts(world->journal, 0, 100, count_receipts, kinds);
    while (!g_str_has_suffix(kinds->str, "end"))
        g_main_context_iteration(NULL, TRUE);
    return g_string_free(kinds, FALSE);
}

static void
every_step_that_ended_has_its_receipt(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *kinds = NULL;

    assert_true(begin(world, "issue", &error));
    run_to_end(world);
    kinds = receipt_kinds(world);
    for (int kind = MADO_RECEIPT_VISIT_OPENED; kind <= MADO_RECEIPT_COMMITTED; kind++)
        assert_non_null(strstr(kinds, mado_receipt_kind_name((MadoReceiptKind)kind)));
    assert_null(strstr(kinds, mado_receipt_kind_name(MADO_RECEIPT_HELD)));
}

/* ---- decisions ---- */

static void
a_decision_of_another_visit_is_refused(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;
    MadoDecision decision;

    assert_true(begin(world, "issue", &error));
    decision = make_decision(world);
    decision.transaction[0] ^= 1;
    assert_false(decide_with(world, &decision, &error));
    assert_mado_error(error, MADO_ERROR_OPERATOR);
    g_clear_error(&error);
    decision = make_decision(world);
    decision.kind = MADO_DECISION_FACE;
    assert_false(decide_with(world, &decision, &error));
    assert_mado_error(error, MADO_ERROR_OPERATOR);
    g_clear_error(&error);
    decision = make_decision(world);
    g_strlcpy(decision.terminal, "D002", sizeof decision.terminal);
    assert_false(decide_with(world, &decision, &error));
    g_clear_error(&error);
    run_to_end(world);
    assert_issued(world);
}

static void
calls_out_of_their_step_change_nothing(void **state)
{
    World *world = *state;
    g_autoptr(GBytes) none = g_bytes_new_static("", 0);

    for (guint stop = 0; stop < 3; stop++) {
        g_autoptr(GError) error = NULL;

        if (stop == 1)
            assert_true(begin(world, "issue", &error));
        if (stop == 2)
            assert_true(decide(world, &error));
        assert_false(mado_visit_continue(world->visit, &world->work, &world->step, &error));
        assert_mado_error(error, MADO_ERROR_BAD_STATE);
        g_clear_error(&error);
        assert_false(mado_visit_choose_pins(world->visit, &world->work, &world->step, &error));
        assert_mado_error(error, MADO_ERROR_BAD_STATE);
        g_clear_error(&error);
        assert_false(
            mado_visit_reply(world->visit, &world->work, "no key", none, &world->step, &error));
        assert_mado_error(error, MADO_ERROR_BAD_STATE);
    }
    run_to_end(world);
    assert_issued(world);
}

/* ---- replies ---- */

static void
twist_realm(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    header->realm = MADO_REALM_CODE_PRODUCTION;
}

static void
twist_visit(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    header->visit[3] ^= 1;
}

static void
twist_hash(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    header->request_hash[3] ^= 1;
}

static void
twist_step(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    header->step_number++;
}

static void
twist_card(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    header->card_id[0] ^= 1;
}

static void
twist_terminal(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    g_strlcpy(header->terminal, "D002", sizeof header->terminal);
}

static void
twist_next(VisitCentre *centre, MadoMessageHeader *header, MadoBodyReply *reply)
{
    reply->next = MADO_NEXT_CSR;
}

static void
a_reply_that_is_not_to_this_message_is_refused_and_the_right_one_taken(void **state)
{
    static const struct {
        VisitCentreTwist twist;
        MadoErrorCode code;
    } rows[] = {
        {twist_realm, MADO_ERROR_REALM},        {twist_visit, MADO_ERROR_CENTRE_ANSWER},
        {twist_hash, MADO_ERROR_CENTRE_ANSWER}, {twist_step, MADO_ERROR_CENTRE_ANSWER},
        {twist_card, MADO_ERROR_CENTRE_ANSWER}, {twist_terminal, MADO_ERROR_CENTRE_ANSWER},
        {twist_next, MADO_ERROR_CENTRE_ANSWER},
    };
    World *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(begin(world, "issue", &error));
    run_until(world, MADO_STEP_RELAY, 0);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        world->centre->twist = rows[i].twist;
        assert_false(relay(world, &error));
        assert_mado_error(error, rows[i].code);
        g_clear_error(&error);
        assert_int_equal(world->step.kind, MADO_STEP_RELAY);
        world->centre->stage = VISIT_CENTRE_NEW;
    }
    world->centre->twist = NULL;
    run_to_end(world);
    assert_issued(world);
}

static void
a_doubled_reply_is_refused_by_name(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) sent = NULL;
    g_autoptr(GBytes) reply = NULL;
    g_autofree char *key = NULL;

    assert_true(begin(world, "issue", &error));
    run_until(world, MADO_STEP_RELAY, 1);
    key = g_strdup(detail(world, "key"));
    sent = message(world);
    reply = visit_centre_answer(world->centre, sent);
    assert_true(mado_visit_reply(world->visit, &world->work, key, reply, &world->step, &error));
    assert_false(
        mado_visit_reply(world->visit, &world->work, key, reply, &world->step, &error));
    assert_mado_error(error, MADO_ERROR_BAD_STATE);
    g_clear_error(&error);
    run_until(world, MADO_STEP_RELAY, 2);
    assert_false(
        mado_visit_reply(world->visit, &world->work, key, reply, &world->step, &error));
    assert_mado_error(error, MADO_ERROR_BAD_STATE);
    run_to_end(world);
    assert_issued(world);
}

static void
a_refusal_before_the_card_is_touched_ends_the_visit(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(begin(world, "issue", &error));
    run_until(world, MADO_STEP_RELAY, 0);
    assert_true(give_up(world, 409, "urn:madoguchi:problem:request-state", &error));
    assert_int_equal(world->step.kind, MADO_STEP_DONE);
    assert_string_equal(detail(world, "outcome"), "refused");
    assert_string_equal(detail(world, "error"), "RequestState");
    end_session(world);
    assert_true(begin(world, "issue", &error));
}

static void
silence_puts_the_visit_on_hold_and_the_card_waits_for_resume(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(begin(world, "issue", &error));
    run_until(world, MADO_STEP_RELAY, 2);
    assert_true(give_up(world, 0, "", &error));
    assert_int_equal(world->step.kind, MADO_STEP_HOLD);
    assert_string_equal(detail(world, "error"), "CentreUnreachable");
    assert_int_equal(find_row(world).state, MADO_JOURNAL_VISIT_HELD);
    end_session(world);
    assert_false(begin(world, "issue", &error));
    assert_mado_error(error, MADO_ERROR_HELD);
}

static void
a_clock_a_day_off_makes_no_certificates(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;

    world->centre->now_ms -= 3600 * 1000;
    assert_true(begin(world, "issue", &error));
    assert_true(decide(world, &error));
    {
        g_autoptr(GBytes) sent = message(world);
        g_autofree char *key = g_strdup(detail(world, "key"));
        g_autoptr(GBytes) reply = NULL;

        world->centre->now_ms += 30 * 3600 * 1000;
        reply = visit_centre_answer(world->centre, sent);
        world->centre->now_ms -= 30 * 3600 * 1000;
        assert_true(
            mado_visit_reply(world->visit, &world->work, key, reply, &world->step, &error));
    }
    assert_int_equal(world->step.kind, MADO_STEP_HOLD);
    assert_string_equal(detail(world, "error"), "Clock");
    end_session(world);
    /* The desk's clock now stands a day before what the centre told. */
    assert_false(resume(world, "", TRUE, &error));
    assert_mado_error(error, MADO_ERROR_CLOCK);
}

/* ---- PINs ---- */

static void
a_bad_entry_is_asked_again_and_only_it(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(begin(world, "issue", &error));
    run_until(world, MADO_STEP_PINS, 0);
    g_strlcpy(world->resident.typed[1], "1234", 5);
    assert_false(go_on(world, &error));
    assert_mado_error(error, MADO_ERROR_PIN_FORM);
    g_clear_error(&error);
    assert_int_equal(world->resident.n_asked, 2);
    g_strlcpy(world->resident.typed[1], "0412", 5); /* the birthday the centre told */
    assert_false(go_on(world, &error));
    assert_mado_error(error, MADO_ERROR_PIN_FORM);
    g_clear_error(&error);
    world->resident.fails = MADO_ERROR_AGENT_GONE;
    assert_false(go_on(world, &error));
    assert_mado_error(error, MADO_ERROR_AGENT_GONE);
    g_clear_error(&error);
    g_strlcpy(world->resident.typed[1], "8352", 5);
    run_to_end(world);
    assert_issued(world);
    assert_int_equal(world->resident.n_asked, 7);
    assert_int_equal(world->card.n_verifies, 2);
}

static void
an_odd_answer_to_a_change_is_settled_by_the_record(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;

    world->card.change_sw = 0x6F42;
    assert_true(begin(world, "issue", &error));
    run_to_end(world);
    assert_issued(world);
    assert_int_equal(world->card.n_verifies, 2);
}

/* ---- certificates ---- */

static void
refuses_certificate(World *world)
{
    g_autoptr(GError) error = NULL;

    assert_true(begin(world, "issue", &error));
    run_to_end(world);
    assert_int_equal(world->step.kind, MADO_STEP_HOLD);
    assert_string_equal(detail(world, "error"), "Certificate");
    assert_int_equal(world->centre->n_confirmed, 0);
    for (gsize i = 0; i < world->card.record.n_staged; i++)
        assert_false(world->card.record.staged[i].has_cert_hash);
}

static void
a_certificate_with_another_key_is_not_staged(void **state)
{
    World *world = *state;

    world->centre->wrong_key = world->keys[0];
    refuses_certificate(world);
}

static void
a_certificate_with_the_other_slots_policy_is_not_staged(void **state)
{
    World *world = *state;

    world->centre->policy[1] = world->centre->policy[0];
    refuses_certificate(world);
}

/* ---- faults at the card, and the way back ---- */

/* What the session does when the card is torn out, and the clerk when it lies there again. */
static void
recover(World *world, gboolean resident)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *visit = NULL;
    MadoJournalVisit row = find_row(world);
    guint32 fencing = row.fencing;

    assert_int_equal(row.state, MADO_JOURNAL_VISIT_HELD);
    end_session(world);
    world->card.is_absent = FALSE;
    world->card.fault = VISIT_CARD_STAYS;
    visit = mado_message_id_to_hex(row.visit);
    assert_true(resume(world, visit, resident, &error));
    run_until(world, MADO_STEP_RELAY, 0);
    row = find_row(world);
    assert_int_equal(row.attempt, 2);
    assert_true(row.fencing > fencing);
    run_to_end(world);
}

static void
sweep(World *world, VisitCardFault fault)
{
    guint n_changes;
    g_autoptr(GError) error = NULL;

    assert_true(begin(world, "issue", &error));
    run_to_end(world);
    assert_issued(world);
    n_changes = world->card.n_changes;
    for (guint at = 1; at <= n_changes; at++) {
        visit_card_init(&world->card, (guint8)at, world->keys[0], world->keys[1]);
        world->centre->stage = VISIT_CENTRE_NEW;
        g_clear_pointer(&world->centre->csrs[0], g_bytes_unref);
        g_clear_pointer(&world->centre->csrs[1], g_bytes_unref);
        world->card.fault = fault;
        world->card.fault_at = at;
        assert_true(begin(world, "issue", &error));
        run_to_end(world);
        assert_int_equal(world->step.kind, MADO_STEP_HOLD);
        assert_string_equal(detail(world, "error"), "CardRemoved");
        recover(world, TRUE);
        assert_issued(world);
        assert_true(world->card.n_verifies <= 4);
    }
}

static void
a_card_torn_out_before_any_command_is_issued_after_all(void **state)
{
    sweep(*state, VISIT_CARD_GONE_BEFORE);
}

static void
a_card_torn_out_after_any_command_is_issued_after_all(void **state)
{
    sweep(*state, VISIT_CARD_GONE_AFTER);
}

static void
without_the_resident_certificates_are_finished_from_the_kept_requests(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(begin(world, "issue", &error));
    run_until(world, MADO_STEP_WORK, 3);
    mado_visit_hold(world->visit, &world->work, MADO_ERROR_CANCELLED, &world->step);
    assert_int_equal(world->step.kind, MADO_STEP_HOLD);
    recover(world, FALSE);
    assert_issued(world);
    assert_int_equal(world->resident.n_asked, 4);
    assert_int_equal(world->centre->n_confirmed, 2);
}

static void
without_the_resident_and_without_requests_it_is_undone(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(begin(world, "issue", &error));
    run_until(world, MADO_STEP_PINS, 0);
    mado_visit_hold(world->visit, &world->work, MADO_ERROR_CANCELLED, &world->step);
    recover(world, FALSE);
    assert_int_equal(world->step.kind, MADO_STEP_DONE);
    assert_string_equal(detail(world, "outcome"), "aborted");
    assert_int_equal(world->card.record.phase, MADO_PHASE_IDLE);
}

static void
another_card_at_resume_is_refused_by_name(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *visit = NULL;
    MadoJournalVisit row;

    assert_true(begin(world, "issue", &error));
    run_until(world, MADO_STEP_PINS, 0);
    mado_visit_hold(world->visit, &world->work, MADO_ERROR_CARD_REMOVED, &world->step);
    row = find_row(world);
    end_session(world);
    visit = mado_message_id_to_hex(row.visit);
    visit_card_init(&world->card, 0xB2, world->keys[0], world->keys[1]);
    assert_false(resume(world, visit, TRUE, &error));
    assert_mado_error(error, MADO_ERROR_CARD_CHANGED);
    g_clear_error(&error);
    assert_false(resume(world, "00112233445566778899aabbccddeeff", TRUE, &error));
    assert_mado_error(error, MADO_ERROR_NOT_FOUND);
}

static void
a_card_that_lost_power_between_two_calls_puts_the_visit_on_hold(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(begin(world, "issue", &error));
    run_until(world, MADO_STEP_WORK, 2);
    mado_card_power_off(world->connection);
    assert_true(mado_card_power_on(world->connection, &error));
    assert_true(go_on(world, &error));
    assert_int_equal(world->step.kind, MADO_STEP_HOLD);
}

static void
before_the_first_message_nothing_is_left_behind(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;

    assert_true(begin(world, "issue", &error));
    mado_visit_hold(world->visit, &world->work, MADO_ERROR_CANCELLED, &world->step);
    assert_int_equal(world->step.kind, MADO_STEP_IDLE);
    assert_int_equal(find_row(world).state, 0);
    world->card.is_absent = TRUE;
    end_session(world);
    assert_false(begin(world, "issue", &error));
    assert_mado_error(error, MADO_ERROR_CARD_ABSENT);
    g_clear_error(&error);
    world->card.is_absent = FALSE;
    assert_true(begin(world, "issue", &error));
    run_to_end(world);
    assert_issued(world);
}

static void
a_script_that_a_card_refuses_stops_there_and_is_told(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;

    world->card.refuse_ins = MADO_INS_RESET_RETRY;
    assert_true(begin(world, "issue", &error));
    run_until(world, MADO_STEP_RELAY, 2);
    assert_int_equal(world->card.n_changes, 2);
    assert_int_equal(world->resident.n_asked, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(an_issue_goes_through_in_five_exchanges),
        TEST(a_preparation_asks_nobody_for_a_pin),
        TEST(every_step_that_ended_has_its_receipt),
        TEST(a_decision_of_another_visit_is_refused),
        TEST(calls_out_of_their_step_change_nothing),
        TEST(a_reply_that_is_not_to_this_message_is_refused_and_the_right_one_taken),
        TEST(a_doubled_reply_is_refused_by_name),
        TEST(a_refusal_before_the_card_is_touched_ends_the_visit),
        TEST(silence_puts_the_visit_on_hold_and_the_card_waits_for_resume),
        TEST(a_clock_a_day_off_makes_no_certificates),
        TEST(a_bad_entry_is_asked_again_and_only_it),
        TEST(an_odd_answer_to_a_change_is_settled_by_the_record),
        TEST(a_certificate_with_another_key_is_not_staged),
        TEST(a_certificate_with_the_other_slots_policy_is_not_staged),
        TEST(a_card_torn_out_before_any_command_is_issued_after_all),
        TEST(a_card_torn_out_after_any_command_is_issued_after_all),
        TEST(without_the_resident_certificates_are_finished_from_the_kept_requests),
        TEST(without_the_resident_and_without_requests_it_is_undone),
        TEST(another_card_at_resume_is_refused_by_name),
        TEST(a_card_that_lost_power_between_two_calls_puts_the_visit_on_hold),
        TEST(before_the_first_message_nothing_is_left_behind),
        TEST(a_script_that_a_card_refuses_stops_there_and_is_told),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
