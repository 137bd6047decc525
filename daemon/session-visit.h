/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The methods of a visit as jobs: arguments unpacked, mado_visit_*() called on the worker, the
 * step handed back. Each function takes the invocation (transfer full). Main thread.
 */
#pragma once

#include "daemon/session.h"

#include <gio/gunixfdlist.h>

/* @handle: an "h" argument that indexes @fds (nullable). */
void
mado_session_visit_begin(MadoSession *session,
                         GDBusMethodInvocation *invocation,
                         GUnixFDList *fds,
                         GVariant *handle,
                         const char *procedure,
                         const char *request);
void
mado_session_visit_resume(MadoSession *session,
                          GDBusMethodInvocation *invocation,
                          GUnixFDList *fds,
                          GVariant *handle,
                          const char *visit,
                          gboolean resident);
void
mado_session_visit_decide(MadoSession *session,
                          GDBusMethodInvocation *invocation,
                          GVariant *decision,
                          GVariant *signature);
void
mado_session_visit_reply(MadoSession *session,
                         GDBusMethodInvocation *invocation,
                         const char *key,
                         GVariant *reply);
void
mado_session_visit_fail(MadoSession *session,
                        GDBusMethodInvocation *invocation,
                        const char *key,
                        guint status,
                        const char *problem);
void
mado_session_visit_continue(MadoSession *session, GDBusMethodInvocation *invocation);
void
mado_session_visit_choose_pins(MadoSession *session, GDBusMethodInvocation *invocation);
