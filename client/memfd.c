/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/memfd.h"

#include "common/error.h"

#include <glib/gstdio.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static gboolean
write_all(int fd, const guint8 *data, gsize len)
{
    gsize at = 0;

    while (at < len) {
        gssize n = write(fd, data + at, len - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FALSE;
        at += (gsize)n;
    }
    return TRUE;
}

int
mado_memfd_seal(const guint8 *data, gsize len, GError **error)
{
    int fd = memfd_create("madoguchi", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd >= 0 && write_all(fd, data, len) && lseek(fd, 0, SEEK_SET) == 0 &&
        fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) == 0)
        return fd;
    g_set_error(error, MADO_ERROR, MADO_ERROR_INTERNAL, "sealed memory: %s", g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

MadoSecret *
mado_memfd_read(int fd, gsize len_max, GError **error)
{
    g_autoptr(MadoSecret) content = NULL;
    struct stat st;
    gsize len;
    int seals = fcntl(fd, F_GET_SEALS);

    if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) != 0 || st.st_size < 0 ||
        (guint64)st.st_size > len_max) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA,
                    "a file came unsealed or longer than %zu bytes", len_max);
        return NULL;
    }
    len = (gsize)st.st_size;
    content = mado_secret_new(MAX(len, 1));
    for (gsize at = 0; at < len;) {
        gssize n = pread(fd, mado_secret_peek_writable(content) + at, len - at, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA, "a file cannot be read");
            return NULL;
        }
        at += (gsize)n;
    }
    mado_secret_set_len(content, len);
    return g_steal_pointer(&content);
}
