/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a counter procedure may hold. The centre chooses each step (doc/adr/0001); the desk runs
 * it only if its own table of the procedure has it, so that a centre gone wrong cannot make a
 * preparation ask for PINs or skip the commit. One file per procedure, each a constant table.
 */
#pragma once

#include "common/body-reply.h"

/* What the last message of the desk was about: the row of the table. X(NAME, "name") */
#define MADO_PLAN_ROWS(X)                                                                      \
    X(LOOKUP, "lookup")                                                                        \
    X(INITIALIZE, "initialize")                                                                \
    X(RECORD, "record")                                                                        \
    X(OPEN, "open")                                                                            \
    X(CSR, "csr")                                                                              \
    X(STAGE, "stage")                                                                          \
    X(COMMIT, "commit")                                                                        \
    X(UNDO, "undo")

typedef enum {
#define MADO_PLAN_ROW_ENUM(name, word) MADO_PLAN_##name,
    MADO_PLAN_ROWS(MADO_PLAN_ROW_ENUM)
#undef MADO_PLAN_ROW_ENUM
        MADO_PLAN_N_ROWS
} MadoPlanRow;

/* What the centre may answer; bits of a set. */
typedef enum {
    MADO_PLAN_MAY_DECIDE = 1 << 0,
    MADO_PLAN_MAY_RECORD = 1 << 1,
    MADO_PLAN_MAY_OPEN = 1 << 2,
    MADO_PLAN_MAY_CSR = 1 << 3,
    MADO_PLAN_MAY_STAGE = 1 << 4,
    MADO_PLAN_MAY_COMMIT = 1 << 5,
    MADO_PLAN_MAY_UNDO = 1 << 6,
    MADO_PLAN_MAY_END = 1 << 7, /* COMMITTED, ABORTED or HOLD */
} MadoPlanAnswer;

typedef struct {
    MadoProcedure procedure;
    const char *name;            /* as on the bus */
    guint may[MADO_PLAN_N_ROWS]; /* sets of MadoPlanAnswer */
    guint8 pins;                 /* set of MadoPinKind that may be set */
    guint8 slots;                /* set of MadoSlot that may be signed for */
    guint decisions;             /* set of 1 << MadoDecisionKind that may be wanted */
    MadoReceiptKind done;        /* the receipt at the end */
} MadoPlan;

/* (transfer none): NULL when this desk does not serve the procedure. */
const MadoPlan *
mado_plan_find(MadoProcedure procedure);
const MadoPlan *
mado_plan_find_name(const char *name);

/*
 * CENTRE_ANSWER, naming what is wrong, unless @reply may follow @row and is complete in itself:
 * AUTHENTICATE exactly when @has_session_begun (the last message carried INITIALIZE), PINs and
 * slots only in script OPEN and within the plan, a PIN for every slot to sign for, a challenge
 * where plain commands end the session.
 */
gboolean
mado_plan_check(const MadoPlan *self,
                MadoPlanRow row,
                gboolean has_session_begun,
                const MadoBodyReply *reply,
                GError **error);

/* The row a script's answers belong to. */
MadoPlanRow
mado_plan_row(MadoScriptPhase phase);
