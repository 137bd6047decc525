/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal: what must survive the daemon, in one SQLite file that one thread owns. The
 * worker of a session posts an entry and waits until it is durable; interface Manager asks and
 * gets its answer in the main context. Entries that arrive while the disk is busy share the
 * next commit.
 *
 *     worker ──entry──┐                      ┌── durable, or MADO_ERROR_JOURNAL
 *     worker ──entry──┤► queue ► the thread ─┤
 *     Manager ─query──┘                      └── reply in the main context
 *
 * What is never in it: a PIN or the hash of one, the data of a command, the body of a reply.
 */
#pragma once

#include "daemon/desk.h"
#include "daemon/journal-entry.h"

typedef struct _MadoJournal MadoJournal;

/* What the journal needs of the desk; tests bring their own. All borrowed, outliving it. */
typedef struct {
    const char *path;
    MadoRealmCode realm;
    const char *terminal;
    const MadoClock *clock;
    const guint8 *key_id; /* 32 bytes */
    GBytes *(*seal)(const MadoReceipt *receipt,
                    GBytes *body,
                    gconstpointer data,
                    GError **error);
    MadoSecret *(*open)(GBytes *cms, gconstpointer data, GError **error);
    /* Of a receipt's body, to the centre; any thread. */
    GBytes *(*encrypt)(const MadoSecret *body, gconstpointer data, GError **error);
    gconstpointer data; /* of these; seal and open run on the journal's thread */
    /* Main context, whenever the number of unacknowledged receipts changed; nullable. */
    void (*on_backlog)(guint n_receipts, gpointer user_data);
    gpointer user_data;
} MadoJournalSettings;

/* (transfer full): opens or makes the file and starts the thread. Blocks; start-up only. Visits
 * that were open when the daemon ended are on hold from now on. CONFIG or JOURNAL. */
MadoJournal *
mado_journal_start(const MadoJournalSettings *settings, GError **error);
/* The same, for an enrolled desk. */
MadoJournal *
mado_journal_open(const MadoDesk *desk,
                  void (*on_backlog)(guint n_receipts, gpointer user_data),
                  gpointer user_data,
                  GError **error);
/* Joins the thread; what was posted before is done first. */
void
mado_journal_close(MadoJournal *self);

/* ---- any thread but the main one; block ---- */

/* @entry (transfer full): durable on TRUE, not in the journal at all on FALSE (JOURNAL). */
gboolean
mado_journal_write(MadoJournal *self, MadoJournalEntry *entry, GError **error);
/* The visit stopped and the entry that says so could not be written. It is written by the next
 * check_ready() that succeeds; until then the visit cannot be resumed, for nothing could.
 * @writer: who worked on it; nothing when it was given up. */
void
mado_journal_leave(MadoJournal *self, guint writer, const guint8 visit[MADO_MESSAGE_ID_LEN]);
/*
 * Whether a visit may begin or go on: the disk took a write just now, space is reserved and no
 * fork is known (JOURNAL); and, for @is_new alone, the backlog is within its limit (LIMIT).
 */
gboolean
mado_journal_check_ready(MadoJournal *self, gboolean is_new, GError **error);
/* NOT_FOUND when there is none. */
gboolean
mado_journal_find_visit(MadoJournal *self,
                        const guint8 visit[MADO_MESSAGE_ID_LEN],
                        MadoJournalVisit *ret_visit,
                        GError **error);
/* The newest visit of a card that is open or held; NOT_FOUND when there is none. */
gboolean
mado_journal_find_card(MadoJournal *self,
                       const guint8 card_id[MADO_CARD_ID_LEN],
                       MadoJournalVisit *ret_visit,
                       GError **error);
/* (transfer full): the PKCS#10 made for a slot; NOT_FOUND. */
GBytes *
mado_journal_find_csr(MadoJournal *self,
                      const guint8 transaction[MADO_MESSAGE_ID_LEN],
                      MadoSlot slot,
                      GError **error);
/* The time the centre last told, 0 when never. */
gboolean
mado_journal_centre_time(MadoJournal *self, gint64 *ret_centre_ms, GError **error);
/* A PIN was changed outside a visit: the receipt. */
gboolean
mado_journal_pin_changed(MadoJournal *self,
                         const guint8 *card_id,
                         MadoPinKind kind,
                         MadoErrorCode outcome,
                         GError **error);

/* ---- main thread; do not block: @reply runs in the main context, exactly once, with the out
 * arguments as data/org.madoguchi.Counter1.xml declares them (transfer none), or with @error
 * ---- */

/* The number of a new writer of entries; never 0. */
guint
mado_journal_add_writer(MadoJournal *self);
/*
 * The writer's thread was lost with @visit: what it posts from now on is refused (JOURNAL), and
 * the visit, if it is open, is on hold; when that cannot be written, as after leave(). What was
 * posted before is done first, what is posted after finds it so.
 */
void
mado_journal_abandon(MadoJournal *self, guint writer, const guint8 visit[MADO_MESSAGE_ID_LEN]);

typedef void (*MadoJournalReply)(GVariant *result, const GError *error, gpointer user_data);

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

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoJournal, mado_journal_close)
