/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One claim of one reader by one client. Runs the table, owns the worker and the visit, and
 * answers every invocation it was given exactly once. Knows the bus only as invocations.
 * Main thread; the functions of a call run on the worker's.
 *
 * How the methods of a visit get to it: daemon/session-iface.c unpacks the arguments into a job
 * whose run function calls mado_visit_begin() and so on; the job ends in a MadoStep, which the
 * session turns into the properties and into the answer.
 */
#pragma once

#include "daemon/screen.h"
#include "daemon/session-table.h"
#include "daemon/visit.h"
#include "daemon/worker.h"

typedef struct _MadoSession MadoSession;

typedef struct {
    const char *id;     /* short, unique; begins the request ids of the log */
    const char *reader; /* name at the card service */
    guint holder_uid;
    const MadoDesk *desk;
    MadoJournal *journal; /* (nullable) */
    MadoAgent *agent;
    MadoScreen *screen;
    MadoTransportNew new_transport;
    gpointer transport_data;
    /* Properties changed: look at them again. */
    void (*on_changed)(MadoSession *self, gpointer user_data);
    /* The resident touched a button of @page. */
    void (*on_answered)(MadoSession *self,
                        const char *page,
                        const char *answer,
                        gpointer user_data);
    /* The claim is over: take it off the bus. The session frees itself when this returns. */
    void (*on_closed)(MadoSession *self, gpointer user_data);
    gpointer user_data;
    /* The worker's thread is gone: only now the reader can be claimed again. After on_closed,
     * with the same user data, which must live until then; for a lost worker maybe never. */
    void (*on_returned)(gpointer user_data);
} MadoSessionSettings;

/* (transfer full): idle, card not touched. */
MadoSession *
mado_session_new(const MadoSessionSettings *settings);
/* One method call that needs the worker. */
typedef struct {
    GDBusMethodInvocation *invocation; /* (transfer full) */
    MadoWorkerRun run;
    gpointer job;            /* (transfer full) */
    GDestroyNotify free_job; /* after reply */
    /* Answers with the job's results; errors are answered by the session. */
    void (*reply)(GDBusMethodInvocation *invocation, gpointer job);
    guint timeout_ms;
    guint grace_ms;    /* its longest command to the card; 0: MADO_TIMEOUT_EXCHANGE_MS */
    gboolean is_visit; /* the job's first member is a MadoStep */
} MadoSessionCall;

/* Posts the call, or answers BUSY; BAD_STATE for a call beside an open visit. Always takes
 * invocation and job. */
void
mado_session_call(MadoSession *self, const MadoSessionCall *call);
/* Answered when the running job is over. (transfer full) */
void
mado_session_cancel(MadoSession *self, GDBusMethodInvocation *invocation);
void
mado_session_release(MadoSession *self, GDBusMethodInvocation *invocation);
/* OWNER_GONE, READER_GONE, CARD_GONE or SHUTDOWN. */
void
mado_session_tell(MadoSession *self, MadoSessionEvent event);

/* Session.Show: AGENT_GONE, BUSY, BAD_STATE, BAD_ARGUMENT. */
gboolean
mado_session_show(MadoSession *self, const char *page, GError **error);

/* (transfer none): for a job, which may outlive the session but never the visit. */
MadoVisit *
mado_session_visit(const MadoSession *self);
const MadoDesk *
mado_session_desk(const MadoSession *self);
MadoJournal *
mado_session_journal(const MadoSession *self);

/* ---- the properties ---- */
MadoSessionState
mado_session_state(const MadoSession *self);
/* Borrowed until the next change. */
const MadoStep *
mado_session_step(const MadoSession *self);
void
mado_session_progress(const MadoSession *self, guint ret_progress[3]);
/* (transfer none): until the next change. */
const char *
mado_session_resident(const MadoSession *self);
