/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/deadline.h"

typedef struct {
    gatomicrefcount n_refs; /* the caller and the thread */
    void (*run)(gpointer data);
    gpointer data;
    GDestroyNotify free_data;
    GMutex lock;
    GCond changed;
    gboolean is_done;
    gboolean is_lost; /* the caller has given up */
} Task;

static void
unref(Task *task)
{
    if (!g_atomic_ref_count_dec(&task->n_refs))
        return;
    g_mutex_clear(&task->lock);
    g_cond_clear(&task->changed);
    g_free(task);
}

static gpointer
run_thread(gpointer user_data)
{
    Task *task = user_data;
    gboolean is_lost;

    task->run(task->data);
    {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&task->lock);

        task->is_done = TRUE;
        is_lost = task->is_lost;
        g_cond_signal(&task->changed);
    }
    if (is_lost)
        task->free_data(task->data);
    unref(task);
    return NULL;
}

static gboolean
wait_done(Task *task, guint timeout_ms)
{
    gint64 until_us = g_get_monotonic_time() + (gint64)timeout_ms * G_TIME_SPAN_MILLISECOND;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&task->lock);

    while (!task->is_done) {
        if (!g_cond_wait_until(&task->changed, &task->lock, until_us))
            break;
    }
    task->is_lost = !task->is_done;
    return task->is_done;
}

gboolean
mado_deadline_run(void (*run)(gpointer data),
                  gpointer data,
                  GDestroyNotify free_data,
                  guint timeout_ms)
{
    Task *task = g_new0(Task, 1);
    GThread *thread;
    gboolean is_done;

    g_atomic_ref_count_init(&task->n_refs);
    g_atomic_ref_count_inc(&task->n_refs);
    task->run = run;
    task->data = data;
    task->free_data = free_data;
    g_mutex_init(&task->lock);
    g_cond_init(&task->changed);
    thread = g_thread_new("doctor", run_thread, task);
    is_done = wait_done(task, timeout_ms);
    if (is_done)
        (void)g_thread_join(thread);
    else
        g_thread_unref(thread);
    unref(task);
    return is_done;
}
