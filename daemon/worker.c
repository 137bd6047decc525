/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/worker.h"

#include "common/error.h"
#include "common/log.h"

/* What the thread gets of a job. */
typedef struct {
    MadoWorkerRun run;
    gpointer job;
    GDestroyNotify free_job;
    char *request_id;
} Order;

struct _MadoWorker {
    gatomicrefcount n_refs; /* the owner or the ending thread, and each message on its way */
    GThread *thread;
    MadoInterrupt *interrupt;

    /* constant, read by the thread */
    char *reader;
    MadoTransportNew new_transport;
    gpointer transport_data;
    MadoAgent *agent;
    guint seat;
    guint holder_uid;
    guint grace_ms;

    /* under lock */
    GMutex lock;
    GCond changed;
    Order *order; /* (nullable): handed to the thread */
    gboolean is_ending;
    gboolean is_progress_sent; /* a message will read the three below */
    guint n_done;
    guint n_all;
    guint rest_ms;

    /* main thread */
    gboolean is_owned;
    void (*on_progress)(guint n_done, guint n_all, guint rest_ms, gpointer user_data);
    gpointer user_data;
    gboolean is_running;
    gboolean is_lost;
    MadoWorkerDone done; /* while running */
    guint job_grace_ms;  /* the same */
    gpointer done_data;
    GSource *deadline; /* (nullable) */
    GSource *grace;    /* (nullable) */
    /* main thread, after free */
    void (*on_returned)(gpointer user_data);
    gpointer returned_data;
};

static void
unref(MadoWorker *self)
{
    if (!g_atomic_ref_count_dec(&self->n_refs))
        return;
    mado_interrupt_unref(self->interrupt);
    mado_agent_unref(self->agent);
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->changed);
    g_free(self->reader);
    g_free(self);
}

static void
order_free(Order *order)
{
    g_free(order->request_id);
    g_free(order);
}

/* ---- from the thread to the main context ---- */

typedef struct {
    MadoWorker *worker; /* referenced */
    Order *order;
    GError *error;
} Message;

static void
message_free(gpointer data)
{
    Message *message = data;

    g_clear_pointer(&message->order, order_free);
    g_clear_error(&message->error);
    unref(message->worker);
    g_free(message);
}

static void
post_main(MadoWorker *self, GSourceFunc run, Order *order, GError *error)
{
    g_autoptr(GSource) source = g_idle_source_new();
    Message *message = g_new0(Message, 1);

    g_atomic_ref_count_inc(&self->n_refs);
    message->worker = self;
    message->order = order;
    message->error = error;
    g_source_set_priority(source, G_PRIORITY_DEFAULT); /* in the order of posting */
    g_source_set_callback(source, run, message, message_free);
    (void)g_source_attach(source, NULL);
}

static void
drop_source(GSource **source)
{
    if (*source != NULL)
        g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static void
finish_job(MadoWorker *self, gpointer job, const GError *error)
{
    MadoWorkerDone done = self->done;

    drop_source(&self->deadline);
    drop_source(&self->grace);
    self->is_running = FALSE;
    self->done = NULL;
    if (self->is_owned)
        done(job, error, self->done_data);
}

static gboolean
on_job_returned(gpointer data)
{
    Message *message = data;
    MadoWorker *self = message->worker;
    Order *order = message->order;

    if (self->is_owned && self->is_running)
        finish_job(self, order->job, message->error);
    else if (order->free_job != NULL) /* lost, or nobody is left to hear */
        order->free_job(order->job);
    return G_SOURCE_REMOVE;
}

static gboolean
on_thread_ended(gpointer data)
{
    Message *message = data;
    MadoWorker *self = message->worker;

    (void)g_thread_join(self->thread); /* it has nothing left to do */
    if (self->on_returned != NULL)
        self->on_returned(self->returned_data);
    unref(self);
    return G_SOURCE_REMOVE;
}

static gboolean
on_progressed(gpointer data)
{
    Message *message = data;
    MadoWorker *self = message->worker;
    guint n_done;
    guint n_all;
    guint rest_ms;

    {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

        self->is_progress_sent = FALSE;
        n_done = self->n_done;
        n_all = self->n_all;
        rest_ms = self->rest_ms;
    }
    if (self->is_owned && self->is_running && self->on_progress != NULL)
        self->on_progress(n_done, n_all, rest_ms, self->user_data);
    return G_SOURCE_REMOVE;
}

/* ---- the thread ---- */

static Order *
wait_order(MadoWorker *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    while (self->order == NULL && !self->is_ending)
        g_cond_wait(&self->changed, &self->lock);
    return g_steal_pointer(&self->order);
}

static void
run_order(MadoWorker *self, MadoCard *card, Order *order)
{
    MadoWork work = {
        .card = card,
        .interrupt = self->interrupt,
        .agent = self->agent,
        .seat = self->seat,
        .holder_uid = self->holder_uid,
        .worker = self,
        .request_id = order->request_id,
    };
    GError *error = NULL;

    mado_card_set_request_id(card, order->request_id);
    if (order->run(&work, order->job, &error)) {
        g_warn_if_fail(error == NULL);
        g_clear_error(&error);
    } else if (error == NULL) {
        error = g_error_new_literal(MADO_ERROR, MADO_ERROR_INTERNAL, "a job failed silently");
    }
    post_main(self, on_job_returned, order, error);
}

static gpointer
run_thread(gpointer data)
{
    MadoWorker *self = data;
    MadoCard *card =
        mado_card_new(self->reader, self->new_transport(self->transport_data), self->interrupt);

    for (;;) {
        Order *order = wait_order(self);

        if (order == NULL)
            break;
        run_order(self, card, order);
    }
    mado_card_free(card);
    post_main(self, on_thread_ended, NULL, NULL);
    return NULL;
}

void
mado_worker_progress(MadoWorker *self, guint n_done, guint n_all, guint rest_ms)
{
    gboolean send;

    {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

        send = !self->is_progress_sent;
        self->is_progress_sent = TRUE;
        self->n_done = n_done;
        self->n_all = n_all;
        self->rest_ms = rest_ms;
    }
    if (send)
        post_main(self, on_progressed, NULL, NULL);
}

/* ---- main thread ---- */

MadoWorker *
mado_worker_new(const MadoWorkerSettings *settings)
{
    MadoWorker *self = g_new0(MadoWorker, 1);

    g_atomic_ref_count_init(&self->n_refs);
    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    self->interrupt = mado_interrupt_new();
    self->reader = g_strdup(settings->reader);
    self->new_transport = settings->new_transport;
    self->transport_data = settings->transport_data;
    self->agent = mado_agent_ref(settings->agent);
    self->seat = settings->seat;
    self->holder_uid = settings->holder_uid;
    self->grace_ms = settings->grace_ms;
    self->on_progress = settings->on_progress;
    self->user_data = settings->user_data;
    self->is_owned = TRUE;
    self->thread = g_thread_new("worker", run_thread, self);
    return self;
}

static GSource *
start_timer(guint ms, GSourceFunc func, MadoWorker *self)
{
    GSource *source = g_timeout_source_new(ms);

    g_source_set_callback(source, func, self, NULL);
    (void)g_source_attach(source, NULL);
    return source;
}

static gboolean
on_grace_over(gpointer data)
{
    MadoWorker *self = data;
    g_autoptr(GError) error = NULL;

    self->is_lost = TRUE;
    mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_READER, self->reader,
             "a command does not return; the reader stays busy until it does");
    (void)mado_interrupt_check(self->interrupt, &error);
    finish_job(self, NULL, error); /* drops this source */
    return G_SOURCE_REMOVE;
}

void
mado_worker_interrupt(MadoWorker *self, MadoErrorCode code)
{
    if (!self->is_running)
        return;
    mado_interrupt_raise(self->interrupt, code);
    if (self->grace == NULL)
        self->grace = start_timer(self->job_grace_ms, on_grace_over, self);
}

static gboolean
on_deadline_over(gpointer data)
{
    mado_worker_interrupt(data, MADO_ERROR_TIMED_OUT);
    return G_SOURCE_REMOVE;
}

void
mado_worker_post(MadoWorker *self, const MadoWorkerJob *job)
{
    Order *order;

    g_return_if_fail(!self->is_running && !self->is_lost);
    order = g_new0(Order, 1);
    order->run = job->run;
    order->job = job->job;
    order->free_job = job->free_job;
    order->request_id = g_strdup(job->request_id);
    mado_interrupt_clear(self->interrupt);
    self->is_running = TRUE;
    self->done = job->done;
    self->done_data = job->user_data;
    self->job_grace_ms = job->grace_ms != 0 ? job->grace_ms : self->grace_ms;
    self->deadline = start_timer(job->timeout_ms, on_deadline_over, self);
    {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

        self->order = order;
        g_cond_signal(&self->changed);
    }
}

gboolean
mado_worker_is_running(const MadoWorker *self)
{
    return self->is_running;
}

gboolean
mado_worker_is_lost(const MadoWorker *self)
{
    return self->is_lost;
}

void
mado_worker_free(MadoWorker *self, void (*on_returned)(gpointer user_data), gpointer user_data)
{
    if (self == NULL)
        return;
    mado_worker_interrupt(self, MADO_ERROR_CANCELLED);
    drop_source(&self->deadline);
    drop_source(&self->grace);
    self->is_owned = FALSE;
    self->on_returned = on_returned;
    self->returned_data = user_data;
    {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

        self->is_ending = TRUE;
        g_cond_signal(&self->changed);
    }
}
