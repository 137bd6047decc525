/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/secret.h"

#include "common/wipe.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Each secret has pages of its own between two that cannot be touched. The bytes end at the
 * upper one, so that an overrun by one byte is a fault at once and not a leak later. */
struct _MadoSecret {
    guint8 *map; /* owned: guard page, data pages, guard page */
    gsize map_len;
    guint8 *data; /* in the data pages */
    gsize capacity;
    gsize len;
    gboolean is_locked;
};

static gsize
page_len(void)
{
    long len = sysconf(_SC_PAGESIZE);

    return len > 0 ? (gsize)len : 4096;
}

MadoSecret *
mado_secret_new(gsize capacity)
{
    const gsize page = page_len();
    MadoSecret *self = g_new0(MadoSecret, 1);
    gsize data_len;
    guint8 *data;

    if (capacity > G_MAXSIZE - 4 * page)
        /* lint: allow banned-calls: as g_malloc() does */
        g_error("a secret of %" G_GSIZE_FORMAT " bytes cannot be had", capacity);
    data_len = capacity == 0 ? page : (capacity + page - 1) / page * page;
    self->map_len = data_len + 2 * page;
    self->map = mmap(NULL, self->map_len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (self->map == MAP_FAILED ||
        mprotect(self->map + page, data_len, PROT_READ | PROT_WRITE) != 0)
        /* lint: allow banned-calls: as g_malloc() does */
        g_error("memory for a secret of %" G_GSIZE_FORMAT " bytes cannot be had", capacity);
    data = self->map + page;
    /* Refused (RLIMIT_MEMLOCK) is survived; the two others only fail on a kernel without them.
     */
    self->is_locked = mlock(data, data_len) == 0;
    (void)madvise(data, data_len, MADV_DONTDUMP);
    (void)madvise(data, data_len, MADV_WIPEONFORK);
    self->capacity = capacity;
    self->data = data + data_len - capacity;
    return self;
}

MadoSecret *
mado_secret_new_from(const guint8 *data, gsize len)
{
    MadoSecret *self = mado_secret_new(len);

    if (len > 0)
        memcpy(self->data, data, len);
    self->len = len;
    return self;
}

MadoSecret *
mado_secret_dup(const MadoSecret *self)
{
    g_return_val_if_fail(self != NULL, NULL);
    return mado_secret_new_from(self->data, self->len);
}

void
mado_secret_free(MadoSecret *self)
{
    if (self == NULL)
        return;
    /* All of the capacity: what was there before a set_len is a secret too. */
    mado_wipe(self->data, self->capacity);
    (void)munmap(self->map, self->map_len);
    g_free(self);
}

const guint8 *
mado_secret_peek(const MadoSecret *self)
{
    return self->data;
}

guint8 *
mado_secret_peek_writable(MadoSecret *self)
{
    return self->data;
}

gsize
mado_secret_len(const MadoSecret *self)
{
    return self->len;
}

gsize
mado_secret_capacity(const MadoSecret *self)
{
    return self->capacity;
}

void
mado_secret_set_len(MadoSecret *self, gsize len)
{
    g_return_if_fail(len <= self->capacity);
    if (len < self->len)
        mado_wipe(self->data + len, self->len - len);
    self->len = len;
}

gboolean
mado_secret_append(MadoSecret *self, const guint8 *data, gsize len)
{
    if (len > self->capacity - self->len)
        return FALSE;
    if (len > 0)
        memcpy(self->data + self->len, data, len);
    self->len += len;
    return TRUE;
}

gboolean
mado_secret_equal(const MadoSecret *a, const MadoSecret *b)
{
    return a->len == b->len && mado_wipe_equal(a->data, b->data, a->len);
}

gboolean
mado_secret_is_locked(const MadoSecret *self)
{
    return self->is_locked;
}
