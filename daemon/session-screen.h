/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a session has on the resident's screen: the pages the clerk asks for, and those that
 * follow from its steps by themselves. Keeps the person of an open visit as the sealed file the
 * clerk got. Main thread.
 */
#pragma once

#include "daemon/screen.h"
#include "daemon/step.h"

typedef struct _MadoSessionScreen MadoSessionScreen;

/* (transfer full): takes a seat at @screen, which it references. */
MadoSessionScreen *
mado_session_screen_new(MadoScreen *screen, const MadoScreenSeat *seat);
/* Leaves the seat: the screen is idle again. */
void
mado_session_screen_free(MadoSessionScreen *self); /* NULL is allowed */
/* For MadoWork. */
guint
mado_session_screen_seat(const MadoSessionScreen *self);
/* (transfer none): Session.Resident. */
const char *
mado_session_screen_state(const MadoSessionScreen *self);

/* A call starts that may ask for PINs. */
void
mado_session_screen_start(MadoSessionScreen *self);
/* A step of a visit was reached: its person is kept; the end of a visit is shown. */
void
mado_session_screen_take_step(MadoSessionScreen *self, const MadoStep *step);
/* A call failed: a PIN that was not taken is told to the resident. */
void
mado_session_screen_take_error(MadoSessionScreen *self, const GError *error);
/* Card work of a visit goes on. */
void
mado_session_screen_progress(MadoSessionScreen *self, const guint progress[3]);
/* Session.Show. AGENT_GONE, BUSY, BAD_STATE, BAD_ARGUMENT. */
gboolean
mado_session_screen_show(MadoSessionScreen *self, const char *page, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoSessionScreen, mado_session_screen_free)
