/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/sealed.h"

#include "common/error.h"

#include <glib-unix.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The client has the number ready when it calls. */
#define PIPE_TIMEOUT_MS 2000
#define SEALS_OUT       (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)
#define SEALS_IN        (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK)

static gboolean
fail(GError **error, MadoErrorCode code, const char *text)
{
    g_set_error_literal(error, MADO_ERROR, (gint)code, text);
    return FALSE;
}

static gboolean
fill(int fd, const guint8 *data, gsize len)
{
    while (len > 0) {
        gssize n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FALSE;
        data += n;
        len -= (gsize)n;
    }
    return fcntl(fd, F_ADD_SEALS, SEALS_OUT) == 0;
}

int
mado_sealed_new(const char *name, const guint8 *data, gsize len, GError **error)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd >= 0 && fill(fd, data, len))
        return fd;
    if (fd >= 0)
        (void)close(fd);
    (void)fail(error, MADO_ERROR_INTERNAL, "making a sealed file");
    return -1;
}

/* One read. *ret_is_end at the end of the data. */
static gboolean
read_some(int fd, MadoSecret *secret, gsize max_len, gboolean *ret_is_end, GError **error)
{
    gsize len = mado_secret_len(secret);
    gssize n =
        read(fd, mado_secret_peek_writable(secret) + len, mado_secret_capacity(secret) - len);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ||
               fail(error, MADO_ERROR_BAD_ARGUMENT, "the descriptor cannot be read");
    *ret_is_end = n == 0;
    mado_secret_set_len(secret, len + (gsize)n);
    return mado_secret_len(secret) <= max_len ||
           fail(error, MADO_ERROR_LIMIT, "the descriptor holds too much");
}

static gboolean
read_pipe(int fd, MadoSecret *secret, gsize max_len, MadoInterrupt *interrupt, GError **error)
{
    gint64 until_us = g_get_monotonic_time() + PIPE_TIMEOUT_MS * 1000;
    gboolean is_end = FALSE;

    if (!g_unix_set_fd_nonblocking(fd, TRUE, NULL))
        return fail(error, MADO_ERROR_BAD_ARGUMENT, "the descriptor cannot be read");
    while (!is_end) {
        gint64 left_us = until_us - g_get_monotonic_time();
        struct pollfd fds[] = {
            {mado_interrupt_fd(interrupt), POLLIN, 0},
            {fd, POLLIN, 0},
        };

        if (!mado_interrupt_check(interrupt, error))
            return FALSE;
        if (left_us <= 0)
            return fail(error, MADO_ERROR_TIMED_OUT, "the pipe was not closed in time");
        if (poll(fds, G_N_ELEMENTS(fds), (int)(left_us / 1000) + 1) < 0 && errno != EINTR)
            return fail(error, MADO_ERROR_INTERNAL, "waiting for a pipe");
        if (fds[1].revents != 0 && !read_some(fd, secret, max_len, &is_end, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_memfd(int fd, MadoSecret *secret, gsize max_len, GError **error)
{
    int seals = fcntl(fd, F_GET_SEALS);
    gboolean is_end = FALSE;

    if (seals < 0 || (seals & SEALS_IN) != SEALS_IN)
        return fail(error, MADO_ERROR_BAD_ARGUMENT, "the descriptor is no sealed memfd");
    if (lseek(fd, 0, SEEK_SET) != 0)
        return fail(error, MADO_ERROR_BAD_ARGUMENT, "the descriptor cannot be read");
    while (!is_end) {
        if (!read_some(fd, secret, max_len, &is_end, error))
            return FALSE;
    }
    return TRUE;
}

MadoSecret *
mado_sealed_read(int fd, gsize max_len, MadoInterrupt *interrupt, GError **error)
{
    g_autoptr(MadoSecret) secret = mado_secret_new(max_len + 1);
    struct stat info;
    gboolean ok;

    if (fstat(fd, &info) != 0)
        ok = fail(error, MADO_ERROR_BAD_ARGUMENT, "no descriptor was sent");
    else if (S_ISFIFO(info.st_mode))
        ok = read_pipe(fd, secret, max_len, interrupt, error);
    else
        ok = read_memfd(fd, secret, max_len, error);
    return ok ? g_steal_pointer(&secret) : NULL;
}

MadoSecret *
mado_sealed_read_memfd(int fd, gsize max_len, GError **error)
{
    g_autoptr(MadoSecret) secret = mado_secret_new(max_len + 1);

    return read_memfd(fd, secret, max_len, error) ? g_steal_pointer(&secret) : NULL;
}

int
mado_sealed_dup_handle(GUnixFDList *fds, GVariant *handle, GError **error)
{
    gint32 index = g_variant_get_handle(handle);
    int fd = -1;

    if (fds != NULL && index >= 0 && index < g_unix_fd_list_get_length(fds))
        fd = g_unix_fd_list_get(fds, index, NULL);
    if (fd < 0)
        (void)fail(error, MADO_ERROR_BAD_ARGUMENT, "the message carries no such descriptor");
    return fd;
}
