/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/committer.h"

#include "common/log.h"

#include <pthread.h>

struct _MadoCommitter {
    MadoStore *store;     /* borrowed: outlives us */
    GThread *thread;      /* owned; NULL once stopped */
    pthread_mutex_t lock; /* POSIX ones: ThreadSanitizer does not see into GLib's */
    pthread_cond_t changed;
    /* under the lock */
    GQueue jobs; /* MadoCommitterJob, owned */
    gboolean is_stopping;
};

/* Waits for work. NULL: stop. Otherwise the whole batch, moved out of the queue. */
static GPtrArray *
take_batch(MadoCommitter *self)
{
    GPtrArray *batch = g_ptr_array_new_with_free_func(g_free);

    pthread_mutex_lock(&self->lock);
    while (g_queue_is_empty(&self->jobs) && !self->is_stopping)
        pthread_cond_wait(&self->changed, &self->lock);
    while (!g_queue_is_empty(&self->jobs) && batch->len < MADO_COMMITTER_BATCH)
        g_ptr_array_add(batch, g_queue_pop_head(&self->jobs));
    pthread_mutex_unlock(&self->lock);
    return batch;
}

static gboolean
run_job(MadoCommitter *self, const MadoCommitterJob *job, GError **error)
{
    MadoStore *store = self->store;
    gboolean keep;

    if (!store->ops->mark(store, error))
        return FALSE;
    keep = job->run(job->user_data);
    return store->ops->release(store, keep, error);
}

static gboolean
run_batch(MadoCommitter *self, GPtrArray *batch, GError **error)
{
    MadoStore *store = self->store;

    if (!store->ops->begin(store, error))
        return FALSE;
    for (guint i = 0; i < batch->len; i++) {
        if (!run_job(self, g_ptr_array_index(batch, i), error)) {
            store->ops->rollback(store);
            return FALSE;
        }
    }
    if (store->ops->commit(store, error))
        return TRUE;
    store->ops->rollback(store);
    return FALSE;
}

static gpointer
write_batches(gpointer data)
{
    MadoCommitter *self = data;

    for (;;) {
        g_autoptr(GPtrArray) batch = take_batch(self);
        g_autoptr(GError) error = NULL;
        gboolean is_durable;

        if (batch->len == 0)
            return NULL;
        is_durable = run_batch(self, batch, &error);
        if (!is_durable)
            mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_STORE, NULL, "%u requests not written: %s",
                     batch->len, error->message);
        for (guint i = 0; i < batch->len; i++) {
            const MadoCommitterJob *job = g_ptr_array_index(batch, i);

            job->done(job->user_data, is_durable);
        }
    }
}

MadoCommitter *
mado_committer_new(MadoStore *store)
{
    MadoCommitter *self = g_new0(MadoCommitter, 1);

    self->store = store;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    g_queue_init(&self->jobs);
    self->thread = g_thread_new("committer", write_batches, self);
    return self;
}

gboolean
mado_committer_submit(MadoCommitter *self, const MadoCommitterJob *job)
{
    gboolean taken;

    pthread_mutex_lock(&self->lock);
    taken = !self->is_stopping && g_queue_get_length(&self->jobs) < MADO_COMMITTER_QUEUE;
    if (taken) {
        g_queue_push_tail(&self->jobs, g_memdup2(job, sizeof *job));
        pthread_cond_signal(&self->changed);
    }
    pthread_mutex_unlock(&self->lock);
    return taken;
}

void
mado_committer_stop(MadoCommitter *self)
{
    pthread_mutex_lock(&self->lock);
    self->is_stopping = TRUE;
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->lock);
    g_clear_pointer(&self->thread, g_thread_join);
}

void
mado_committer_free(MadoCommitter *self)
{
    if (self == NULL)
        return;
    mado_committer_stop(self);
    pthread_mutex_destroy(&self->lock);
    pthread_cond_destroy(&self->changed);
    g_free(self);
}
