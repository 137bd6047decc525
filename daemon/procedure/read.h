/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read: files of the card, with everything that can be checked about them. */
#pragma once

#include "daemon/desk.h"
#include "daemon/worker.h"

#include <gio/gunixfdlist.h>

/* What is read; bits. */
typedef enum {
    MADO_READ_ATTRIBUTES = 1,
    MADO_READ_NUMBER = 2,
    MADO_READ_FACE = 4,
    MADO_READ_CERTIFICATES = 8,
    MADO_READ_SIGN_CERTIFICATE = 16,
    MADO_READ_PICTURE = 32, /* the face's photo, decoded; wants FACE as well */
} MadoReadWhat;

/* What opens the face applications. */
typedef enum {
    MADO_READ_BY_NOTHING,
    MADO_READ_BY_PIN, /* the text PIN, from the agent; for the face the number just read */
    MADO_READ_BY_NUMBER_A,
    MADO_READ_BY_NUMBER_B,
} MadoReadCredential;

typedef struct {
    const MadoDesk *desk; /* borrowed */
    guint what;
    MadoReadCredential credential;
    int secret_fd; /* owned; -1 with NOTHING and PIN */
    /* set on success */
    GVariant *files;  /* a{sh}, sunk */
    GVariant *checks; /* a{sv}, sunk */
    GUnixFDList *fds;
} MadoRead;

/* (transfer full): the arguments as on the bus. BAD_ARGUMENT for an unknown word and for
 * something the credential does not open. Takes @secret_fd. */
MadoRead *
mado_read_new(const MadoDesk *desk,
              const char *const *what,
              const char *credential,
              int secret_fd,
              GError **error);
void
mado_read_free(gpointer job);
/* A MadoWorkerRun over a MadoRead. Leaves the card unpowered. */
gboolean
mado_read_run(MadoWork *work, gpointer job, GError **error);
/* How long the whole may take, PIN entries included. */
guint
mado_read_timeout_ms(const MadoRead *self);
