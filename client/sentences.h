/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a person is told of an error: number, what happened, cause, cure, in the user's
 * language. One row for every code of include/madoguchi/errors.h; a test walks them in both
 * languages. The texts blame nobody and say what is true of the card when anything was begun.
 */
#pragma once

#include <glib.h>

#include <madoguchi/errors.h>

/* The exit codes of madoguchictl (madoguchictl(1)). */
typedef enum {
    MADO_EXIT_OK = 0,
    MADO_EXIT_USAGE = 1,   /* wrong command line */
    MADO_EXIT_REFUSED = 2, /* not allowed, or the input does not fit */
    MADO_EXIT_CARD = 3,    /* card or reader */
    MADO_EXIT_PIN = 4,
    MADO_EXIT_CENTRE = 5,
    MADO_EXIT_HOLD = 6,   /* a visit is on hold: nothing is lost, resume it */
    MADO_EXIT_DESK = 7,   /* the desk's own software, files or service */
    MADO_EXIT_UNDONE = 8, /* the visit ended and was undone: nothing was issued */
} MadoExit;

typedef struct {
    MadoErrorCode code;
    MadoExit exit;
    const char *what;  /* English, marked for translation: a sentence */
    const char *cause; /* likewise */
    const char *cure;  /* likewise */
} MadoSentence;

/* (transfer none). Never NULL: an unknown code has the row of INTERNAL. */
const MadoSentence *
mado_sentences_find(MadoErrorCode code);

/* (transfer full): translated, three or four lines without a last line feed:
 * "E400: ...", "  Cause: ...", "  Cure: ...", and the message of @error as "  Detail: ..." when
 * it says more than the number does. Of a visit on hold, what put it there comes as
 * "  Reason: E301 ...". */
char *
mado_sentences_format(const GError *error);

/* (transfer none): translated, what happened in one sentence; for a nick that is none of ours,
 * @text itself. */
const char *
mado_sentences_what(const char *nick, const char *text);

/* (transfer none): the exit code for @error. */
MadoExit
mado_sentences_exit(const GError *error);
