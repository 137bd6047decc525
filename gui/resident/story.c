/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/story.h"

#include "common/wipe.h"

#include <string.h>

#define SHORT_KINDS (MADO_PIN_AUTH | MADO_PIN_JUKI | MADO_PIN_TEXT)
#define N_SHORT     3U

typedef enum {
    SAME_UNASKED,
    SAME_YES,
    SAME_NO,
} Same;

struct _MadoStory {
    gboolean has_birth;
    MadoDate birth;
    char visit[33];
    Same same;
    MadoPinKind kind;
    guint started;    /* set of kinds that were asked for */
    guint answered;   /* set of kinds the kept number was used for */
    MadoSecret *kept; /* (nullable) */
};

MadoStory *
mado_story_new(void)
{
    return g_new0(MadoStory, 1);
}

static void
forget_pins(MadoStory *self)
{
    g_clear_pointer(&self->kept, mado_secret_free);
    self->same = SAME_UNASKED;
    self->started = 0;
    self->answered = 0;
    self->visit[0] = '\0';
}

void
mado_story_forget(MadoStory *self)
{
    forget_pins(self);
    mado_wipe(&self->birth, sizeof self->birth);
    self->has_birth = FALSE;
}

void
mado_story_free(MadoStory *self)
{
    if (self == NULL)
        return;
    mado_story_forget(self);
    g_free(self);
}

void
mado_story_set_birth(MadoStory *self, const MadoDate *birth)
{
    self->birth = *birth;
    self->has_birth = TRUE;
}

const MadoDate *
mado_story_birth(const MadoStory *self)
{
    return self->has_birth ? &self->birth : NULL;
}

static gboolean
is_short(const MadoStory *self)
{
    return ((guint)self->kind & SHORT_KINDS) != 0;
}

void
mado_story_begin(MadoStory *self, const char *visit, MadoPinKind kind)
{
    if (visit[0] == '\0' || strcmp(self->visit, visit) != 0)
        forget_pins(self);
    g_strlcpy(self->visit, visit, sizeof self->visit);
    self->kind = kind;
    self->started |= (guint)kind;
}

gboolean
mado_story_asks_same(const MadoStory *self)
{
    return self->visit[0] != '\0' && is_short(self) && self->same == SAME_UNASKED;
}

void
mado_story_choose_same(MadoStory *self, gboolean is_same)
{
    self->same = is_same ? SAME_YES : SAME_NO;
}

gboolean
mado_story_is_same(const MadoStory *self)
{
    return self->same == SAME_YES && is_short(self);
}

MadoSecret *
mado_story_take_kept(MadoStory *self)
{
    if (self->kept == NULL || !is_short(self))
        return NULL;
    if ((self->answered & (guint)self->kind) != 0) { /* it was not taken */
        g_clear_pointer(&self->kept, mado_secret_free);
        self->answered = 0;
        return NULL;
    }
    self->answered |= (guint)self->kind;
    if (self->answered == SHORT_KINDS)
        return g_steal_pointer(&self->kept);
    return mado_secret_dup(self->kept);
}

void
mado_story_chosen(MadoStory *self, const MadoSecret *pin)
{
    if (!mado_story_is_same(self))
        return;
    self->answered |= (guint)self->kind;
    g_clear_pointer(&self->kept, mado_secret_free);
    if (self->answered != SHORT_KINDS)
        self->kept = mado_secret_dup(pin);
}

static guint
count(guint set)
{
    guint n = 0;

    for (; set != 0; set &= set - 1)
        n++;
    return n;
}

gboolean
mado_story_place(const MadoStory *self, guint *ret_place, guint *ret_all)
{
    if (self->visit[0] == '\0')
        return FALSE;
    *ret_place = count(self->started);
    *ret_all = N_SHORT + ((self->started & (guint)MADO_PIN_SIGN) != 0 ? 1U : 0U);
    return TRUE;
}
