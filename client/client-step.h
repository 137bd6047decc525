/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A step of a visit as Session.Begin and its followers return it: one of six words and what
 * goes with it (data/org.madoguchi.Counter1.xml). Everything in it came over the bus.
 */
#pragma once

#include "common/body-person.h"
#include "common/decision.h"
#include "common/error.h"

#include <gio/gunixfdlist.h>

typedef struct {
    char *name;        /* relay, decide, pins, work, done, hold */
    GVariant *details; /* a{sv} */
    GUnixFDList *fds;  /* (nullable) what the handles in details index */
} MadoClientStep;

/* Frees what it holds and empties it. */
void
mado_client_step_clear(MadoClientStep *self);
/* Moves *@next into *@self, which is cleared first; *@next is empty afterwards. */
void
mado_client_step_replace(MadoClientStep *self, MadoClientStep *next);

/* (transfer none): "" when it is not there. */
const char *
mado_client_step_text(const MadoClientStep *self, const char *name);
/* (transfer full): empty when it is not there. */
GBytes *
mado_client_step_bytes(const MadoClientStep *self, const char *name);

/*
 * The person that comes once, with the first decision after the lookup. TRUE with *ret_is_there
 * FALSE when this step brings none; *ret_person is then untouched. Whoever holds it clears it.
 * Errors: CARD_DATA, CENTRE_ANSWER.
 */
gboolean
mado_client_step_take_person(const MadoClientStep *self,
                             MadoBodyPerson *ret_person,
                             gboolean *ret_is_there,
                             GError **error);

/* The decision this step wants first, without detail, operator and time. Error: BAD_STATE. */
gboolean
mado_client_step_decision(const MadoClientStep *self,
                          MadoDecision *ret_decision,
                          GError **error);

/* The error a refusal or hold names by its nick, @fallback when it names none of ours. */
void
mado_client_step_set_error(const MadoClientStep *self, MadoErrorCode fallback, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MadoClientStep, mado_client_step_clear)
