/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/store-lock.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

struct _MadoStoreLock {
    int fd;
};

MadoStoreLock *
mado_store_lock_take(const char *database, GError **error)
{
    g_autofree char *path = g_strconcat(database, ".lock", NULL);
    g_autoptr(MadoStoreLock) self = g_new0(MadoStoreLock, 1);

    self->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (self->fd >= 0 && flock(self->fd, LOCK_EX | LOCK_NB) == 0)
        return g_steal_pointer(&self);
    g_set_error(error, MADO_ERROR, errno == EWOULDBLOCK ? MADO_ERROR_BUSY : MADO_ERROR_CONFIG,
                errno == EWOULDBLOCK ? "'%s': the service runs on this database"
                                     : "'%s' cannot be locked",
                path);
    return NULL;
}

void
mado_store_lock_free(MadoStoreLock *self)
{
    if (self == NULL)
        return;
    if (self->fd >= 0)
        close(self->fd);
    g_free(self);
}
