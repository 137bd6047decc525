/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A centre in a scratch folder and a desk that talks to it without a network: real keys, real
 * CMS, a real store, the training card's own core, and a client of OpenSSL for CMP. What goes
 * wrong fails the test that runs.
 */
#pragma once

#include "central/centre.h"
#include "central/service.h"
#include "common/body-lookup.h"
#include "common/body-reply.h"
#include "common/body-step.h"
#include "common/decision.h"
#include "common/message.h"
#include "tests/support/test-card.h"

#define CENTRAL_DESK_PIN      "4321"
#define CENTRAL_DESK_PASSWORD "ABC321"

typedef struct _CentralDeskCmp CentralDeskCmp; /* one certificate being asked for */

typedef struct {
    char *folder; /* scratch; the centre in c, the desk in d */
    MadoSettingsCentral *settings;
    MadoKeys *keys;
    MadoStore *store;
    MadoCentre *centre;
    MadoClock clock;
    gint64 skew_ms;         /* of the centre's clock */
    gint64 decision_age_ms; /* of the next decision */
    MadoIdentity *identity;
    MadoPeer *peer;
    MadoOperatorKey *operator_key;
    guint n_cards;

    /* one card and its visit */
    TestCard card;
    guint8 card_id[MADO_CARD_ID_LEN];
    char request_id[33];
    char serial[MADO_SERIAL_LEN + 1];
    MadoMessageHeader header; /* the next message's, fresh nonce each time */
    MadoBodyReply *reply;     /* to the last message */
    MadoBodyStep *step;       /* being put together */
    CentralDeskCmp *cmp[MADO_SLOT_SIGN + 1];
    guint n_exchanges;
    char problem[64]; /* slug of the last refusal, empty after a reply */
    /* the last message sent and its answer */
    GBytes *sent;
    char *sent_key;
    GBytes *answer;
    gboolean rejects;    /* the certificates that come next */
    EVP_PKEY *other_key; /* sign the PKCS#10 for this key instead of the card's */
} CentralDesk;

/* Centre, desk and operator CLERK-1. Takes about a second: once per program. */
void
central_desk_open(CentralDesk *desk);
void
central_desk_close(CentralDesk *desk);

/* The centre as after a restart: nothing but the database is left. */
void
central_desk_restart_centre(CentralDesk *desk);

/* The database as it is now, and as it was then; the other visits of the test are lost with it.
 */
void
central_desk_save_centre(CentralDesk *desk);
void
central_desk_set_centre_back(CentralDesk *desk);

/* A new resident with a new personalised card in the reader. @slots: certificates wanted. */
void
central_desk_new_card(CentralDesk *desk, guint8 slots);
/* A new visit of that card: new ids, step and attempt from the start. */
void
central_desk_new_visit(CentralDesk *desk);
/* The next adoption of the same visit. */
void
central_desk_next_attempt(CentralDesk *desk);

/* Sends a message: TRUE and reply, or FALSE and problem. */
gboolean
central_desk_lookup(CentralDesk *desk,
                    MadoProcedure procedure,
                    MadoDecisionKind kind,
                    gboolean resident);
/* The same with a body the test has changed. */
MadoBodyLookup *
central_desk_make_lookup(CentralDesk *desk, MadoProcedure procedure, MadoDecisionKind kind);
gboolean
central_desk_send_lookup(CentralDesk *desk, const MadoBodyLookup *lookup);
gboolean
central_desk_send_step(CentralDesk *desk);
/* Bytes as they are, under this key; the status. */
guint
central_desk_post(CentralDesk *desk, MadoServiceKind kind, const char *key, GBytes *body);

/* (transfer full): a decision of CLERK-1 for the visit as it stands. */
MadoBodyDecision
central_desk_decide(CentralDesk *desk, MadoDecisionKind kind, const char *detail);

/* (transfer full): data and status word of one command, a chained answer fetched whole. */
GBytes *
central_desk_exchange(CentralDesk *desk, GBytes *apdu, guint16 *ret_sw);
/* Forgets the certificates that were being asked for. */
void
central_desk_drop_cmp(CentralDesk *desk);

/* Does what the last reply asks for and puts the next STEP together; not sent yet. FALSE when
 * the reply is an end. */
gboolean
central_desk_work(CentralDesk *desk);
/* Works and sends until the visit ends or is refused. */
void
central_desk_run(CentralDesk *desk);

MadoRequestState
central_desk_request_state(CentralDesk *desk);
MadoTransactionState
central_desk_transaction_state(CentralDesk *desk);
/* Live certificates of the card: how many. */
guint
central_desk_count(CentralDesk *desk, MadoCertificateState state);

/* ---- what many tests do ---- */

/* cmocka's group fixture: *state is a CentralDesk. */
int
central_desk_set_up(void **state);
int
central_desk_tear_down(void **state);
/* PREPARE from beginning to end. */
void
central_desk_prepare(CentralDesk *desk);
/* A prepared card whose next visit is the delivery. */
void
central_desk_new_prepared_card(CentralDesk *desk, guint8 slots);
/* Card, centre and certificates agree that it was issued, or that nothing happened. */
void
central_desk_assert_issued(CentralDesk *desk, guint n_certificates);
void
central_desk_assert_undone(CentralDesk *desk);
