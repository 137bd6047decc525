/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A visit, as daemon/session.c drives it. One object per session, made with it. All calls below
 * but new and free run as jobs on the session's worker, one at a time, and may block on card,
 * journal and PIN agent (MadoWork). The session checks the owner and BUSY; the visit checks its
 * own state (BAD_STATE) and every byte of its arguments. Bus descriptors are read before the
 * job: number_b arrives as a secret.
 *
 * Each sets *ret_step and returns TRUE, or fails, leaves *ret_step and the step as they were
 * and says why; what the client can act on is a step (hold, done{refused}), not an error. When
 * the step is done or hold, or after a failed begin, the session powers the card down and then
 * treats the visit as none; otherwise the card stays powered until MadoDesk.unpower_after_ms.
 * mado_card_generation() tells that a power-down lay between.
 */
#pragma once

#include "daemon/desk.h"
#include "daemon/journal.h"
#include "daemon/step.h"
#include "daemon/worker.h"

typedef struct _MadoVisit MadoVisit;

/* Main thread. @desk and @journal (nullable before enrolment: Begin and Resume answer
 * ENROLMENT) outlive it. */
MadoVisit *
mado_visit_new(const MadoDesk *desk, MadoJournal *journal);
/* Main thread, when no job runs. */
void
mado_visit_free(MadoVisit *self);

gboolean
mado_visit_begin(MadoVisit *self,
                 MadoWork *work,
                 const char *procedure,
                 const char *request,
                 const MadoSecret *number_b,
                 MadoStep *ret_step,
                 GError **error);
gboolean
mado_visit_resume(MadoVisit *self,
                  MadoWork *work,
                  const char *visit,
                  gboolean resident,
                  const MadoSecret *number_b,
                  MadoStep *ret_step,
                  GError **error);
gboolean
mado_visit_decide(MadoVisit *self,
                  MadoWork *work,
                  GBytes *decision,
                  GBytes *signature,
                  MadoStep *ret_step,
                  GError **error);
gboolean
mado_visit_reply(MadoVisit *self,
                 MadoWork *work,
                 const char *key,
                 GBytes *reply,
                 MadoStep *ret_step,
                 GError **error);
gboolean
mado_visit_fail(MadoVisit *self,
                MadoWork *work,
                const char *key,
                guint status,
                const char *problem,
                MadoStep *ret_step,
                GError **error);
gboolean
mado_visit_continue(MadoVisit *self, MadoWork *work, MadoStep *ret_step, GError **error);
gboolean
mado_visit_choose_pins(MadoVisit *self, MadoWork *work, MadoStep *ret_step, GError **error);

/*
 * The session ends or was interrupted (Cancel, Release, client, card or reader gone, time-out,
 * shutdown): puts an open visit on hold in the journal and forgets it. Does not touch the card.
 * Nothing when no visit is open. Sets *ret_step to hold or idle.
 */
void
mado_visit_hold(MadoVisit *self, MadoWork *work, MadoErrorCode reason, MadoStep *ret_step);

/*
 * Main thread, while a job is stuck in one of the calls above and will not be waited for: the
 * visit @visit (hex, as the last step told it; "" for none) is on hold in the journal, to be
 * resumed at once, and nothing this object still does is written. Does not block.
 */
void
mado_visit_abandon(MadoVisit *self, const char *visit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoVisit, mado_visit_free)
