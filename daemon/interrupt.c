/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/interrupt.h"

#include "common/error.h"

#include <sys/eventfd.h>
#include <unistd.h>

struct _MadoInterrupt {
    gatomicrefcount n_refs;
    GMutex lock; /* over code and the state of fd, so that both change together */
    MadoErrorCode code;
    gboolean is_raised;
    int fd;
};

MadoInterrupt *
mado_interrupt_new(void)
{
    MadoInterrupt *self = g_new0(MadoInterrupt, 1);

    g_atomic_ref_count_init(&self->n_refs);
    g_mutex_init(&self->lock);
    self->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    /* Out of descriptors it is -1, which poll passes over: waits then end by their deadlines.
     */
    return self;
}

MadoInterrupt *
mado_interrupt_ref(MadoInterrupt *self)
{
    g_atomic_ref_count_inc(&self->n_refs);
    return self;
}

void
mado_interrupt_unref(MadoInterrupt *self)
{
    if (!g_atomic_ref_count_dec(&self->n_refs))
        return;
    if (self->fd >= 0)
        (void)close(self->fd);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void
mado_interrupt_raise(MadoInterrupt *self, MadoErrorCode code)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    guint64 one = 1;

    if (self->is_raised)
        return;
    self->is_raised = TRUE;
    self->code = code;
    (void)!write(self->fd, &one, sizeof one);
}

void
mado_interrupt_clear(MadoInterrupt *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    guint64 count;

    if (!self->is_raised)
        return;
    self->is_raised = FALSE;
    (void)!read(self->fd, &count, sizeof count);
}

gboolean
mado_interrupt_check(MadoInterrupt *self, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    if (!self->is_raised)
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, (gint)self->code, mado_error_sentence(self->code));
    return FALSE;
}

int
mado_interrupt_fd(const MadoInterrupt *self)
{
    return self->fd;
}
