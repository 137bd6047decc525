/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/session.h"

#include "common/error.h"
#include "common/log.h"
#include "daemon/session-screen.h"

struct _MadoSession {
    /* always */
    MadoSessionSettings settings; /* its strings are NULL here */
    char *id;
    MadoWorker *worker;
    MadoSessionScreen *screen;
    MadoVisit *visit; /* goes with the worker: a lost thread may still use it */
    MadoSessionState state;
    MadoStep step; /* without details */
    guint progress[3];
    guint n_calls;
    GPtrArray *waiting;   /* Cancel and Release invocations, owned */
    MadoErrorCode reason; /* why what runs is interrupted, or the visit held */
    /* while a call runs */
    MadoSessionCall call;
    /* while a visit waits with its card powered */
    GSource *unpower;
};

/* Our own job: put the visit on hold, power the card down. */
typedef struct {
    MadoStep step; /* first, as in a visit's job */
    MadoVisit *visit;
    gboolean keeps_visit;
    MadoErrorCode reason;
} Rest;

/* What outlives the session until its thread is gone. */
typedef struct {
    MadoVisit *visit;
    void (*on_returned)(gpointer user_data);
    gpointer user_data;
} Remains;

static void
on_worker_progressed(guint n_done, guint n_all, guint rest_ms, gpointer user_data)
{
    MadoSession *self = user_data;

    self->progress[0] = n_done;
    self->progress[1] = n_all;
    self->progress[2] = rest_ms;
    if (self->call.is_visit && self->state == MADO_SESSION_WORKING)
        mado_session_screen_progress(self->screen, self->progress);
    self->settings.on_changed(self, self->settings.user_data);
}

static void
on_resident_state(const char *state, gpointer user_data)
{
    MadoSession *self = user_data;

    self->settings.on_changed(self, self->settings.user_data);
}

static void
on_resident_answered(const char *page, const char *answer, gpointer user_data)
{
    MadoSession *self = user_data;

    self->settings.on_answered(self, page, answer, self->settings.user_data);
}

MadoSession *
mado_session_new(const MadoSessionSettings *settings)
{
    MadoSession *self = g_new0(MadoSession, 1);
    MadoWorkerSettings worker = {
        .reader = settings->reader,
        .new_transport = settings->new_transport,
        .transport_data = settings->transport_data,
        .agent = settings->agent,
        .holder_uid = settings->holder_uid,
        .grace_ms = MADO_TIMEOUT_EXCHANGE_MS,
        .on_progress = on_worker_progressed,
        .user_data = self,
    };
    MadoScreenSeat seat = {
        .holder_uid = settings->holder_uid,
        .on_state = on_resident_state,
        .on_answered = on_resident_answered,
        .user_data = self,
    };

    self->settings = *settings;
    self->settings.reader = NULL;
    self->settings.id = NULL;
    self->id = g_strdup(settings->id);
    self->visit = mado_visit_new(settings->desk, settings->journal);
    self->waiting = g_ptr_array_new();
    self->screen = mado_session_screen_new(settings->screen, &seat);
    worker.seat = mado_session_screen_seat(self->screen);
    self->worker = mado_worker_new(&worker);
    return self;
}

static void
on_worker_returned(gpointer user_data)
{
    Remains *remains = user_data;

    mado_visit_free(remains->visit);
    remains->on_returned(remains->user_data);
    g_free(remains);
}

static void
stop_unpower_timer(MadoSession *self)
{
    if (self->unpower != NULL)
        g_source_destroy(self->unpower);
    g_clear_pointer(&self->unpower, g_source_unref);
}

static void
free_session(MadoSession *self)
{
    Remains *remains = g_new0(Remains, 1);

    g_warn_if_fail(self->call.invocation == NULL && self->waiting->len == 0);
    remains->visit = self->visit;
    remains->on_returned = self->settings.on_returned;
    remains->user_data = self->settings.user_data;
    stop_unpower_timer(self);
    mado_session_screen_free(self->screen);
    mado_worker_free(self->worker, on_worker_returned, remains);
    mado_step_clear(&self->step);
    g_ptr_array_unref(self->waiting);
    g_free(self->id);
    g_free(self);
}

/* ---- answers ---- */

static void
answer_waiting(MadoSession *self)
{
    for (guint i = 0; i < self->waiting->len; i++)
        g_dbus_method_invocation_return_value(g_ptr_array_index(self->waiting, i), NULL);
    g_ptr_array_set_size(self->waiting, 0);
}

static void
answer_code(GDBusMethodInvocation *invocation, MadoErrorCode code)
{
    g_dbus_method_invocation_return_error_literal(invocation, MADO_ERROR, (gint)code,
                                                  mado_error_sentence(code));
}

static gboolean
is_visit_open(const MadoSession *self)
{
    switch (self->step.kind) {
    case MADO_STEP_RELAY:
    case MADO_STEP_DECIDE:
    case MADO_STEP_PINS:
    case MADO_STEP_WORK:
        return TRUE;
    case MADO_STEP_IDLE:
    case MADO_STEP_DONE:
    case MADO_STEP_HOLD:
        return FALSE;
    }
    g_return_val_if_reached(FALSE);
}

static void
keep_step(MadoSession *self, const MadoStep *step)
{
    mado_step_clear(&self->step);
    self->step = *step;
    self->step.details = NULL;
    self->step.fds = NULL;
}

static void
reach_step(MadoSession *self, const MadoStep *step)
{
    mado_session_screen_take_step(self->screen, step);
    keep_step(self, step);
}

/* @job: NULL when the worker was lost with it. */
static void
answer_call(MadoSession *self, gpointer job, const GError *error)
{
    MadoSessionCall call = self->call;
    GDBusMethodInvocation *invocation = g_steal_pointer(&self->call.invocation);

    self->call = (MadoSessionCall){0};
    for (gsize i = 0; i < G_N_ELEMENTS(self->progress); i++)
        self->progress[i] = 0;
    if (error != NULL)
        mado_session_screen_take_error(self->screen, error);
    if (error == NULL && call.is_visit)
        reach_step(self, job);
    if (error == NULL) {
        call.reply(invocation, job);
    } else {
        g_autoptr(GError) told = g_error_copy(error);

        mado_error_convert(&told);
        mado_log(G_LOG_LEVEL_INFO, MADO_LOG_REFUSED, self->id, "%s: %s",
                 g_dbus_method_invocation_get_method_name(invocation), told->message);
        g_dbus_method_invocation_return_gerror(invocation, told);
    }
    if (job != NULL && call.free_job != NULL)
        call.free_job(job);
}

/* ---- our own job ---- */

static void
free_rest(gpointer job)
{
    Rest *rest = job;

    mado_step_clear(&rest->step);
    g_free(rest);
}

/* Worker's thread. */
static gboolean
run_rest(MadoWork *work, gpointer job, GError **error)
{
    Rest *rest = job;

    mado_card_power_off(work->card);
    if (rest->keeps_visit)
        return TRUE;
    mado_visit_hold(rest->visit, work, rest->reason, &rest->step);
    mado_card_bind(work->card, NULL);
    return TRUE;
}

static void
on_job_done(gpointer job, const GError *error, gpointer user_data);

static void
post(MadoSession *self, MadoWorkerRun run, gpointer job, GDestroyNotify free_job, guint ms)
{
    g_autofree char *request_id = g_strdup_printf("%s-%u", self->id, ++self->n_calls);
    MadoWorkerJob order = {
        .run = run,
        .job = job,
        .free_job = free_job,
        .done = on_job_done,
        .user_data = self,
        .timeout_ms = ms,
        .grace_ms = self->call.grace_ms, /* 0 for our own jobs */
        .request_id = request_id,
    };

    mado_worker_post(self->worker, &order);
}

static void
post_rest(MadoSession *self, gboolean keeps_visit)
{
    Rest *rest = g_new0(Rest, 1);

    rest->visit = self->visit;
    rest->keeps_visit = keeps_visit;
    rest->reason = self->reason;
    post(self, run_rest, rest, free_rest, MADO_TIMEOUT_EXCHANGE_MS);
}

/* The step after our own job; a visit that was open is on hold now. */
static void
take_rest(MadoSession *self, Rest *rest)
{
    if (rest == NULL)
        return;
    if (!rest->keeps_visit && is_visit_open(self))
        reach_step(self, &rest->step);
    free_rest(rest);
}

/* ---- the table's actions ---- */

static gboolean
on_unpower_due(gpointer user_data)
{
    mado_session_tell(user_data, MADO_SESSION_ON_WAITED);
    return G_SOURCE_REMOVE;
}

static void
start_unpower_timer(MadoSession *self)
{
    stop_unpower_timer(self);
    if (!is_visit_open(self))
        return;
    self->unpower = g_timeout_source_new(self->settings.desk->unpower_after_ms);
    g_source_set_callback(self->unpower, on_unpower_due, self, NULL);
    (void)g_source_attach(self->unpower, NULL);
}

static void
close_session(MadoSession *self)
{
    self->settings.on_closed(self, self->settings.user_data);
    answer_waiting(self);
    free_session(self);
}

/* A job is over: @job is NULL when it was lost. */
static void
act_on_result(MadoSession *self, MadoSessionAction action, gpointer job, const GError *error)
{
    /* Before anybody hears of it, so that a Resume that follows finds the visit on hold. */
    if (action == MADO_SESSION_DO_ABANDON)
        mado_visit_abandon(self->visit, self->step.visit);
    if (self->call.invocation != NULL)
        answer_call(self, job, error);
    else
        take_rest(self, job);
    if (action == MADO_SESSION_DO_FINISH || action == MADO_SESSION_DO_ABANDON) {
        close_session(self);
        return;
    }
    if (action == MADO_SESSION_DO_ANSWER_REST || action == MADO_SESSION_DO_ANSWER_CLOSE)
        post_rest(self, FALSE);
    if (action == MADO_SESSION_DO_ANSWER || action == MADO_SESSION_DO_SETTLE)
        start_unpower_timer(self);
    if (action == MADO_SESSION_DO_SETTLE)
        answer_waiting(self);
    self->settings.on_changed(self, self->settings.user_data);
}

static void
on_job_done(gpointer job, const GError *error, gpointer user_data)
{
    MadoSession *self = user_data;
    MadoSessionEvent event = job == NULL ? MADO_SESSION_ON_STUCK : MADO_SESSION_ON_DONE;
    MadoSessionAction action = mado_session_table_step(&self->state, event);

    g_return_if_fail(action != MADO_SESSION_DO_REFUSE);
    act_on_result(self, action, job, error);
}

static MadoErrorCode
reason_of(MadoSessionEvent event)
{
    switch (event) {
    case MADO_SESSION_ON_CARD_GONE:
        return MADO_ERROR_CARD_REMOVED;
    case MADO_SESSION_ON_READER_GONE:
        return MADO_ERROR_READER_GONE;
    case MADO_SESSION_ON_WAITED:
    case MADO_SESSION_ON_STUCK:
        return MADO_ERROR_TIMED_OUT;
    case MADO_SESSION_ON_CALL:
    case MADO_SESSION_ON_CANCEL:
    case MADO_SESSION_ON_RELEASE:
    case MADO_SESSION_ON_OWNER_GONE:
    case MADO_SESSION_ON_SHUTDOWN:
    case MADO_SESSION_ON_DONE:
    case MADO_SESSION_N_EVENTS:
        return MADO_ERROR_CANCELLED;
    }
    g_return_val_if_reached(MADO_ERROR_CANCELLED);
}

/* Events that come from outside. @invocation (transfer full) (nullable): Cancel or Release. */
static void
handle(MadoSession *self, MadoSessionEvent event, GDBusMethodInvocation *invocation)
{
    MadoSessionAction action = mado_session_table_step(&self->state, event);

    if (action == MADO_SESSION_DO_REFUSE) {
        if (invocation != NULL)
            answer_code(invocation, MADO_ERROR_NOT_CLAIMED);
        return;
    }
    if (invocation != NULL)
        g_ptr_array_add(self->waiting, invocation);
    if (action == MADO_SESSION_DO_NOTHING || action == MADO_SESSION_DO_WAIT)
        return;
    self->reason = reason_of(event);
    stop_unpower_timer(self);
    if (action == MADO_SESSION_DO_INTERRUPT)
        mado_worker_interrupt(self->worker, self->reason);
    else
        post_rest(self, action == MADO_SESSION_DO_UNPOWER);
}

void
mado_session_cancel(MadoSession *self, GDBusMethodInvocation *invocation)
{
    handle(self, MADO_SESSION_ON_CANCEL, invocation);
}

void
mado_session_release(MadoSession *self, GDBusMethodInvocation *invocation)
{
    handle(self, MADO_SESSION_ON_RELEASE, invocation);
}

void
mado_session_tell(MadoSession *self, MadoSessionEvent event)
{
    handle(self, event, NULL);
}

void
mado_session_call(MadoSession *self, const MadoSessionCall *call)
{
    MadoErrorCode refusal = 0;

    if (!call->is_visit && is_visit_open(self))
        refusal = MADO_ERROR_BAD_STATE;
    else if (mado_session_table_step(&self->state, MADO_SESSION_ON_CALL) !=
             MADO_SESSION_DO_START)
        refusal = MADO_ERROR_BUSY;
    if (refusal != 0) {
        answer_code(call->invocation, refusal);
        call->free_job(call->job);
        return;
    }
    stop_unpower_timer(self);
    self->reason = MADO_ERROR_CANCELLED;
    self->call = *call;
    mado_session_screen_start(self->screen);
    if (call->is_visit && self->step.kind == MADO_STEP_WORK)
        mado_session_screen_progress(self->screen, self->progress);
    post(self, call->run, call->job, call->free_job, call->timeout_ms);
}

gboolean
mado_session_show(MadoSession *self, const char *page, GError **error)
{
    return mado_session_screen_show(self->screen, page, error);
}

/* ---- what others look at ---- */

MadoVisit *
mado_session_visit(const MadoSession *self)
{
    return self->visit;
}

const MadoDesk *
mado_session_desk(const MadoSession *self)
{
    return self->settings.desk;
}

MadoJournal *
mado_session_journal(const MadoSession *self)
{
    return self->settings.journal;
}

MadoSessionState
mado_session_state(const MadoSession *self)
{
    return self->state;
}

const MadoStep *
mado_session_step(const MadoSession *self)
{
    return &self->step;
}

void
mado_session_progress(const MadoSession *self, guint ret_progress[3])
{
    for (gsize i = 0; i < G_N_ELEMENTS(self->progress); i++)
        ret_progress[i] = self->progress[i];
}

const char *
mado_session_resident(const MadoSession *self)
{
    return mado_session_screen_state(self->screen);
}
