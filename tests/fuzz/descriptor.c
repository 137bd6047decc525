/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/fuzz/descriptor.h"

#include <glib-unix.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* As much as a pipe takes without a reader. */
#define DATA_MAX 4096U

static void
fill(int fd, const guint8 *data, gsize len)
{
    (void)!write(fd, data, MIN(len, DATA_MAX));
}

static int
new_memfd(int seals, const guint8 *data, gsize len)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    fill(fd, data, len);
    if (seals != 0)
        (void)fcntl(fd, F_ADD_SEALS, seals);
    return fd;
}

/* Closed at its other end: nothing here waits. */
static int
new_pipe(const guint8 *data, gsize len)
{
    int ends[2];

    if (!g_unix_open_pipe(ends, FD_CLOEXEC, NULL))
        return -1;
    fill(ends[1], data, len);
    (void)close(ends[1]);
    return ends[0];
}

static int
new_socket(const guint8 *data, gsize len)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    fill(ends[1], data, len);
    (void)close(ends[1]);
    return ends[0];
}

int
fuzz_descriptor_new(guint8 kind, const guint8 *data, gsize len)
{
    switch (kind % 8) {
    case 0:
        return new_memfd(F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK, data, len);
    case 1:
        return new_memfd(0, data, len);
    case 2:
        return new_memfd(F_SEAL_GROW | F_SEAL_SHRINK, data, len);
    case 3:
        return new_pipe(data, len);
    case 4:
        return new_socket(data, len);
    case 5:
        return open("/", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    case 6:
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    default:
        return -1;
    }
}
