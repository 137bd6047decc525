/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What may happen to a visit, and what is then done: a pure table of states and events, drawn
 * in doc/visit-table.md. Every procedure runs on it; which step comes next is the centre's word
 * (doc/adr/0001), which steps a procedure may hold is daemon/procedure's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* X(NAME, "name", "what it is") */
#define MADO_VISIT_STATES(X)                                                                   \
    X(IDLE, "idle", "no visit")                                                                \
    X(CHECKING, "checking", "Begin or Resume looks at the card")                               \
    X(OPENING, "opening", "waits for the opening decision; nothing is written yet")            \
    X(DECIDE, "decide", "waits for the decisions the centre wants")                            \
    X(RELAY, "relay", "a message is with the relay")                                           \
    X(WORK, "work", "card work waits for Continue")                                            \
    X(WORKING, "working", "card work runs")                                                    \
    X(PINS, "pins", "PIN entry waits for ChoosePins")                                          \
    X(ENTERING, "entering", "the resident types")                                              \
    X(DONE, "done", "ended; the card is unpowered")                                            \
    X(HOLD, "hold", "stopped; the journal knows how far it came")

typedef enum {
#define MADO_VISIT_STATE_ENUM(name, word, text) MADO_VISIT_##name,
    MADO_VISIT_STATES(MADO_VISIT_STATE_ENUM)
#undef MADO_VISIT_STATE_ENUM
        MADO_VISIT_N_STATES
} MadoVisitState;

#define MADO_VISIT_EVENTS(X)                                                                   \
    X(BEGIN, "Begin", "the client opens a visit or adopts one")                                \
    X(CHECKED, "checked", "the card is genuine and this visit's")                              \
    X(CHECK_FAILED, "check failed", "it is not, or cannot be read")                            \
    X(DECIDED_OPEN, "decided: opening", "the opening decision is here")                        \
    X(DECIDED_MORE, "decided: more", "one wanted decision, others are missing")                \
    X(DECIDED_ALL, "decided: all", "the last wanted decision")                                 \
    X(REPLY_DECIDE, "reply: decide", "the centre wants decisions")                             \
    X(REPLY_WORK, "reply: work", "the centre wants card work")                                 \
    X(REPLY_COMMITTED, "reply: committed", "the centre's signed end: hand over")               \
    X(REPLY_ABORTED, "reply: aborted", "the centre's signed end: undone")                      \
    X(REPLY_HOLD, "reply: hold", "the centre cannot go on now")                                \
    X(REPLY_BAD, "reply: bad", "malformed, late, or not to this message")                      \
    X(REFUSED, "refused", "the centre refused, nothing is begun on the card")                  \
    X(UNREACHED, "unreached", "no answer, or a refusal after something was begun")             \
    X(CONTINUE, "Continue", "the client lets the card work run")                               \
    X(WORKED, "worked", "it ended in a message")                                               \
    X(WORKED_PINS, "worked: pins", "it ended where the resident must type")                    \
    X(FAILED, "failed", "card, journal, certificate or agent failed beyond repeating")         \
    X(CHOOSE, "ChoosePins", "the client lets the resident type")                               \
    X(CHOSEN, "chosen", "all PINs set, requests signed: a message")                            \
    X(AGAIN, "again", "a bad entry, no agent, no entry in time: may be asked again")           \
    X(CARD_GONE, "card gone", "removed, mute, or another card")                                \
    X(READER_GONE, "reader gone", "the reader or the card service went away")                  \
    X(CLIENT_GONE, "client gone", "the holder released or left the bus")                       \
    X(CANCELLED, "cancelled", "by the holder")                                                 \
    X(TIMED_OUT, "timed out", "nobody went on for too long")                                   \
    X(SHUTDOWN, "shutdown", "the daemon ends")

typedef enum {
#define MADO_VISIT_EVENT_ENUM(name, word, text) MADO_VISIT_ON_##name,
    MADO_VISIT_EVENTS(MADO_VISIT_EVENT_ENUM)
#undef MADO_VISIT_EVENT_ENUM
        MADO_VISIT_N_EVENTS
} MadoVisitEvent;

#define MADO_VISIT_ACTIONS(X)                                                                  \
    X(REFUSE, "-")            /* no edge: BadState, nothing changes */                         \
    X(IGNORE, "ignore")       /* an event that means nothing here */                           \
    X(CHECK, "check")         /* look at the card */                                           \
    X(FORGET, "forget")       /* nothing was written: as if it had not been */                 \
    X(ASK, "ask")             /* tell the client which decisions are wanted */                 \
    X(SEND, "send")           /* a durable message for the relay */                            \
    X(WAIT, "wait")           /* tell the client to call Continue or ChoosePins */             \
    X(RUN, "run")             /* card work */                                                  \
    X(ENTER, "enter")         /* PIN entry */                                                  \
    X(REPORT, "report")       /* an error to the caller, the step stays */                     \
    X(COMMITTED, "committed") /* receipt, done */                                              \
    X(ABORTED, "aborted")     /* receipt, done */                                              \
    X(CLOSE, "close")         /* refused before anything was begun: done */                    \
    X(HOLD, "hold")           /* journal, receipt, wipe, unpower */

typedef enum {
#define MADO_VISIT_ACTION_ENUM(name, word) MADO_VISIT_DO_##name,
    MADO_VISIT_ACTIONS(MADO_VISIT_ACTION_ENUM)
#undef MADO_VISIT_ACTION_ENUM
        MADO_VISIT_N_ACTIONS
} MadoVisitAction;

/* Moves *state along the edge and says what to do; REFUSE leaves it where it is. */
MadoVisitAction
mado_visit_table_step(MadoVisitState *state, MadoVisitEvent event);
/* What step would answer, without moving. */
MadoVisitAction
mado_visit_table_peek(MadoVisitState state, MadoVisitEvent event, MadoVisitState *ret_next);

const char *
mado_visit_table_state_name(MadoVisitState state);
const char *
mado_visit_table_event_name(MadoVisitEvent event);
const char *
mado_visit_table_action_name(MadoVisitAction action);
