/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon as madoguchictl sees it: the bus, the manager, the readers. Every call waits on
 * the default main context, so that the PIN agent of the same process is served meanwhile.
 * SIGINT and SIGTERM cancel what runs; a second one ends the program. Errors are MADO_ERROR as
 * the daemon gave them, DAEMON_GONE when it is not there.
 */
#pragma once

#include "client/client-look.h"

#include <gio/gio.h>

typedef struct _MadoClient MadoClient;

typedef struct {
    char *path;
    char *name; /* as pcscd says it: not cleaned */
    char *port; /* its place, "usb:1-1.2" */
    char *role; /* "" without one */
    gboolean has_card;
    guint n_events;
    gboolean is_claimed;
} MadoClientReader;

typedef struct {
    char *version;
    char *realm;
    char *terminal;
    guint backlog;
    gboolean has_agent;
    gboolean has_service;
} MadoClientDesk;

/* (transfer full). */
MadoClient *
mado_client_new(GError **error);
void
mado_client_free(MadoClient *self); /* NULL is allowed */

/* (transfer none), as long as the client lives. */
GDBusConnection *
mado_client_connection(MadoClient *self);
const char *
mado_client_owner(MadoClient *self); /* the daemon's unique name */
GCancellable *
mado_client_cancellable(MadoClient *self);

void
mado_client_get_desk(MadoClient *self, MadoClientDesk *ret_desk);
void
mado_client_desk_clear(MadoClientDesk *self);
/* (transfer full) (element-type MadoClientReader): by name. */
GPtrArray *
mado_client_list_readers(MadoClient *self);
/* The place of this reader has this role from now on; @reader_path "/": no place has it. */
gboolean
mado_client_bind_reader(MadoClient *self,
                        const char *role,
                        const char *reader_path,
                        GError **error);
/* (transfer full): aa{sv}. ENROLMENT before the desk is enrolled. */
GVariant *
mado_client_list_reader_statistics(MadoClient *self, guint n_days, GError **error);
/*
 * (transfer full): path of the reader meant by @name: its role, the whole name or a part of it
 * that only one has; NULL: the one reader with a card, or the only one there is.
 * Errors: READER_GONE, CARD_ABSENT (several readers, none has a card), BAD_ARGUMENT (several
 * fit).
 */
char *
mado_client_choose_reader(MadoClient *self, const char *name, GError **error);

/* (transfer full): path of the new session. */
char *
mado_client_claim(MadoClient *self, const char *reader_path, GError **error);
gboolean
mado_client_register_agent(MadoClient *self, const char *agent_path, GError **error);
/* (transfer full): aa{sv}. */
GVariant *
mado_client_list_visits(MadoClient *self, GError **error);
GVariant *
mado_client_list_receipts(MadoClient *self, guint64 after, guint limit, GError **error);
/* *ret_endpoint is "" and the rest unset when nothing waits. (transfer full) all. */
gboolean
mado_client_next_delivery(
    MadoClient *self, char **ret_endpoint, char **ret_key, GBytes **ret_body, GError **error);
gboolean
mado_client_finish_delivery(
    MadoClient *self, const char *key, GBytes *reply, guint *ret_backlog, GError **error);
/* Manager.Look and Looked; all (transfer full). *ret_rows_fd: a sealed memfd. */
gboolean
mado_client_look(MadoClient *self,
                 const MadoClientLook *look,
                 char **ret_endpoint,
                 char **ret_key,
                 GBytes **ret_body,
                 GError **error);
gboolean
mado_client_looked(
    MadoClient *self, const char *key, GBytes *reply, int *ret_rows_fd, GError **error);
/* Returns after @wait_ms, when cancelled, and, if @until_backlog, as soon as Manager.Backlog is
 * not zero. */
void
mado_client_wait_for_backlog(MadoClient *self, guint wait_ms, gboolean until_backlog);

/* ---- waiting for an asynchronous call, also used beside the bus ---- */

/* A GAsyncReadyCallback; @user_data: address of a GAsyncResult * that is NULL. */
void
mado_client_on_ready(GObject *source, GAsyncResult *result, gpointer user_data);
/* Runs the default main context until *@result is set; (transfer full). */
GAsyncResult *
mado_client_wait(GAsyncResult **result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoClient, mado_client_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MadoClientDesk, mado_client_desk_clear)
