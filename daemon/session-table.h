/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The states of a claim, as a pure table: what happens to it, and what is done about that. An
 * edge that is not in the table refuses. doc/ARCHITECTURE.md shows it; a test prints it.
 */
#pragma once

typedef enum {
    MADO_SESSION_IDLE,       /* claimed, nothing runs */
    MADO_SESSION_WORKING,    /* a call of the owner runs on the worker */
    MADO_SESSION_CANCELLING, /* the same, interrupted; then rests and goes on */
    MADO_SESSION_RESTING,    /* our own job runs: hold the visit, power down; then idle */
    MADO_SESSION_ENDING,     /* a job runs, interrupted; then the claim is closed */
    MADO_SESSION_CLOSING,    /* our own job runs: hold the visit, power down; then closed */
    MADO_SESSION_CLOSED,     /* off the bus, worker given up */
    MADO_SESSION_N_STATES
} MadoSessionState;

typedef enum {
    MADO_SESSION_ON_CALL,        /* the owner calls a method that needs the worker */
    MADO_SESSION_ON_CANCEL,      /* the owner calls Cancel */
    MADO_SESSION_ON_RELEASE,     /* the owner calls Release */
    MADO_SESSION_ON_OWNER_GONE,  /* the owner left the bus */
    MADO_SESSION_ON_READER_GONE, /* the reader, or the card service, went */
    MADO_SESSION_ON_CARD_GONE,   /* the card went */
    MADO_SESSION_ON_WAITED,      /* a visit has waited so long that the card is powered down */
    MADO_SESSION_ON_SHUTDOWN,    /* the daemon stops */
    MADO_SESSION_ON_DONE,        /* the job returned */
    MADO_SESSION_ON_STUCK,       /* the job did not return: the worker is lost */
    MADO_SESSION_N_EVENTS
} MadoSessionEvent;

typedef enum {
    MADO_SESSION_DO_REFUSE = 0, /* an absent edge */
    MADO_SESSION_DO_NOTHING,
    MADO_SESSION_DO_START,     /* post the call's job */
    MADO_SESSION_DO_INTERRUPT, /* with the code of the event */
    MADO_SESSION_DO_WAIT,      /* answer this Cancel or Release when the running job is over */
    MADO_SESSION_DO_REST,      /* post: hold, power down */
    MADO_SESSION_DO_UNPOWER,   /* post: power down, the visit goes on */
    MADO_SESSION_DO_CLOSE,     /* post: hold, power down; nothing comes after it */
    MADO_SESSION_DO_ANSWER,    /* the call */
    MADO_SESSION_DO_ANSWER_REST,
    MADO_SESSION_DO_ANSWER_CLOSE,
    MADO_SESSION_DO_SETTLE,  /* answer those who wait */
    MADO_SESSION_DO_FINISH,  /* leave the bus, answer those who wait */
    MADO_SESSION_DO_ABANDON, /* the same without the worker */
    MADO_SESSION_N_ACTIONS
} MadoSessionAction;

/* Moves *state and says what to do. Out of range: refuse. */
MadoSessionAction
mado_session_table_step(MadoSessionState *state, MadoSessionEvent event);

/* Lower-case words for the drawing and for logs. */
const char *
mado_session_table_state_name(MadoSessionState state);
const char *
mado_session_table_event_name(MadoSessionEvent event);
const char *
mado_session_table_action_name(MadoSessionAction action);
