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
#include "daemon/step.h"
#include "daemon/worker.h"

typedef struct _MadoVisit MadoVisit;
typedef struct _MadoJournal MadoJournal;

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

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoVisit, mado_visit_free)

/*
 * The journal's side of interface Manager. Main thread, do not block: @reply runs in the main
 * context, exactly once, with the tuple of out arguments as the XML declares them (transfer
 * none), or with @error.
 */
typedef void (*MadoJournalReply)(GVariant *result, const GError *error, gpointer user_data);

/* (transfer full): opens or makes the file and starts the journal's thread. Blocks; start-up
 * only. @on_backlog: main context, whenever the number of unacknowledged receipts changed. */
MadoJournal *
mado_journal_open(const MadoDesk *desk,
                  void (*on_backlog)(guint n_receipts, gpointer user_data),
                  gpointer user_data,
                  GError **error);
/* Joins the thread; what was posted before is done first. */
void
mado_journal_close(MadoJournal *self);
void
mado_journal_list_visits(MadoJournal *self, MadoJournalReply reply, gpointer user_data);
void
mado_journal_list_receipts(
    MadoJournal *self, guint64 after, guint limit, MadoJournalReply reply, gpointer user_data);
void
mado_journal_next_delivery(MadoJournal *self, MadoJournalReply reply, gpointer user_data);
void
mado_journal_finish_delivery(MadoJournal *self,
                             const char *key,
                             GBytes *answer,
                             MadoJournalReply reply,
                             gpointer user_data);
/* A PIN was changed outside a visit: the receipt. Worker's thread; blocks until durable. */
gboolean
mado_journal_pin_changed(MadoJournal *self,
                         const guint8 *card_id,
                         MadoPinKind kind,
                         MadoErrorCode outcome,
                         GError **error);
