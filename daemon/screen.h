/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The resident's screen: who may use it, what is on it, and who is told. One screen, several
 * claims: each takes a seat, and the first that shows a page or asks for a PIN has the screen
 * until it shows idle or leaves. What is drawn is the agent's affair (daemon/agent.h). Main
 * thread.
 */
#pragma once

#include "daemon/agent.h"

typedef struct _MadoScreen MadoScreen;

/* A claim's ear. Both run in the main context, never from within mado_screen_join(). */
typedef struct {
    guint holder_uid;
    /* Session.Resident changed. */
    void (*on_state)(const char *state, gpointer user_data);
    /* Session.ResidentAnswered. */
    void (*on_answered)(const char *page, const char *answer, gpointer user_data);
    gpointer user_data;
} MadoScreenSeat;

/* (transfer full): watches @agent, which it references. */
MadoScreen *
mado_screen_new(MadoAgent *agent);
MadoScreen *
mado_screen_ref(MadoScreen *self);
void
mado_screen_unref(MadoScreen *self);

/* The seat's number, never given twice. */
guint
mado_screen_join(MadoScreen *self, const MadoScreenSeat *seat);
/* Whatever the seat showed is taken away. */
void
mado_screen_leave(MadoScreen *self, guint seat);
/* (transfer none): Session.Resident. */
const char *
mado_screen_state(const MadoScreen *self, guint seat);
/* FALSE, and *ret_kind untouched, when this seat asked for no PIN since
 * mado_screen_forget_kind().
 */
gboolean
mado_screen_last_kind(const MadoScreen *self, guint seat, MadoPinKind *ret_kind);
void
mado_screen_forget_kind(MadoScreen *self, guint seat);

/* Shows a page, unless it is the one that is shown and brings nothing new (@details NULL).
 * @details (floating, consumed, nullable); @fds (nullable) what its "h" values index. Errors:
 * AGENT_GONE, BUSY, BAD_STATE (a prompt is up). */
gboolean
mado_screen_show(MadoScreen *self,
                 guint seat,
                 const char *page,
                 GVariant *details,
                 GUnixFDList *fds,
                 GError **error);
/* The PIN just typed by @seat's resident was not taken: "failed:KIND:@why". */
void
mado_screen_fail(MadoScreen *self, guint seat, const char *why);

/* Manager.AnswerPage by @bus_name. NOT_FOUND, BAD_ARGUMENT, BAD_STATE. */
gboolean
mado_screen_answer(MadoScreen *self,
                   const char *bus_name,
                   const char *page,
                   const char *answer,
                   GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoScreen, mado_screen_unref)
