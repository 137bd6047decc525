/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A card file on disk, replaced atomically: temporary file beside it, fdatasync, rename, fsync
 * of the folder. A power failure inside a write can be acted out at any byte.
 */
#pragma once

#include "drivers/training/card-ports.h"

#include <limits.h>

#define MADO_CARD_FILE_MAX_LEN (1024U * 1024U)

typedef struct {
    char path[PATH_MAX]; /* always */
    bool torn;           /* the next save fails part-way */
    /*
     * While torn: how many bytes reach the temporary file. When all of them do, the rename does
     * not happen; one more than all of them: the rename happens and the answer is lost.
     */
    size_t torn_at;
} MadoCardFile;

/* path is taken with its links resolved, so that a link to the file stays one. False when it
 * does not exist. */
bool
mado_card_file_init(MadoCardFile *self, const char *path);

/* As MadoCardStore wants them; user is a MadoCardFile. */
bool
mado_card_file_load(void *user, uint8_t **ret_data, size_t *ret_len);
bool
mado_card_file_save(void *user, const uint8_t *data, size_t len);

/* Makes a file of mode 0600 that was not there; its name is taken as it is. */
bool
mado_card_file_create(const char *path, const uint8_t *data, size_t len);
