/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/entry.h"

#include "common/wipe.h"

#define DIGITS_LEN 4U

struct _MadoEntry {
    MadoPinRule rule;
    MadoSecret *typed; /* never NULL, capacity MADO_PIN_RULE_MAX_LEN */
};

MadoEntry *
mado_entry_new(void)
{
    MadoEntry *self = g_new0(MadoEntry, 1);

    self->rule = MADO_PIN_RULE_DIGITS;
    self->typed = mado_secret_new(MADO_PIN_RULE_MAX_LEN);
    return self;
}

void
mado_entry_free(MadoEntry *self)
{
    if (self == NULL)
        return;
    mado_secret_free(self->typed);
    g_free(self);
}

void
mado_entry_clear(MadoEntry *self)
{
    mado_wipe(mado_secret_peek_writable(self->typed), mado_secret_capacity(self->typed));
    mado_secret_set_len(self->typed, 0);
}

void
mado_entry_start(MadoEntry *self, MadoPinRule rule)
{
    mado_entry_clear(self);
    self->rule = rule;
}

MadoPinRule
mado_entry_rule(const MadoEntry *self)
{
    return self->rule;
}

gboolean
mado_entry_press(MadoEntry *self, char character)
{
    gboolean has_letters = self->rule == MADO_PIN_RULE_PASSWORD;
    char taken = has_letters ? g_ascii_toupper(character) : character;
    gboolean ok = mado_entry_len(self) < mado_entry_max_len(self) &&
                  (g_ascii_isdigit(taken) || (has_letters && g_ascii_isupper(taken))) &&
                  mado_secret_append(self->typed, (const guint8 *)&taken, 1);

    mado_wipe(&taken, sizeof taken);
    return ok;
}

gboolean
mado_entry_erase(MadoEntry *self)
{
    gsize len = mado_secret_len(self->typed);

    if (len == 0)
        return FALSE;
    mado_wipe(mado_secret_peek_writable(self->typed) + len - 1, 1);
    mado_secret_set_len(self->typed, len - 1);
    return TRUE;
}

guint
mado_entry_len(const MadoEntry *self)
{
    return (guint)mado_secret_len(self->typed);
}

guint
mado_entry_max_len(const MadoEntry *self)
{
    return self->rule == MADO_PIN_RULE_PASSWORD ? MADO_PIN_RULE_MAX_LEN : DIGITS_LEN;
}

char
mado_entry_at(const MadoEntry *self, guint place)
{
    return place < mado_entry_len(self) ? (char)mado_secret_peek(self->typed)[place] : '\0';
}

MadoPinRuleVerdict
mado_entry_check_form(const MadoEntry *self)
{
    return mado_pin_rule_check_form(self->rule, (const char *)mado_secret_peek(self->typed),
                                    mado_secret_len(self->typed));
}

MadoPinRuleVerdict
mado_entry_check_choice(const MadoEntry *self, const MadoDate *birth)
{
    return mado_pin_rule_check_choice(self->rule, (const char *)mado_secret_peek(self->typed),
                                      mado_secret_len(self->typed), birth);
}

gboolean
mado_entry_equals(const MadoEntry *self, const MadoSecret *other)
{
    return mado_secret_equal(self->typed, other);
}

MadoSecret *
mado_entry_take(MadoEntry *self)
{
    MadoSecret *taken = self->typed;

    self->typed = mado_secret_new(MADO_PIN_RULE_MAX_LEN);
    return taken;
}
