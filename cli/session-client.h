/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One claim: the Session interface as functions that wait (client.h says how). Each call is
 * cancelled by the client's cancellable through Session.Cancel, so that its answer is still
 * read and the visit goes on hold in good order.
 */
#pragma once

#include "cli/client.h"
#include "client/client-step.h"

typedef struct _MadoSessionClient MadoSessionClient;

/* Called on the main context whenever Session.Progress changes. */
typedef void (*MadoSessionClientProgress)(guint n_done,
                                          guint n_all,
                                          guint rest_ms,
                                          gpointer user_data);

/* (transfer full): chooses a reader by @reader_name (mado_client_choose_reader()) and claims
 * it.
 * @client is borrowed and must outlive it. */
MadoSessionClient *
mado_session_client_new(MadoClient *client, const char *reader_name, GError **error);
/* Releases the claim and waits for it. NULL is allowed. */
void
mado_session_client_free(MadoSessionClient *self);
void
mado_session_client_set_progress(MadoSessionClient *self,
                                 MadoSessionClientProgress callback,
                                 gpointer user_data);

/* (transfer none): hex, "" when none is open. */
const char *
mado_session_client_visit(MadoSessionClient *self);

/* (transfer full): a{sv}. */
GVariant *
mado_session_client_inspect(MadoSessionClient *self, GError **error);

/*
 * @what: NULL-terminated; @secret_fd: sealed memfd, stays the caller's.
 * *ret_files: a{sh} whose handles index *ret_fds; *ret_checks: a{sv}. All (transfer full).
 */
typedef struct {
    const char *const *what;
    const char *credential;
    int secret_fd;
} MadoSessionClientRead;
gboolean
mado_session_client_read(MadoSessionClient *self,
                         const MadoSessionClientRead *wanted,
                         GVariant **ret_files,
                         GUnixFDList **ret_fds,
                         GVariant **ret_checks,
                         GError **error);

/* *ret_state (transfer full): "changed" or "half". */
gboolean
mado_session_client_change_pin(MadoSessionClient *self,
                               const char *kind,
                               char **ret_state,
                               GError **error);

/* The steps of a visit. *ret_step is (transfer full) and untouched on failure. */
gboolean
mado_session_client_begin(MadoSessionClient *self,
                          const char *procedure,
                          const char *request,
                          int number_b_fd,
                          MadoClientStep *ret_step,
                          GError **error);
gboolean
mado_session_client_resume(MadoSessionClient *self,
                           const char *visit,
                           gboolean has_resident,
                           int number_b_fd,
                           MadoClientStep *ret_step,
                           GError **error);
gboolean
mado_session_client_decide(MadoSessionClient *self,
                           GBytes *decision,
                           GBytes *signature,
                           MadoClientStep *ret_step,
                           GError **error);
gboolean
mado_session_client_reply(MadoSessionClient *self,
                          const char *key,
                          GBytes *reply,
                          MadoClientStep *ret_step,
                          GError **error);
gboolean
mado_session_client_fail(MadoSessionClient *self,
                         const char *key,
                         guint status,
                         const char *problem,
                         MadoClientStep *ret_step,
                         GError **error);
gboolean
mado_session_client_continue(MadoSessionClient *self, MadoClientStep *ret_step, GError **error);
gboolean
mado_session_client_choose_pins(MadoSessionClient *self,
                                MadoClientStep *ret_step,
                                GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoSessionClient, mado_session_client_free)
