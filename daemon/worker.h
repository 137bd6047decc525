/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One thread per claimed reader. The main thread posts jobs, the worker runs them one after
 * another with its card, and the result is told in the main context. They share nothing: a job
 * belongs to whoever runs it at the time.
 *
 * Every function but mado_worker_progress is for the main thread.
 */
#pragma once

#include "daemon/agent.h"
#include "daemon/card/card.h"
#include "daemon/interrupt.h"

typedef struct _MadoWorker MadoWorker;

/* What a job may use, on the worker's thread, while it runs. */
typedef struct {
    MadoCard *card;           /* borrowed; may be unpowered: mado_card_power_on() first */
    MadoInterrupt *interrupt; /* borrowed */
    MadoAgent *agent;         /* borrowed; mado_agent_ask() */
    guint seat;               /* of the claim at the resident's screen, for mado_agent_ask() */
    guint holder_uid;         /* Unix user of the claim's holder, for mado_agent_ask() */
    MadoWorker *worker;       /* borrowed; mado_worker_progress() */
    const char *request_id;   /* of the bus call, also in every log line of this job */
} MadoWork;

/*
 * Runs on the worker's thread and may block. FALSE with @error is a result like any other. The
 * card is left as it shall stay: powered only if a visit goes on.
 */
typedef gboolean (*MadoWorkerRun)(MadoWork *work, gpointer job, GError **error);

/*
 * Runs in the main context, exactly once per job. @job (transfer full; NULL when the worker was
 * lost, its memory then belongs to the lost thread). @error: NULL on success.
 */
typedef void (*MadoWorkerDone)(gpointer job, const GError *error, gpointer user_data);

typedef struct {
    MadoWorkerRun run;
    gpointer job;            /* (transfer full) */
    GDestroyNotify free_job; /* used when a lost thread comes back */
    MadoWorkerDone done;
    gpointer user_data;     /* borrowed; outlives the job because the session owns the worker */
    guint timeout_ms;       /* after this TIMED_OUT is raised */
    guint grace_ms;         /* the longest command it may hold; 0: the settings' grace */
    const char *request_id; /* copied */
} MadoWorkerJob;

typedef struct {
    const char *reader;
    MadoTransportNew new_transport;
    gpointer transport_data; /* outlives the thread */
    MadoAgent *agent;        /* referenced */
    guint seat;
    guint holder_uid;
    guint grace_ms; /* after an interrupt, before the worker counts as lost; for most jobs */
    /* In the main context; may be NULL. */
    void (*on_progress)(guint n_done, guint n_all, guint rest_ms, gpointer user_data);
    gpointer user_data;
} MadoWorkerSettings;

/* (transfer full): starts the thread. Does not wait for the card service. */
MadoWorker *
mado_worker_new(const MadoWorkerSettings *settings);
/* One at a time: a second job before the first is done is a defect (g_return_if_fail). */
void
mado_worker_post(MadoWorker *self, const MadoWorkerJob *job);
gboolean
mado_worker_is_running(const MadoWorker *self);
/* The running job ends in @code at its next exchange or wait. Nothing when none runs. */
void
mado_worker_interrupt(MadoWorker *self, MadoErrorCode code);
/*
 * A job that has not returned within the grace after an interrupt makes its worker lost: its
 * done is called without the job, the thread is never joined, and its reader stays busy until
 * the thread comes back, if ever. on_returned then runs in the main context.
 */
gboolean
mado_worker_is_lost(const MadoWorker *self);
/*
 * Ends the thread; a running job is interrupted and nothing of the caller is touched any more.
 * Never blocks: @on_returned (nullable) tells in the main context that the thread is joined and
 * the reader free again, which for a lost thread may be never.
 */
void
mado_worker_free(MadoWorker *self, void (*on_returned)(gpointer user_data), gpointer user_data);

/* Worker's thread, from a job: long card work. @rest_ms 0: unknown. */
void
mado_worker_progress(MadoWorker *self, guint n_done, guint n_all, guint rest_ms);
