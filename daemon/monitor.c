/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/monitor.h"

#include "common/error.h"

/* Waiting for a service that is gone: the first and the longest pause. */
#define RETRY_FIRST_MS 200
#define RETRY_MAX_MS   5000
/* How often a stop is repeated until the pending wait has noticed. */
#define STOP_AGAIN_US 20000

struct _MadoMonitor {
    gatomicrefcount n_refs; /* one for the owner, one per message on its way */
    GThread *thread;
    MadoSensor *sensor;

    /* main thread */
    MadoMonitorChanged on_changed; /* NULL once freed */
    gpointer user_data;

    GMutex lock;
    GCond changed;
    gboolean is_stopping;
    gboolean is_ended;
};

typedef struct {
    MadoMonitor *monitor; /* referenced */
    GPtrArray *readers;   /* (nullable) */
} Message;

static void
unref(MadoMonitor *self)
{
    if (!g_atomic_ref_count_dec(&self->n_refs))
        return;
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->changed);
    g_free(self);
}

static void
message_free(gpointer data)
{
    Message *message = data;

    g_clear_pointer(&message->readers, g_ptr_array_unref);
    unref(message->monitor);
    g_free(message);
}

static gboolean
deliver_cb(gpointer data)
{
    Message *message = data;

    if (message->monitor->on_changed != NULL)
        message->monitor->on_changed(message->readers, message->monitor->user_data);
    return G_SOURCE_REMOVE;
}

static void
tell(MadoMonitor *self, GPtrArray *readers)
{
    g_autoptr(GSource) source = g_idle_source_new();
    Message *message = g_new0(Message, 1);

    g_atomic_ref_count_inc(&self->n_refs);
    message->monitor = self;
    message->readers = readers;
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, deliver_cb, message, message_free);
    (void)g_source_attach(source, NULL);
}

/* FALSE when it is time to stop. */
static gboolean
pause_ms(MadoMonitor *self, guint ms)
{
    gint64 until_us = g_get_monotonic_time() + (gint64)ms * G_TIME_SPAN_MILLISECOND;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    while (!self->is_stopping) {
        if (!g_cond_wait_until(&self->changed, &self->lock, until_us))
            return !self->is_stopping;
    }
    return FALSE;
}

static void
watch(MadoMonitor *self)
{
    guint retry_ms = RETRY_FIRST_MS;
    gboolean is_gone = FALSE;

    for (;;) {
        g_autoptr(GError) error = NULL;
        GPtrArray *readers = self->sensor->ops->wait(self->sensor, &error);

        if (readers != NULL) {
            retry_ms = RETRY_FIRST_MS;
            is_gone = FALSE;
            tell(self, readers);
            continue;
        }
        if (g_error_matches(error, MADO_ERROR, MADO_ERROR_CANCELLED))
            return;
        if (!is_gone)
            tell(self, NULL);
        is_gone = TRUE;
        if (!pause_ms(self, retry_ms))
            return;
        retry_ms = MIN(retry_ms * 2, RETRY_MAX_MS);
    }
}

static gpointer
run(gpointer data)
{
    MadoMonitor *self = data;

    watch(self);
    {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

        self->is_ended = TRUE;
        g_cond_broadcast(&self->changed);
    }
    return NULL;
}

MadoMonitor *
mado_monitor_new(MadoSensor *sensor, MadoMonitorChanged on_changed, gpointer user_data)
{
    MadoMonitor *self = g_new0(MadoMonitor, 1);

    g_return_val_if_fail(sensor != NULL && on_changed != NULL, NULL);
    g_atomic_ref_count_init(&self->n_refs);
    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    self->sensor = sensor;
    self->on_changed = on_changed;
    self->user_data = user_data;
    self->thread = g_thread_new("monitor", run, self);
    return self;
}

static void
stop_thread(MadoMonitor *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->is_stopping = TRUE;
    g_cond_broadcast(&self->changed);
    while (!self->is_ended) {
        self->sensor->ops->interrupt(self->sensor);
        (void)g_cond_wait_until(&self->changed, &self->lock,
                                g_get_monotonic_time() + STOP_AGAIN_US);
    }
}

void
mado_monitor_free(MadoMonitor *self)
{
    if (self == NULL)
        return;
    self->on_changed = NULL;
    stop_thread(self);
    (void)g_thread_join(self->thread);
    self->sensor->ops->free(self->sensor);
    unref(self);
}
