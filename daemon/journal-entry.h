/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is written to the journal in one durable transaction: a list of rows, built by whoever
 * works a visit and applied by the journal's thread. An entry is either wholly in the journal
 * or not at all.
 */
#pragma once

#include "common/message.h"
#include "common/receipt.h"
#include "daemon/journal-store.h"

#include <madoguchi/errors.h>

/* Numbers stand in the database: never change or reuse one. */
typedef enum {
    MADO_JOURNAL_VISIT_OPEN = 1,
    MADO_JOURNAL_VISIT_HELD = 2,
    MADO_JOURNAL_VISIT_COMMITTED = 3,
    MADO_JOURNAL_VISIT_ABORTED = 4,
    MADO_JOURNAL_VISIT_REFUSED = 5, /* ended before anything was begun on the card */
} MadoJournalVisitState;

typedef struct {
    guint8 visit[MADO_MESSAGE_ID_LEN];
    guint8 transaction[MADO_MESSAGE_ID_LEN];
    char request_id[33];
    MadoProcedure procedure;
    guint8 card_id[MADO_CARD_ID_LEN];
    char serial[MADO_SERIAL_LEN + 1];
    MadoJournalVisitState state;
    guint16 step_number;   /* of the last message made */
    MadoScriptPhase phase; /* of the last script begun; 0 before the first */
    gboolean begun;        /* a command that changes the card may have gone out */
    guint32 attempt;
    guint32 fencing;
    char operator_id[33]; /* "" before the first decision */
    MadoErrorCode error;  /* why it is held or was refused; 0 otherwise */
    char reason[201];     /* no personal data */
    gint64 started_ms;
    gint64 changed_ms;
} MadoJournalVisit;

/* A command that changes the card, before it goes out. */
typedef struct {
    guint8 visit[MADO_MESSAGE_ID_LEN];
    guint32 attempt;
    guint32 seq; /* rises by one with every command of the attempt */
    guint16 step_number;
    guint8 header[4];  /* CLA INS P1 P2 */
    gboolean has_hash; /* never for a command that carries a PIN: four digits have no hash */
    guint8 hash[MADO_MESSAGE_HASH_LEN];
} MadoJournalIntent;

/* What the card said to it. */
typedef struct {
    guint8 visit[MADO_MESSAGE_ID_LEN];
    guint32 attempt;
    guint32 seq;
    guint16 sw;
    guint8 hash[MADO_MESSAGE_HASH_LEN]; /* of data and status word */
} MadoJournalAnswer;

typedef enum {
    MADO_JOURNAL_MESSAGE_WAITING = 1,
    MADO_JOURNAL_MESSAGE_ANSWERED = 2, /* the body is dropped: it will never be sent again */
    MADO_JOURNAL_MESSAGE_FAILED = 3,
} MadoJournalMessageState;

typedef struct {
    const char *key; /* borrowed, as the rest */
    const guint8 *visit;
    guint32 attempt;
    guint16 step_number;
    const char *endpoint;
    GBytes *body;
    const guint8 *hash;
} MadoJournalMessage;

typedef struct _MadoJournalEntry MadoJournalEntry;

MadoJournalEntry *
mado_journal_entry_new(void); /* (transfer full) */
void
mado_journal_entry_free(MadoJournalEntry *self); /* NULL is allowed */

/* Who posts it: a number of mado_journal_add_writer(), 0 (as made) for nobody who can be lost.
 */
void
mado_journal_entry_set_writer(MadoJournalEntry *self, guint writer);
guint
mado_journal_entry_writer(const MadoJournalEntry *self);

/* Each copies what it is given. */
void
mado_journal_entry_put_visit(MadoJournalEntry *self, const MadoJournalVisit *visit);
void
mado_journal_entry_put_intent(MadoJournalEntry *self, const MadoJournalIntent *intent);
void
mado_journal_entry_put_answer(MadoJournalEntry *self, const MadoJournalAnswer *answer);
void
mado_journal_entry_put_message(MadoJournalEntry *self, const MadoJournalMessage *message);
/* @reply_hash: 32 bytes, NULL when there was no reply. */
void
mado_journal_entry_finish_message(MadoJournalEntry *self,
                                  const char *key,
                                  MadoJournalMessageState state,
                                  const guint8 *reply_hash);
void
mado_journal_entry_put_csr(MadoJournalEntry *self,
                           const guint8 *transaction,
                           MadoSlot slot,
                           GBytes *der);
/* @draft: kind, visit, transaction, card and operator; the rest is filled in, and the number
 * allotted, in the transaction that writes it. @body: EnvelopedData to the centre. */
void
mado_journal_entry_put_receipt(MadoJournalEntry *self, const MadoReceipt *draft, GBytes *body);
/* The time in a reply of the centre that was checked. */
void
mado_journal_entry_put_centre_time(MadoJournalEntry *self, gint64 centre_ms);

gboolean
mado_journal_entry_has_receipt(const MadoJournalEntry *self);

/* What the journal's thread passes to apply. */
typedef struct {
    MadoJournalStore *store; /* borrowed */
    gint64 now_ms;
    gint64 monotonic_ms;
    MadoRealmCode realm;
    const char *terminal;
    const guint8 *boot_id;
    const guint8 *key_id;
    /* (transfer full): the signed receipt */
    GBytes *(*seal)(const MadoReceipt *receipt,
                    GBytes *body,
                    gconstpointer data,
                    GError **error);
    gconstpointer seal_data;
} MadoJournalPen;

/* Journal's thread, inside a transaction: writes every row in order. */
gboolean
mado_journal_entry_apply(const MadoJournalEntry *self,
                         const MadoJournalPen *pen,
                         GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoJournalEntry, mado_journal_entry_free)
