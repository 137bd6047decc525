/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The centre's end of the messages, for tests of visits: it opens what the desk sends and
 * answers in the order of doc/messages.md 2 and 3, with real CMS and real CMP, and with scripts
 * for tests/support/visit-card. Tests look at what it was told and change what it answers.
 */
#pragma once

#include "common/body-lookup.h"
#include "common/body-reply.h"
#include "common/body-step.h"
#include "common/envelope.h"
#include "common/message.h"
#include "daemon/desk.h"
#include "tests/support/test-keys.h"

#include <openssl/cmp.h>

/* The last thing it answered, so what it expects. */
typedef enum {
    VISIT_CENTRE_NEW,
    VISIT_CENTRE_DECIDE,
    VISIT_CENTRE_RECORD,
    VISIT_CENTRE_OPEN,
    VISIT_CENTRE_CSR,
    VISIT_CENTRE_STAGE,
    VISIT_CENTRE_COMMIT,
    VISIT_CENTRE_UNDO,
    VISIT_CENTRE_DONE,
} VisitCentreStage;

typedef struct VisitCentre VisitCentre;
/* Changes a reply before it is sealed; may replace its header's members. */
typedef void (*VisitCentreTwist)(VisitCentre *centre,
                                 MadoMessageHeader *header,
                                 MadoBodyReply *reply);

struct VisitCentre {
    /* always */
    MadoTestKeys *ca;
    MadoTestKeys *keys[4]; /* centre sign, centre decrypt, desk sign, desk decrypt */
    MadoTestKeys *root;    /* of the certificates */
    char *folder;
    MadoIdentity *identity;
    MadoPeer *desk_peer;
    MadoDesk desk; /* what the daemon would have loaded */
    MadoClock clock;
    gint64 now_ms;
    /* the visit */
    VisitCentreStage stage;
    MadoProcedure procedure;
    guint8 transaction[16];
    gboolean committed; /* what the card said under (here: without) R-MAC */
    gboolean may_start; /* recovery: resident here */
    OSSL_CMP_SRV_CTX *cmp[2];
    GBytes *csrs[2];       /* kept for NEXT CSR */
    guint n_confirmed;     /* certConf taken */
    guint n_rejected;      /* those that reject */
    EVP_PKEY *wrong_key;   /* borrowed: put this into certificates instead */
    const char *policy[2]; /* of the certificates, by slot */
    VisitCentreTwist twist;
    /* what it was told last */
    MadoMessageHeader header;
    guint n_messages;
};

VisitCentre *
visit_centre_new(void);
void
visit_centre_free(VisitCentre *self);
/* (transfer full): the reply to a message of the desk. */
GBytes *
visit_centre_answer(VisitCentre *self, GBytes *message);
/* (transfer full): the same with any bytes for a body, under an honest envelope; NULL when they
 * do not fit one. */
GBytes *
visit_centre_answer_with(VisitCentre *self, GBytes *message, GBytes *body);
