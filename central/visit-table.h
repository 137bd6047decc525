/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a visit goes on, as two pure tables (doc/messages.md 2 and 3). The first says what the
 * centre does with a message of the desk, the second which way a visit that stopped is brought
 * to an end. Both are decided on the card's record read under R-MAC, never on a plain read or
 * an unprotected status word.
 */
#pragma once

#include "common/record.h"

#include <stdbool.h>

/* What the centre said last, hence what it waits for. */
typedef enum {
    MADO_VISIT_NONE = 0,
    MADO_VISIT_DECIDE, /* DECIDE with WANTED sent: no script of this transaction exists yet */
    MADO_VISIT_OPEN,   /* SCRIPT OPEN sent */
    MADO_VISIT_STAGE,
    MADO_VISIT_COMMIT,
    MADO_VISIT_ASKED,  /* DECIDE without WANTED: a fresh session is to be started */
    MADO_VISIT_RECORD, /* SCRIPT RECORD sent */
    MADO_VISIT_CSR,    /* the PKCS#10 given back */
    MADO_VISIT_UNDO,
    MADO_VISIT_HELD,
    MADO_VISIT_ENDED,
    MADO_VISIT_N_STAGES
} MadoVisitStage;

/* What a STEP brings. */
typedef enum {
    MADO_VISIT_INITIALIZED = 0, /* INITIALIZE UPDATE's answer, no script's answers */
    MADO_VISIT_ANSWERED,        /* every answer of the script, each protected and good */
    MADO_VISIT_FAILED,          /* answers missing, refused or unprotected; or session lost */
    MADO_VISIT_REQUESTED,       /* CMP requests alone */
    MADO_VISIT_DAMAGED,         /* the desk says that it cannot go on */
    MADO_VISIT_REJECTED,        /* CMP confirmations alone, before the script was run */
    MADO_VISIT_N_EVENTS
} MadoVisitEvent;

typedef enum {
    MADO_VISIT_DO_REFUSE = 0, /* not possible here; nothing changes */
    MADO_VISIT_DO_OPEN,       /* check the decisions, SCRIPT OPEN */
    MADO_VISIT_DO_PROCEED,    /* after OPEN: STAGE, or COMMIT when there are no slots */
    MADO_VISIT_DO_STAGE,      /* issue (again) and SCRIPT STAGE */
    MADO_VISIT_DO_COMMIT,     /* SCRIPT COMMIT */
    MADO_VISIT_DO_FINISH,     /* everything live, COMMITTED */
    MADO_VISIT_DO_ASK,        /* a fresh session: DECIDE without WANTED */
    MADO_VISIT_DO_RECORD,     /* SCRIPT RECORD */
    MADO_VISIT_DO_CHOOSE,     /* the second table */
    MADO_VISIT_DO_REVOKE,     /* what was issued dies, the card is rolled back: ABORTED */
    MADO_VISIT_DO_HOLD,
    MADO_VISIT_N_ACTIONS
} MadoVisitAction;

/* What the second table looks at. */
typedef struct {
    const MadoRecord *record; /* under R-MAC, in a fresh session */
    const uint8_t *transaction;
    uint8_t slots;      /* set the transaction is to make */
    bool has_requests;  /* a PKCS#10 whose key is the staged one, for every slot */
    bool may_start;     /* resident here, or the procedure needs nobody; undo not asked for */
    MadoLifeCycle from; /* what the procedure starts from */
} MadoVisitFacts;

typedef enum {
    MADO_VISIT_WAY_HOLD = 0,
    MADO_VISIT_WAY_FINISH,     /* COMMIT took effect */
    MADO_VISIT_WAY_RESTAGE,    /* CSR, STAGE, COMMIT: nothing needs the resident */
    MADO_VISIT_WAY_START,      /* SCRIPT OPEN again */
    MADO_VISIT_WAY_UNDO,       /* SCRIPT UNDO, then ABORTED */
    MADO_VISIT_WAY_ABORT,      /* nothing of it is on the card: ABORTED */
    MADO_VISIT_WAY_UNDO_OTHER, /* SCRIPT UNDO for the transaction the card holds, then look
                                  again */
    MADO_VISIT_WAY_REFUSE,     /* terminated */
    MADO_VISIT_N_WAYS
} MadoVisitWay;

MadoVisitAction
mado_visit_table_step(MadoVisitStage stage, MadoVisitEvent event);

MadoVisitWay
mado_visit_table_recover(const MadoVisitFacts *facts);

/* Short English names for logs and listings; never NULL. */
const char *
mado_visit_table_stage_name(MadoVisitStage stage);
const char *
mado_visit_table_way_name(MadoVisitWay way);
