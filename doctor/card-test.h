/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A card's test: power-up, SELECT of the certificate application, and reading what anybody may
 * read there, again and again. It verifies no PIN and writes nothing. Nothing of what the card
 * answers is kept: lengths, status words and times alone.
 */
#pragma once

#include "common/latency.h"
#include "doctor/pcsc.h"

typedef struct {
    const char *step; /* static: "select-application", "select-file", "read" */
    guint command_len;
    guint response_len; /* without the status word */
    guint16 status_word;
    guint64 us;
    gboolean has_answer;
} MadoCardTestStep;

typedef struct {
    MadoPcscCardState state; /* of the first power-up */
    gboolean is_ours;        /* the application was there, every time */
    guint n_repetitions;     /* done */
    guint n_failed;          /* of them: no power-up, or a command without an answer */
    GArray *steps;           /* of MadoCardTestStep: of all repetitions, in order */
    MadoLatency latency;
    guint8 atr[33];
    gsize atr_len;
} MadoCardTest;

/* (transfer full): blocks as long as reader and service do. */
MadoCardTest *
mado_card_test_run(const char *reader, guint n_repetitions);
void
mado_card_test_free(MadoCardTest *self); /* NULL is allowed */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoCardTest, mado_card_test_free)
