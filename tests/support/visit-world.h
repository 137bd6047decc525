/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One desk with a card, a resident, a journal and a centre, and a client that makes the calls
 * of a visit as a session would. The check of the face data and the PIN agent are replaced.
 */
#pragma once

#include "common/decision.h"
#include "daemon/visit.h"
#include "tests/support/visit-card.h"
#include "tests/support/visit-centre.h"

typedef struct {
    char typed[4][MADO_LIMIT_PIN_LEN + 1]; /* by kind: sign, auth, juki, text */
    guint n_asked;
    MadoErrorCode fails; /* instead of an entry, once */
} VisitResident;

typedef struct {
    VisitCentre *centre;
    VisitCard card;
    VisitResident resident;
    MadoJournal *journal;
    MadoVisit *visit;
    MadoInterrupt *interrupt;
    MadoCard *connection;
    MadoWork work;
    MadoStep step;
    EVP_PKEY *keys[2];
    guint n_exchanges; /* with the centre */
} VisitWorld;

/* cmocka's fixture functions: *state is a VisitWorld. */
int
visit_world_set_up(void **state);
int
visit_world_tear_down(void **state);

/* A text among the details of the last step, "" when absent; (transfer none). */
const char *
visit_world_detail(const VisitWorld *world, const char *name);

/* The calls of a client; each puts the step into world->step. */
gboolean
visit_world_begin(VisitWorld *world, const char *procedure, GError **error);
gboolean
visit_world_resume(VisitWorld *world, const char *visit, gboolean resident, GError **error);

/* The first decision that is wanted now, as the operator would make it. */
MadoDecision
visit_world_make_decision(const VisitWorld *world);
gboolean
visit_world_decide_with(VisitWorld *world, const MadoDecision *decision, GError **error);
gboolean
visit_world_decide(VisitWorld *world, GError **error);

/* (transfer full): what is to be posted. */
GBytes *
visit_world_message(const VisitWorld *world);
gboolean
visit_world_relay(VisitWorld *world, GError **error);
gboolean
visit_world_give_up(VisitWorld *world, guint status, const char *problem, GError **error);

/* What the step asks for. */
gboolean
visit_world_go_on(VisitWorld *world, GError **error);

/* Until done or hold, which must be reached without an error; then as the session does. */
void
visit_world_run_to_end(VisitWorld *world);

/* Until this step, and at least so many messages have reached the centre. */
void
visit_world_run_until(VisitWorld *world, MadoStepKind kind, guint n_messages);

/* The card is unpowered and any card may follow. */
void
visit_world_end_session(VisitWorld *world);

/* The journal's open or held visit of the card; state 0 when there is none. */
MadoJournalVisit
visit_world_find_row(VisitWorld *world);
void
visit_world_assert_issued(const VisitWorld *world);
