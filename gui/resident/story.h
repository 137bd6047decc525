/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The PINs of one visit told as one story: which of them this prompt is, whether the three of
 * four digits shall be one number, and that number until its last use. Nothing of it outlives
 * the visit. Main thread.
 */
#pragma once

#include "common/date.h"
#include "common/secret.h"

#include <madoguchi/card.h>

typedef struct _MadoStory MadoStory;

/* (transfer full): knows nothing. */
MadoStory *
mado_story_new(void);
void
mado_story_free(MadoStory *self); /* NULL is allowed */
/* The visit is over, or the resident is gone: everything is wiped. */
void
mado_story_forget(MadoStory *self);

/* The resident's day of birth, of which no PIN may be made. */
void
mado_story_set_birth(MadoStory *self, const MadoDate *birth);
/* (transfer none) (nullable) */
const MadoDate *
mado_story_birth(const MadoStory *self);

/* A PIN is to be chosen. @visit: hex; another one than before forgets what was kept, not the
 * day of birth, which is told before the first prompt. "" is a visit of its own. */
void
mado_story_begin(MadoStory *self, const char *visit, MadoPinKind kind);
/* TRUE when the resident shall now be asked whether one number is for all three. */
gboolean
mado_story_asks_same(const MadoStory *self);
void
mado_story_choose_same(MadoStory *self, gboolean is_same);
gboolean
mado_story_is_same(const MadoStory *self);
/* (transfer full) (nullable): the kept number when it is what this prompt wants. Its last use
 * takes it. A kind that was answered with it before and is asked again is to be typed anew. */
MadoSecret *
mado_story_take_kept(MadoStory *self);
/* The number of this prompt was chosen: kept when there is a use for it. */
void
mado_story_chosen(MadoStory *self, const MadoSecret *pin);
/* Place of this prompt among the PINs of the visit, from 1; FALSE outside a visit. */
gboolean
mado_story_place(const MadoStory *self, guint *ret_place, guint *ret_all);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoStory, mado_story_free)
