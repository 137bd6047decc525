/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/visit-table.h"

typedef struct {
    MadoVisitAction action; /* 0 is REFUSE: an absent edge refuses */
    MadoVisitState next;
} Edge;

#define EDGE(do_what, next_state)                                                              \
    {                                                                                          \
        MADO_VISIT_DO_##do_what, MADO_VISIT_##next_state                                       \
    }

/* The events that come from outside, whatever the visit is doing, in one row of the table. */
#define FROM_OUTSIDE(do_what, next_state)                                                      \
    [MADO_VISIT_ON_CARD_GONE] = EDGE(do_what, next_state),                                     \
    [MADO_VISIT_ON_READER_GONE] = EDGE(do_what, next_state),                                   \
    [MADO_VISIT_ON_CLIENT_GONE] = EDGE(do_what, next_state),                                   \
    [MADO_VISIT_ON_CANCELLED] = EDGE(do_what, next_state),                                     \
    [MADO_VISIT_ON_TIMED_OUT] = EDGE(do_what, next_state),                                     \
    [MADO_VISIT_ON_SHUTDOWN] = EDGE(do_what, next_state)

static const Edge edges[MADO_VISIT_N_STATES][MADO_VISIT_N_EVENTS] = {
    [MADO_VISIT_IDLE] =
        {
            [MADO_VISIT_ON_BEGIN] = EDGE(CHECK, CHECKING),
            FROM_OUTSIDE(IGNORE, IDLE),
        },
    [MADO_VISIT_CHECKING] =
        {
            [MADO_VISIT_ON_CHECKED] = EDGE(ASK, OPENING),
            [MADO_VISIT_ON_CHECK_FAILED] = EDGE(FORGET, IDLE),
            FROM_OUTSIDE(FORGET, IDLE),
        },
    [MADO_VISIT_OPENING] =
        {
            [MADO_VISIT_ON_DECIDED_OPEN] = EDGE(SEND, RELAY),
            [MADO_VISIT_ON_FAILED] = EDGE(FORGET, IDLE),
            FROM_OUTSIDE(FORGET, IDLE),
        },
    [MADO_VISIT_DECIDE] =
        {
            [MADO_VISIT_ON_DECIDED_MORE] = EDGE(ASK, DECIDE),
            [MADO_VISIT_ON_DECIDED_ALL] = EDGE(WAIT, WORK),
            FROM_OUTSIDE(HOLD, HOLD),
        },
    [MADO_VISIT_RELAY] =
        {
            [MADO_VISIT_ON_REPLY_DECIDE] = EDGE(ASK, DECIDE),
            [MADO_VISIT_ON_REPLY_WORK] = EDGE(WAIT, WORK),
            [MADO_VISIT_ON_REPLY_COMMITTED] = EDGE(COMMITTED, DONE),
            [MADO_VISIT_ON_REPLY_ABORTED] = EDGE(ABORTED, DONE),
            [MADO_VISIT_ON_REPLY_HOLD] = EDGE(HOLD, HOLD),
            [MADO_VISIT_ON_REPLY_BAD] = EDGE(REPORT, RELAY),
            [MADO_VISIT_ON_REFUSED] = EDGE(CLOSE, DONE),
            [MADO_VISIT_ON_UNREACHED] = EDGE(HOLD, HOLD),
            [MADO_VISIT_ON_FAILED] = EDGE(HOLD, HOLD),
            FROM_OUTSIDE(HOLD, HOLD),
        },
    [MADO_VISIT_WORK] =
        {
            [MADO_VISIT_ON_CONTINUE] = EDGE(RUN, WORKING),
            FROM_OUTSIDE(HOLD, HOLD),
        },
    [MADO_VISIT_WORKING] =
        {
            [MADO_VISIT_ON_WORKED] = EDGE(SEND, RELAY),
            [MADO_VISIT_ON_WORKED_PINS] = EDGE(WAIT, PINS),
            [MADO_VISIT_ON_FAILED] = EDGE(HOLD, HOLD),
            FROM_OUTSIDE(HOLD, HOLD),
        },
    [MADO_VISIT_PINS] =
        {
            [MADO_VISIT_ON_CHOOSE] = EDGE(ENTER, ENTERING),
            FROM_OUTSIDE(HOLD, HOLD),
        },
    [MADO_VISIT_ENTERING] =
        {
            [MADO_VISIT_ON_CHOSEN] = EDGE(SEND, RELAY),
            [MADO_VISIT_ON_AGAIN] = EDGE(REPORT, PINS),
            [MADO_VISIT_ON_FAILED] = EDGE(HOLD, HOLD),
            FROM_OUTSIDE(HOLD, HOLD),
        },
    [MADO_VISIT_DONE] =
        {
            [MADO_VISIT_ON_BEGIN] = EDGE(CHECK, CHECKING),
            FROM_OUTSIDE(IGNORE, DONE),
        },
    [MADO_VISIT_HOLD] =
        {
            [MADO_VISIT_ON_BEGIN] = EDGE(CHECK, CHECKING),
            FROM_OUTSIDE(IGNORE, HOLD),
        },
};

MadoVisitAction
mado_visit_table_peek(MadoVisitState state, MadoVisitEvent event, MadoVisitState *ret_next)
{
    const Edge *edge;

    if ((unsigned)state >= MADO_VISIT_N_STATES || (unsigned)event >= MADO_VISIT_N_EVENTS)
        return MADO_VISIT_DO_REFUSE;
    edge = &edges[state][event];
    if (ret_next != NULL)
        *ret_next = edge->action == MADO_VISIT_DO_REFUSE ? state : edge->next;
    return edge->action;
}

MadoVisitAction
mado_visit_table_step(MadoVisitState *state, MadoVisitEvent event)
{
    return mado_visit_table_peek(*state, event, state);
}

static const char *const state_names[] = {
#define STATE_NAME(name, word, text) word,
    MADO_VISIT_STATES(STATE_NAME)
#undef STATE_NAME
};

static const char *const event_names[] = {
#define EVENT_NAME(name, word, text) word,
    MADO_VISIT_EVENTS(EVENT_NAME)
#undef EVENT_NAME
};

static const char *const action_names[] = {
#define ACTION_NAME(name, word) word,
    MADO_VISIT_ACTIONS(ACTION_NAME)
#undef ACTION_NAME
};

const char *
mado_visit_table_state_name(MadoVisitState state)
{
    return (unsigned)state < MADO_VISIT_N_STATES ? state_names[state] : "?";
}

const char *
mado_visit_table_event_name(MadoVisitEvent event)
{
    return (unsigned)event < MADO_VISIT_N_EVENTS ? event_names[event] : "?";
}

const char *
mado_visit_table_action_name(MadoVisitAction action)
{
    return (unsigned)action < MADO_VISIT_N_ACTIONS ? action_names[action] : "?";
}
