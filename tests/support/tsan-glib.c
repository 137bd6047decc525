/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tells ThreadSanitizer what GLib's locks order. They are made of futexes in a library that is
 * not instrumented, so without this every hand-over between threads looks like a race.
 * Preloaded into the programs of "make check" in a tree configured --with-sanitizers=thread,
 * and nowhere else.
 */
#include <glib.h>

#include <dlfcn.h>

/* Absent in programs without the sanitizer, the shell for one. */
extern void
__tsan_acquire(void *address) __attribute__((weak));
extern void
__tsan_release(void *address) __attribute__((weak));

static void
acquire(gpointer address)
{
    if (__tsan_acquire != NULL)
        __tsan_acquire(address);
}

static void
release(gpointer address)
{
    if (__tsan_release != NULL)
        __tsan_release(address);
}

/* The function of this name further on. POSIX lets a pointer of dlsym be one to a function. */
#define REAL(name)                                                                             \
    static __typeof__(name) *real_##name;                                                      \
    if (real_##name == NULL)                                                                   \
    *(void **)&real_##name = dlsym(RTLD_NEXT, #name)

void
g_mutex_lock(GMutex *mutex)
{
    REAL(g_mutex_lock);

    real_g_mutex_lock(mutex);
    acquire(mutex);
}

void
g_mutex_unlock(GMutex *mutex)
{
    REAL(g_mutex_unlock);

    release(mutex);
    real_g_mutex_unlock(mutex);
}

void
g_cond_wait(GCond *cond, GMutex *mutex)
{
    REAL(g_cond_wait);

    release(mutex);
    real_g_cond_wait(cond, mutex);
    acquire(mutex);
}

gboolean
g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
    gboolean is_signalled;

    REAL(g_cond_wait_until);
    release(mutex);
    is_signalled = real_g_cond_wait_until(cond, mutex, end_time);
    acquire(mutex);
    return is_signalled;
}

gboolean(g_atomic_ref_count_dec)(gatomicrefcount *count)
{
    gboolean is_last;

    REAL(g_atomic_ref_count_dec);
    release((gpointer)count);
    is_last = real_g_atomic_ref_count_dec(count);
    acquire((gpointer)count);
    return is_last;
}

/* ---- what is pushed, whoever takes it may use ---- */

void
g_async_queue_push(GAsyncQueue *queue, gpointer data)
{
    REAL(g_async_queue_push);

    release(queue);
    real_g_async_queue_push(queue, data);
}

gpointer
g_async_queue_pop(GAsyncQueue *queue)
{
    gpointer data;

    REAL(g_async_queue_pop);
    data = real_g_async_queue_pop(queue);
    acquire(queue);
    return data;
}

gpointer
g_async_queue_try_pop(GAsyncQueue *queue)
{
    gpointer data;

    REAL(g_async_queue_try_pop);
    data = real_g_async_queue_try_pop(queue);
    acquire(queue);
    return data;
}

/* ---- what a source is given, its callback may use ---- */

typedef struct {
    GSourceFunc func;
    gpointer data;
    GDestroyNotify notify;
} Handed;

static gboolean
run_handed(gpointer user_data)
{
    Handed *handed = user_data;

    acquire(handed);
    return handed->func(handed->data);
}

static void
free_handed(gpointer user_data)
{
    Handed *handed = user_data;

    acquire(handed);
    if (handed->notify != NULL)
        handed->notify(handed->data);
    g_free(handed);
}

void
g_source_set_callback(GSource *source, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
    Handed *handed;

    REAL(g_source_set_callback);
    /* Callbacks of other sources take other arguments. */
    if (source->source_funcs != &g_idle_funcs && source->source_funcs != &g_timeout_funcs) {
        real_g_source_set_callback(source, func, data, notify);
        return;
    }
    handed = g_new(Handed, 1);
    *handed = (Handed){func, data, notify};
    release(handed);
    real_g_source_set_callback(source, run_handed, handed, free_handed);
}

void
g_main_context_invoke_full(GMainContext *context,
                           gint priority,
                           GSourceFunc func,
                           gpointer data,
                           GDestroyNotify notify)
{
    Handed *handed = g_new(Handed, 1);

    REAL(g_main_context_invoke_full);
    *handed = (Handed){func, data, notify};
    release(handed);
    real_g_main_context_invoke_full(context, priority, run_handed, handed, free_handed);
}
