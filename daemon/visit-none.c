/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in until the visits are there, so that a daemon that only reads cards links. */
#include "config.h"

#include "common/error.h"
#include "daemon/visit.h"

struct _MadoVisit {
    int unused;
};

static gboolean
refuse(GError **error)
{
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_ENROLMENT, "no visits yet");
    return FALSE;
}

static void
reply_refusal(MadoJournalReply reply, gpointer user_data)
{
    g_autoptr(GError) error = NULL;

    (void)refuse(&error);
    reply(NULL, error, user_data);
}

MadoVisit *
mado_visit_new(const MadoDesk *desk, MadoJournal *journal)
{
    return g_new0(MadoVisit, 1);
}

void
mado_visit_free(MadoVisit *self)
{
    g_free(self);
}

gboolean
mado_visit_begin(MadoVisit *self,
                 MadoWork *work,
                 const char *procedure,
                 const char *request,
                 const MadoSecret *number_b,
                 MadoStep *ret_step,
                 GError **error)
{
    return refuse(error);
}

gboolean
mado_visit_resume(MadoVisit *self,
                  MadoWork *work,
                  const char *visit,
                  gboolean resident,
                  const MadoSecret *number_b,
                  MadoStep *ret_step,
                  GError **error)
{
    return refuse(error);
}

gboolean
mado_visit_decide(MadoVisit *self,
                  MadoWork *work,
                  GBytes *decision,
                  GBytes *signature,
                  MadoStep *ret_step,
                  GError **error)
{
    return refuse(error);
}

gboolean
mado_visit_reply(MadoVisit *self,
                 MadoWork *work,
                 const char *key,
                 GBytes *reply,
                 MadoStep *ret_step,
                 GError **error)
{
    return refuse(error);
}

gboolean
mado_visit_fail(MadoVisit *self,
                MadoWork *work,
                const char *key,
                guint status,
                const char *problem,
                MadoStep *ret_step,
                GError **error)
{
    return refuse(error);
}

gboolean
mado_visit_continue(MadoVisit *self, MadoWork *work, MadoStep *ret_step, GError **error)
{
    return refuse(error);
}

gboolean
mado_visit_choose_pins(MadoVisit *self, MadoWork *work, MadoStep *ret_step, GError **error)
{
    return refuse(error);
}

void
mado_visit_hold(MadoVisit *self, MadoWork *work, MadoErrorCode reason, MadoStep *ret_step)
{
    *ret_step = (MadoStep){0};
}

MadoJournal *
mado_journal_open(const MadoDesk *desk,
                  void (*on_backlog)(guint n_receipts, gpointer user_data),
                  gpointer user_data,
                  GError **error)
{
    return (MadoJournal *)g_new0(MadoVisit, 1);
}

void
mado_journal_close(MadoJournal *self)
{
    g_free(self);
}

void
mado_journal_list_visits(MadoJournal *self, MadoJournalReply reply, gpointer user_data)
{
    reply_refusal(reply, user_data);
}

void
mado_journal_list_receipts(
    MadoJournal *self, guint64 after, guint limit, MadoJournalReply reply, gpointer user_data)
{
    reply_refusal(reply, user_data);
}

void
mado_journal_next_delivery(MadoJournal *self, MadoJournalReply reply, gpointer user_data)
{
    reply_refusal(reply, user_data);
}

void
mado_journal_finish_delivery(MadoJournal *self,
                             const char *key,
                             GBytes *answer,
                             MadoJournalReply reply,
                             gpointer user_data)
{
    reply_refusal(reply, user_data);
}

gboolean
mado_journal_pin_changed(MadoJournal *self,
                         const guint8 *card_id,
                         MadoPinKind kind,
                         MadoErrorCode outcome,
                         GError **error)
{
    return TRUE;
}
