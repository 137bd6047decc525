/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libfault-preload: makes the machine under an unchanged program fail. What happens stands in a
 * page of shared memory (preload.h), so a test arms and disarms a running process.
 *
 * A power cut is played by keeping, for every write to a watched file, what stood there before;
 * a sync forgets it, and at the cut everything not forgotten is put back, newest first.
 * SQLite's -shm file is memory, not storage, and is left alone.
 */
#include "preload.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* What one write replaced. */
typedef struct Undo Undo;
struct Undo {
    Undo *older;
    char *path;
    off_t size; /* of the file before */
    off_t offset;
    size_t len; /* bytes kept; the rest was past the end */
    unsigned char bytes[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static MadoPreloadPage *page;
static char watch[PATH_MAX];
static Undo *undos; /* newest first */

__attribute__((constructor)) static void
map_page(void)
{
    const char *path = getenv(MADO_PRELOAD_PAGE);
    const char *folder = getenv(MADO_PRELOAD_WATCH);
    void *map;
    int fd;

    if (path == NULL || folder == NULL || strlen(folder) >= sizeof watch)
        return;
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    map = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return;
    snprintf(watch, sizeof watch, "%s", folder);
    page = map;
}

/* The path of a watched file, into PATH (PATH_MAX bytes). */
static bool
is_watched(int fd, char *path)
{
    char link[64];
    size_t watch_len = strlen(watch);
    ssize_t len;

    if (page == NULL)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, PATH_MAX - 1);
    if (len <= 0)
        return false;
    path[len] = '\0';
    if (strncmp(path, watch, watch_len) != 0 || path[watch_len] != '/')
        return false;
    return len < 4 || strcmp(path + len - 4, "-shm") != 0;
}

/* ---- what was there before
 * -------------------------------------------------------------------- */

static void
remember(int fd, const char *path, off_t offset, size_t len)
{
    struct stat status;
    Undo *undo;
    size_t kept = 0;

    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
        return;
    if (offset < status.st_size)
        kept =
            (size_t)(status.st_size - offset) < len ? (size_t)(status.st_size - offset) : len;
    undo = malloc(sizeof *undo + kept);
    if (undo == NULL)
        abort();
    /* The program's descriptor may be for writing only. */
    int reader = open(path, O_RDONLY | O_CLOEXEC);
    undo->len = 0;
    if (reader >= 0) {
        ssize_t n_read = pread(reader, undo->bytes, kept, offset);
        undo->len = n_read > 0 ? (size_t)n_read : 0;
        close(reader);
    }
    undo->path = strdup(path);
    undo->size = status.st_size;
    undo->offset = offset;
    undo->older = undos;
    undos = undo;
}

static void
forget(const char *path)
{
    Undo **link = &undos;

    while (*link != NULL) {
        Undo *undo = *link;
        if (strcmp(undo->path, path) == 0) {
            *link = undo->older;
            free(undo->path);
            free(undo);
        } else {
            link = &undo->older;
        }
    }
}

static void
put_back(const Undo *undo)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, undo->path, O_WRONLY | O_CLOEXEC, 0);

    if (fd < 0)
        return;
    if (undo->len > 0)
        (void)!syscall(SYS_pwrite64, fd, undo->bytes, undo->len, undo->offset);
    (void)!syscall(SYS_ftruncate, fd, undo->size);
    close(fd);
}

static void
die(bool cut)
{
    if (cut)
        for (const Undo *undo = undos; undo != NULL; undo = undo->older)
            put_back(undo);
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* ---- syncs
 * ------------------------------------------------------------------------------------ */

/* Counts the sync; what falls on it. */
static MadoPreloadAction
next_action(void)
{
    page->n_syncs++;
    if (page->countdown <= 0 || --page->countdown > 0)
        return MADO_PRELOAD_NOTHING;
    page->n_fired++;
    return (MadoPreloadAction)page->action;
}

static int
sync_watched(int fd, const char *path, long number)
{
    MadoPreloadAction action = next_action();
    int result = 0;

    if (action == MADO_PRELOAD_KILL_BEFORE || action == MADO_PRELOAD_CUT_BEFORE)
        die(action == MADO_PRELOAD_CUT_BEFORE);
    if (action == MADO_PRELOAD_EIO) {
        errno = EIO;
        return -1;
    }
    if (action == MADO_PRELOAD_ENOSPC || action == MADO_PRELOAD_EROFS)
        page->countdown = -(int64_t)action; /* stays until the test resets it */
    if (!(page->flags & MADO_PRELOAD_FLAG_LAZY)) {
        result = (int)syscall(number, fd);
        if (result == 0)
            forget(path);
    }
    if (action == MADO_PRELOAD_KILL_AFTER || action == MADO_PRELOAD_CUT_AFTER)
        die(action == MADO_PRELOAD_CUT_AFTER);
    return result;
}

static int
sync_any(int fd, long number)
{
    char path[PATH_MAX];
    int result;

    if (!is_watched(fd, path))
        return (int)syscall(number, fd);
    pthread_mutex_lock(&lock);
    result = sync_watched(fd, path, number);
    pthread_mutex_unlock(&lock);
    return result;
}

EXPORT int
fsync(int fd)
{
    return sync_any(fd, SYS_fsync);
}

EXPORT int
fdatasync(int fd)
{
    return sync_any(fd, SYS_fdatasync);
}

/* ---- writes
 * ----------------------------------------------------------------------------------- */

static int
write_error(void)
{
    if (page->countdown == -MADO_PRELOAD_ENOSPC)
        return ENOSPC;
    if (page->countdown == -MADO_PRELOAD_EROFS)
        return EROFS;
    return 0;
}

/* Before a write of LEN bytes at OFFSET (-1: where the descriptor stands); false: errno is set.
 */
static bool
before_write(int fd, off_t offset, size_t len)
{
    char path[PATH_MAX];
    int error;

    if (!is_watched(fd, path))
        return true;
    error = write_error();
    if (error != 0) {
        errno = error;
        return false;
    }
    if (offset < 0) {
        struct stat status;
        bool appends = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
        offset = appends && fstat(fd, &status) == 0 ? status.st_size : lseek(fd, 0, SEEK_CUR);
    }
    pthread_mutex_lock(&lock);
    remember(fd, path, offset < 0 ? 0 : offset, len);
    pthread_mutex_unlock(&lock);
    return true;
}

EXPORT ssize_t
write(int fd, const void *bytes, size_t len)
{
    return before_write(fd, -1, len) ? syscall(SYS_write, fd, bytes, len) : -1;
}

EXPORT ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    return before_write(fd, offset, len) ? syscall(SYS_pwrite64, fd, bytes, len, offset) : -1;
}

EXPORT ssize_t
pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
    return pwrite(fd, bytes, len, offset);
}

EXPORT int
ftruncate(int fd, off_t size)
{
    struct stat status;

    if (fstat(fd, &status) == 0 && status.st_size > size &&
        !before_write(fd, size, (size_t)(status.st_size - size)))
        return -1;
    return (int)syscall(SYS_ftruncate, fd, size);
}

EXPORT int
ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

/* A full disk has no room to reserve either. */
EXPORT int
posix_fallocate(int fd, off_t offset, off_t len)
{
    char path[PATH_MAX];

    if (is_watched(fd, path) && write_error() != 0)
        return write_error();
    return syscall(SYS_fallocate, fd, 0, offset, len) == 0 ? 0 : errno;
}

EXPORT int
posix_fallocate64(int fd, off64_t offset, off64_t len)
{
    return posix_fallocate(fd, offset, len);
}

/* ---- the clock
 * -------------------------------------------------------------------------------- */

EXPORT int
clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    int result = (int)syscall(SYS_clock_gettime, clock, ret_time);

    if (result == 0 && page != NULL && clock == CLOCK_REALTIME)
        ret_time->tv_sec += page->shift_s;
    return result;
}

EXPORT int
gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) < 0)
        return -1;
    ret_time->tv_sec = now.tv_sec;
    ret_time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

EXPORT time_t
time(time_t *ret_time)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time != NULL)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}
