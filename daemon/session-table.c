/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/session-table.h"

#include <stddef.h>

typedef struct {
    MadoSessionAction action; /* 0: refuse */
    MadoSessionState next;
} Edge;

#define GO(action, next)                                                                       \
    {                                                                                          \
        MADO_SESSION_DO_##action, MADO_SESSION_##next                                          \
    }

static const Edge edges[MADO_SESSION_N_STATES][MADO_SESSION_N_EVENTS] =
    {
        [MADO_SESSION_IDLE] =
            {
                [MADO_SESSION_ON_CALL] = GO(START, WORKING),
                [MADO_SESSION_ON_CANCEL] = GO(REST, RESTING),
                [MADO_SESSION_ON_RELEASE] = GO(CLOSE, CLOSING),
                [MADO_SESSION_ON_OWNER_GONE] = GO(CLOSE, CLOSING),
                [MADO_SESSION_ON_READER_GONE] = GO(CLOSE, CLOSING),
                [MADO_SESSION_ON_CARD_GONE] = GO(REST, RESTING),
                [MADO_SESSION_ON_WAITED] = GO(UNPOWER, RESTING),
                [MADO_SESSION_ON_SHUTDOWN] = GO(CLOSE, CLOSING),
            },
        [MADO_SESSION_WORKING] =
            {
                [MADO_SESSION_ON_CANCEL] = GO(INTERRUPT, CANCELLING),
                [MADO_SESSION_ON_RELEASE] = GO(INTERRUPT, ENDING),
                [MADO_SESSION_ON_OWNER_GONE] = GO(INTERRUPT, ENDING),
                [MADO_SESSION_ON_READER_GONE] = GO(INTERRUPT, ENDING),
                [MADO_SESSION_ON_CARD_GONE] = GO(INTERRUPT, WORKING),
                [MADO_SESSION_ON_WAITED] = GO(NOTHING, WORKING),
                [MADO_SESSION_ON_SHUTDOWN] = GO(INTERRUPT, ENDING),
                [MADO_SESSION_ON_DONE] = GO(ANSWER, IDLE),
                [MADO_SESSION_ON_STUCK] = GO(ABANDON, CLOSED),
            },
        [MADO_SESSION_CANCELLING] =
            {
                [MADO_SESSION_ON_CANCEL] = GO(WAIT, CANCELLING),
                [MADO_SESSION_ON_RELEASE] = GO(WAIT, ENDING),
                [MADO_SESSION_ON_OWNER_GONE] = GO(NOTHING, ENDING),
                [MADO_SESSION_ON_READER_GONE] = GO(NOTHING, ENDING),
                [MADO_SESSION_ON_CARD_GONE] = GO(NOTHING, CANCELLING),
                [MADO_SESSION_ON_WAITED] = GO(NOTHING, CANCELLING),
                [MADO_SESSION_ON_SHUTDOWN] = GO(NOTHING, ENDING),
                [MADO_SESSION_ON_DONE] = GO(ANSWER_REST, RESTING),
                [MADO_SESSION_ON_STUCK] = GO(ABANDON, CLOSED),
            },
        [MADO_SESSION_RESTING] =
            {
                [MADO_SESSION_ON_CANCEL] = GO(WAIT, RESTING),
                [MADO_SESSION_ON_RELEASE] = GO(WAIT, ENDING),
                [MADO_SESSION_ON_OWNER_GONE] = GO(NOTHING, ENDING),
                [MADO_SESSION_ON_READER_GONE] = GO(NOTHING, ENDING),
                [MADO_SESSION_ON_CARD_GONE] = GO(NOTHING, RESTING),
                [MADO_SESSION_ON_WAITED] = GO(NOTHING, RESTING),
                [MADO_SESSION_ON_SHUTDOWN] = GO(NOTHING, ENDING),
                [MADO_SESSION_ON_DONE] = GO(SETTLE, IDLE),
                [MADO_SESSION_ON_STUCK] = GO(ABANDON, CLOSED),
            },
        [MADO_SESSION_ENDING] =
            {
                [MADO_SESSION_ON_CANCEL] = GO(WAIT, ENDING),
                [MADO_SESSION_ON_RELEASE] = GO(WAIT, ENDING),
                [MADO_SESSION_ON_OWNER_GONE] = GO(NOTHING, ENDING),
                [MADO_SESSION_ON_READER_GONE] = GO(NOTHING, ENDING),
                [MADO_SESSION_ON_CARD_GONE] = GO(NOTHING, ENDING),
                [MADO_SESSION_ON_WAITED] = GO(NOTHING, ENDING),
                [MADO_SESSION_ON_SHUTDOWN] = GO(NOTHING, ENDING),
                [MADO_SESSION_ON_DONE] = GO(ANSWER_CLOSE, CLOSING),
                [MADO_SESSION_ON_STUCK] = GO(ABANDON, CLOSED),
            },
        [MADO_SESSION_CLOSING] =
            {
                [MADO_SESSION_ON_CANCEL] = GO(WAIT, CLOSING),
                [MADO_SESSION_ON_RELEASE] = GO(WAIT, CLOSING),
                [MADO_SESSION_ON_OWNER_GONE] = GO(NOTHING, CLOSING),
                [MADO_SESSION_ON_READER_GONE] = GO(NOTHING, CLOSING),
                [MADO_SESSION_ON_CARD_GONE] = GO(NOTHING, CLOSING),
                [MADO_SESSION_ON_WAITED] = GO(NOTHING, CLOSING),
                [MADO_SESSION_ON_SHUTDOWN] = GO(NOTHING, CLOSING),
                [MADO_SESSION_ON_DONE] = GO(FINISH, CLOSED),
                [MADO_SESSION_ON_STUCK] = GO(ABANDON, CLOSED),
            },
        /* CLOSED: everything is refused. */
};

MadoSessionAction
mado_session_table_step(MadoSessionState *state, MadoSessionEvent event)
{
    const Edge *edge;

    if ((unsigned)*state >= MADO_SESSION_N_STATES || (unsigned)event >= MADO_SESSION_N_EVENTS)
        return MADO_SESSION_DO_REFUSE;
    edge = &edges[*state][event];
    if (edge->action == MADO_SESSION_DO_REFUSE)
        return MADO_SESSION_DO_REFUSE;
    *state = edge->next;
    return edge->action;
}

const char *
mado_session_table_state_name(MadoSessionState state)
{
    static const char *const names[MADO_SESSION_N_STATES] = {
        "idle", "working", "cancelling", "resting", "ending", "closing", "closed"};

    return (unsigned)state < MADO_SESSION_N_STATES ? names[state] : "?";
}

const char *
mado_session_table_event_name(MadoSessionEvent event)
{
    static const char *const names[MADO_SESSION_N_EVENTS] = {
        "call",      "cancel", "release",  "owner-gone", "reader-gone",
        "card-gone", "waited", "shutdown", "done",       "stuck"};

    return (unsigned)event < MADO_SESSION_N_EVENTS ? names[event] : "?";
}

const char *
mado_session_table_action_name(MadoSessionAction action)
{
    static const char *const names[MADO_SESSION_N_ACTIONS] = {
        "refuse", "nothing", "start",        "interrupt",     "wait",   "rest",   "unpower",
        "close",  "answer",  "answer, rest", "answer, close", "settle", "finish", "abandon"};

    return (unsigned)action < MADO_SESSION_N_ACTIONS ? names[action] : "?";
}
