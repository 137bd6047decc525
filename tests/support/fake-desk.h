/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The whole daemon in one process, on a private bus, over a card, readers and an authority that
 * the test plays itself. Everything happens in the default main context, which the waiting
 * functions below iterate; a wait that takes longer than a minute ends the test program.
 */
#pragma once

#include "daemon/daemon.h"

#include <gio/gio.h>

#define FAKE_DESK_N_CLIENTS       3
#define FAKE_DESK_TRAINING_READER 7U

typedef enum {
    FAKE_DESK_ALLOW,
    FAKE_DESK_DENY,
    FAKE_DESK_HANG, /* until fake_desk_answer_authority() */
} FakeDeskRule;

/* One answer of the card, status word included, at most 600 bytes. Worker's thread. */
typedef gsize (*FakeDeskCard)(const guint8 *command, gsize len, guint8 *answer, gpointer data);

typedef struct _FakeDesk FakeDesk;

/* One asynchronous call of a client. */
typedef struct {
    gboolean is_done;
    GVariant *reply;  /* (nullable) */
    GUnixFDList *fds; /* (nullable) */
    GError *error;    /* (nullable): a MADO_ERROR wherever the name is one of ours */
} FakeDeskCall;

/* Bus, authority (ALLOW), daemon; no readers. */
FakeDesk *
fake_desk_new(MadoRealmCode realm);
/* Stops the daemon in the orderly way unless fake_desk_stop() did. */
void
fake_desk_free(FakeDesk *self);
/* mado_daemon_stop(), and waits until it has ended. */
void
fake_desk_stop(FakeDesk *self);

/* ---- what the test plays ---- */
void
fake_desk_set_rule(FakeDesk *self, FakeDeskRule rule);
/* Leaves the bus: nobody answers any more. */
void
fake_desk_remove_authority(FakeDesk *self);
void
fake_desk_wait_asked(FakeDesk *self, guint n_questions); /* since the beginning */
void
fake_desk_answer_authority(FakeDesk *self, gboolean is_allowed); /* all that hang */
guint
fake_desk_n_withdrawn(const FakeDesk *self);

/* Readers by number from 0, at most FAKE_DESK_TRAINING_READER, which has a training reader's
 * name. Their object paths are .../readers/r1, r2 … in order of adding. */
void
fake_desk_add_reader(FakeDesk *self, guint number);
void
fake_desk_remove_reader(FakeDesk *self, guint number);
void
fake_desk_insert_card(FakeDesk *self, guint number);
void
fake_desk_remove_card(FakeDesk *self, guint number);
void
fake_desk_set_service(FakeDesk *self, gboolean is_there);
/* NULL: the friendly card that Inspect is content with. */
void
fake_desk_set_card(FakeDesk *self, FakeDeskCard card, gpointer data);
/* The next command with this INS waits inside the service until fake_desk_unblock(). */
void
fake_desk_block_at(FakeDesk *self, guint8 ins);
void
fake_desk_wait_blocked(FakeDesk *self);
void
fake_desk_unblock(FakeDesk *self);
/* How often a card was powered up, and whether one is now. */
guint
fake_desk_n_opened(FakeDesk *self);
gboolean
fake_desk_is_open(FakeDesk *self);

/* ---- the clients ---- */
GDBusConnection *
fake_desk_client(FakeDesk *self, guint client);
void
fake_desk_close_client(FakeDesk *self, guint client);
/* @path relative to MADO_PATH_MANAGER ("" or "/sessions/s1"); @parameters floating or NULL. */
FakeDeskCall *
fake_desk_call(FakeDesk *self,
               guint client,
               const char *path,
               const char *interface,
               const char *method,
               GVariant *parameters);
/* The same with one descriptor, borrowed. */
FakeDeskCall *
fake_desk_call_with_fd(FakeDesk *self,
                       guint client,
                       const char *path,
                       const char *method,
                       GVariant *parameters,
                       int fd);
void
fake_desk_wait(FakeDesk *self, FakeDeskCall *call);
void
fake_desk_call_free(FakeDeskCall *call);
/* Claims and expects success: the session's path, relative. (transfer full) */
char *
fake_desk_claim(FakeDesk *self, guint client, const char *reader_path);
/* Iterates until @is_true says so. */
void
fake_desk_wait_until(FakeDesk *self, gboolean (*is_true)(gpointer data), gpointer data);
/* TRUE when the object is on the bus. */
gboolean
fake_desk_has_object(FakeDesk *self, const char *path);
void
fake_desk_wait_no_object(FakeDesk *self, const char *path);
/* A property of the Reader or Manager at @path; (transfer full). */
GVariant *
fake_desk_property(FakeDesk *self, const char *path, const char *interface, const char *name);
void
fake_desk_wait_free_reader(FakeDesk *self, const char *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeDeskCall, fake_desk_call_free)
