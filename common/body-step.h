/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The body of STEP (doc/messages.md 2 and 3): what the desk did since the last reply. Formatted
 * by the daemon, parsed by the centre.
 */
#pragma once

#include "common/body-parts.h"

#define MADO_BODY_INITIALIZE_LEN 29 /* answer to INITIALIZE UPDATE without its status word */

typedef struct {
    gboolean has_initialize;
    guint8 initialize[MADO_BODY_INITIALIZE_LEN];
    gboolean has_answers; /* a script was run, even if no command of it was answered */
    guint n_answers;
    GBytes *answers[MADO_LIMIT_SCRIPT_COMMANDS]; /* owned; data and status word, unopened */
    guint n_cmp;
    MadoBodySlotDer cmp[MADO_LIMIT_SLOTS]; /* owned; no slot twice */
    guint n_decisions;
    MadoBodyDecision decisions[MADO_BODY_DECISIONS_MAX]; /* owned */
    char damage[MADO_BODY_DETAIL_MAX + 1]; /* why the desk could not go on; empty: it can */
} MadoBodyStep;

/* (transfer full): empty. */
MadoBodyStep *
mado_body_step_new(void);
void
mado_body_step_free(MadoBodyStep *self); /* NULL is allowed */

/* Each keeps a reference of its own and returns FALSE, with nothing added, when the struct is
 * full (or the slot is there already). add_answer also sets has_answers. */
gboolean
mado_body_step_add_answer(MadoBodyStep *self, GBytes *answer);
gboolean
mado_body_step_add_cmp(MadoBodyStep *self, MadoSlot slot, GBytes *der);
gboolean
mado_body_step_add_decision(MadoBodyStep *self, GBytes *bytes, GBytes *signature);

/* (transfer full): the body for mado_message_format(). BAD_ARGUMENT when a field does not fit.
 */
MadoSecret *
mado_body_step_format(const MadoBodyStep *self, GError **error);
/* (transfer full): CENTRE_ANSWER, naming the object, for anything unknown, repeated or badly
 * sized. Which objects a step needs is the caller's to check. */
MadoBodyStep *
mado_body_step_parse(const guint8 *body, gsize len, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoBodyStep, mado_body_step_free)
