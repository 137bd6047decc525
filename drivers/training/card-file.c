/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/card-file.h"

#include "common/wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".new"

bool
mado_card_file_init(MadoCardFile *self, const char *path)
{
    char *resolved = realpath(path, NULL);
    bool fits = resolved != NULL && strlen(resolved) + sizeof(SUFFIX) <= sizeof(self->path);

    if (fits) {
        memset(self, 0, sizeof(*self));
        memcpy(self->path, resolved, strlen(resolved) + 1);
    }
    free(resolved);
    return fits;
}

static bool
read_all(int fd, uint8_t *ret_data, size_t len)
{
    size_t at = 0;

    while (at < len) {
        ssize_t n = read(fd, ret_data + at, len - at);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        at += (size_t)n;
    }
    return true;
}

static bool
write_all(int fd, const uint8_t *data, size_t len)
{
    size_t at = 0;

    while (at < len) {
        ssize_t n = write(fd, data + at, len - at);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        at += (size_t)n;
    }
    return true;
}

bool
mado_card_file_load(void *user, uint8_t **ret_data, size_t *ret_len)
{
    const MadoCardFile *self = user;
    int fd = open(self->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    uint8_t *data = NULL;
    struct stat info;
    bool ok;

    if (fd < 0) {
        return false;
    }
    ok = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 &&
         info.st_size <= (off_t)MADO_CARD_FILE_MAX_LEN;
    if (ok) {
        data = malloc((size_t)info.st_size);
        ok = data != NULL && read_all(fd, data, (size_t)info.st_size);
    }
    close(fd);
    if (!ok) {
        free(data);
        return false;
    }
    *ret_data = data;
    *ret_len = (size_t)info.st_size;
    return true;
}

/* A rename is durable when the folder is. */
static bool
sync_folder(const char *path)
{
    char copy[PATH_MAX];
    bool ok;
    int fd;

    snprintf(copy, sizeof(copy), "%s", path);
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

/* The file is durable when this returns true; the name is not. */
static bool
write_file(const char *path, int flags, const uint8_t *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    bool ok;

    if (fd < 0) {
        return false;
    }
    ok = write_all(fd, data, len) && fdatasync(fd) == 0;
    return close(fd) == 0 && ok;
}

bool
mado_card_file_save(void *user, const uint8_t *data, size_t len)
{
    MadoCardFile *self = user;
    char temporary[PATH_MAX + sizeof(SUFFIX)];
    bool torn = self->torn;

    self->torn = false;
    snprintf(temporary, sizeof(temporary), "%s%s", self->path, SUFFIX);
    if (torn && self->torn_at <= len) {
        (void)write_file(temporary, O_TRUNC, data, self->torn_at);
        return false;
    }
    if (!write_file(temporary, O_TRUNC, data, len) || rename(temporary, self->path) != 0 ||
        !sync_folder(self->path)) {
        return false;
    }
    return !torn;
}

bool
mado_card_file_create(const char *path, const uint8_t *data, size_t len)
{
    if (strlen(path) >= PATH_MAX) {
        return false;
    }
    if (!write_file(path, O_EXCL, data, len)) {
        return false;
    }
    return sync_folder(path);
}
