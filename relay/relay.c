/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "relay/relay.h"

#include "common/error.h"
#include "common/log.h"
#include "relay/backoff.h"
#include "relay/channel.h"
#include "relay/problem.h"

#include <madoguchi/limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/random.h>

struct _MadoRelay {
    MadoChannel *channel; /* used by the thread; interrupted by any */
    const MadoClock *clock;
    const MadoRelayChance *chance; /* (nullable) borrowed, see mado_relay_new() */
    guint budget_ms;
    GAsyncQueue *queue; /* of GTask (owned by the queue), or the relay itself: stop */
    GThread *thread;
    gint stopping; /* atomic */
};

typedef struct {
    char *endpoint;
    char *request_id; /* (nullable) the idempotency key */
    GBytes *body;     /* (nullable) */
} Job;

static void
job_free(gpointer data)
{
    Job *job = data;

    g_free(job->endpoint);
    g_free(job->request_id);
    g_clear_pointer(&job->body, g_bytes_unref);
    g_free(job);
}

void
mado_relay_answer_free(MadoRelayAnswer *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->body, g_bytes_unref);
    g_free(self->problem);
    g_free(self->title);
    g_free(self);
}

static void
answer_free(gpointer data)
{
    mado_relay_answer_free(data);
}

/* ---- on the relay's thread ------------------------------------------------------------ */

static guint32
draw(const MadoRelay *self)
{
    guint32 random = 0;

    if (self->chance != NULL && self->chance->random != NULL)
        return self->chance->random(self->chance->data);
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return G_MAXUINT32; /* waits longest: desks that cannot draw do not crowd */
    return random;
}

static gboolean
wait_for_turn(const MadoRelay *self, guint wait_ms)
{
    if (self->chance != NULL && self->chance->wait != NULL)
        return self->chance->wait(self->chance->data, wait_ms);
    return mado_channel_wait(self->channel, wait_ms);
}

/* (transfer full): what the caller needs of @answer. */
static MadoRelayAnswer *
make_answer(const MadoRelay *self, const MadoChannelAnswer *answer)
{
    MadoRelayAnswer *made = g_new0(MadoRelayAnswer, 1);
    g_autoptr(MadoProblem) problem = NULL;

    made->status = answer->status;
    if (answer->is_problem)
        problem = mado_problem_parse(g_bytes_get_data(answer->body, NULL),
                                     g_bytes_get_size(answer->body));
    made->problem = g_strdup(problem != NULL ? problem->type : "");
    made->title = g_strdup(problem != NULL ? problem->title : "");
    made->body = answer->status == 200 ? g_bytes_ref(answer->body) : g_bytes_new(NULL, 0);
    made->has_skew = answer->has_date;
    if (answer->has_date)
        made->skew_s = (mado_clock_wall_ms(self->clock) - answer->date_ms) / 1000;
    return made;
}

/* A message must come back as one; a listing (GET) comes as JSON. */
static gboolean
check_media_type(const Job *job, const MadoChannelAnswer *answer, GError **error)
{
    if (answer->status != 200 || job->body == NULL || answer->is_message)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                "%s: answered with another media type", job->endpoint);
    return FALSE;
}

/* One try. (transfer full) (nullable): NULL with @error set. *ret_retry_after_ms is -1 when the
 * server said nothing about it. */
static MadoRelayAnswer *
try_once(const MadoRelay *self,
         const Job *job,
         guint timeout_ms,
         gint64 *ret_retry_after_ms,
         GError **error)
{
    MadoChannelRequest request = {job->endpoint, job->request_id, job->body, timeout_ms};
    g_auto(MadoChannelAnswer) answer = {.retry_after_ms = -1};

    *ret_retry_after_ms = -1;
    if (!mado_channel_exchange(self->channel, &request, self->clock, &answer, error) ||
        !check_media_type(job, &answer, error))
        return NULL;
    *ret_retry_after_ms = answer.retry_after_ms;
    return make_answer(self, &answer);
}

static gboolean
is_final(const MadoRelayAnswer *answer, const GError *error)
{
    if (answer != NULL)
        return !mado_backoff_may_retry(answer->status, mado_problem_slug(answer->problem));
    return !g_error_matches(error, MADO_ERROR, MADO_ERROR_CENTRE_UNREACHABLE);
}

/* (transfer full) (nullable). Tries until there is an answer or the budget is used up; then the
 * last refusal, or the last error. */
static MadoRelayAnswer *
carry(const MadoRelay *self, const Job *job, GError **error)
{
    MadoBackoff backoff;

    mado_backoff_init(&backoff, mado_clock_monotonic_ms(self->clock), self->budget_ms);
    for (;;) {
        g_autoptr(MadoRelayAnswer) answer = NULL;
        g_autoptr(GError) failure = NULL;
        gint64 retry_after_ms = -1;
        guint wait_ms = 0;
        gint64 now_ms = mado_clock_monotonic_ms(self->clock);

        answer =
            try_once(self, job, mado_backoff_try_ms(&backoff, now_ms, MADO_TIMEOUT_RELAY_MS),
                     &retry_after_ms, &failure);
        mado_log(G_LOG_LEVEL_DEBUG, MADO_LOG_RELAY, job->request_id,
                 "'%s': try %u, status %u%s%s", job->endpoint, backoff.n_tries + 1,
                 answer != NULL ? answer->status : 0, failure != NULL ? ", " : "",
                 failure != NULL ? failure->message : "");
        if (answer != NULL)
            answer->n_tries = backoff.n_tries + 1;
        now_ms = mado_clock_monotonic_ms(self->clock);
        if (is_final(answer, failure) ||
            !mado_backoff_next(&backoff, now_ms, draw(self), retry_after_ms, &wait_ms)) {
            if (failure != NULL)
                g_propagate_error(error, g_steal_pointer(&failure));
            return g_steal_pointer(&answer);
        }
        if (!wait_for_turn(self, wait_ms)) {
            g_set_error(error, MADO_ERROR, MADO_ERROR_CANCELLED, "%s: cancelled",
                        job->endpoint);
            return NULL;
        }
    }
}

static void
on_cancelled(GCancellable *cancellable, gpointer user_data)
{
    mado_channel_interrupt(user_data);
}

static void
serve(MadoRelay *self, GTask *task)
{
    GCancellable *cancellable = g_task_get_cancellable(task);
    g_autoptr(MadoRelayAnswer) answer = NULL;
    GError *error = NULL;
    gulong handler = 0;

    /* Disconnecting waits for a running handler, so an interrupt never hits the next job.
     * mado_relay_free() sets stopping before it interrupts: looking after rearming loses none.
     */
    mado_channel_rearm(self->channel);
    if (g_atomic_int_get(&self->stopping) != 0)
        mado_channel_interrupt(self->channel);
    if (cancellable != NULL)
        handler =
            g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), self->channel, NULL);
    answer = carry(self, g_task_get_task_data(task), &error);
    if (cancellable != NULL)
        g_cancellable_disconnect(cancellable, handler);
    if (answer != NULL)
        g_task_return_pointer(task, g_steal_pointer(&answer), answer_free);
    else
        g_task_return_error(task, error);
}

static gpointer
work(gpointer data)
{
    MadoRelay *self = data;
    sigset_t set;

    /* OpenSSL writes without MSG_NOSIGNAL: a centre that goes must not end our program. */
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (;;) {
        gpointer item = g_async_queue_pop(self->queue);
        g_autoptr(GTask) task = NULL;

        if (item == self)
            return NULL;
        task = item;
        serve(self, task);
    }
}

/* ---- on the caller's thread ----------------------------------------------------------- */

MadoRelay *
mado_relay_new(const MadoRelayConfig *config, const MadoRelayChance *chance, GError **error)
{
    g_autoptr(MadoChannel) channel = mado_channel_new(config, error);
    MadoRelay *self;

    if (channel == NULL)
        return NULL;
    self = g_new0(MadoRelay, 1);
    self->channel = g_steal_pointer(&channel);
    self->chance = chance;
    self->clock = chance != NULL ? chance->clock : mado_clock_system();
    self->budget_ms = config->budget_ms;
    self->queue = g_async_queue_new();
    self->thread = g_thread_new("relay", work, self);
    return self;
}

void
mado_relay_free(MadoRelay *self)
{
    if (self == NULL)
        return;
    g_atomic_int_set(&self->stopping, 1);
    mado_channel_interrupt(self->channel);
    g_async_queue_push(self->queue, self); /* after what is pending: that ends as cancelled */
    g_thread_join(self->thread);
    g_async_queue_unref(self->queue);
    mado_channel_free(self->channel);
    g_free(self);
}

/* The task has no source object: should the thread drop the last reference to it, nothing but
 * the job dies there. */
void
mado_relay_send_async(MadoRelay *self,
                      const MadoRelayMessage *message,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Job *job = g_new0(Job, 1);

    job->endpoint = g_strdup(message->endpoint);
    job->request_id = g_strdup(message->key);
    job->body = message->body != NULL ? g_bytes_ref(message->body) : NULL;
    g_task_set_source_tag(task, mado_relay_finish);
    g_task_set_check_cancellable(task, FALSE);
    g_task_set_task_data(task, job, job_free);
    g_async_queue_push(self->queue, task);
}

MadoRelayAnswer *
mado_relay_finish(MadoRelay *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_async_result_is_tagged(result, mado_relay_finish), NULL);
    return g_task_propagate_pointer(G_TASK(result), error);
}
