/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A journal in a folder of its own, with a clock that stands still and receipts that are sealed
 * by nothing. */
#pragma once

#include "daemon/journal.h"
#include "tests/support/test.h"

typedef struct {
    char *folder; /* owned */
    char *path;   /* owned */
    MadoJournal *journal;
    guint n_backlog;
    gint64 now_ms;
    MadoClock clock;
} JournalFixture;

/* cmocka's fixture functions: *state is a JournalFixture whose journal is started. */
int
journal_fixture_set_up(void **state);
int
journal_fixture_tear_down(void **state);

/* Starts the clock of a fixture that set_up did not make. */
void
journal_fixture_set_clock(JournalFixture *fixture);

/* (transfer full) */
MadoJournal *
journal_fixture_start_as(JournalFixture *fixture, const char *terminal, GError **error);
/* As D001, which must succeed. */
void
journal_fixture_start(JournalFixture *fixture);
void
journal_fixture_restart(JournalFixture *fixture);
void
journal_fixture_remove_tree(const char *path);

/* An open visit whose ids begin with @number. */
MadoJournalVisit
journal_fixture_make_visit(guint8 number);
/* The receipt that says it was opened. */
void
journal_fixture_put_receipt(MadoJournalEntry *entry, guint8 number);
/* Writes both. */
void
journal_fixture_write_visit(JournalFixture *fixture, guint8 number, gboolean with_receipt);

/* Makes the journal's file out of tests/fixtures/@name, the text of a dump; the journal must
 * not be started. */
void
journal_fixture_load(JournalFixture *fixture, const char *name);
/* Writes the journal's file as such a text to @path; the journal must not be started. */
void
journal_fixture_dump(JournalFixture *fixture, const char *path);
