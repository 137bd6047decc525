/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the resident is typing: a MadoSecret and the form it must take. No widget, no copy, no
 * string: who draws it asks character by character. Main thread.
 */
#pragma once

#include "common/pin-rule.h"
#include "common/secret.h"

typedef struct _MadoEntry MadoEntry;

/* (transfer full): empty, 4 digits wanted. */
MadoEntry *
mado_entry_new(void);
void
mado_entry_free(MadoEntry *self); /* wiped; NULL is allowed */

/* Wipes, and wants the form of @rule from now on. */
void
mado_entry_start(MadoEntry *self, MadoPinRule rule);
void
mado_entry_clear(MadoEntry *self);
MadoPinRule
mado_entry_rule(const MadoEntry *self);

/* One character; small letters become capitals where letters are wanted. FALSE, nothing
 * changed, when it is not of the form or there is no more room. */
gboolean
mado_entry_press(MadoEntry *self, char character);
/* The last character goes. FALSE when there was none. */
gboolean
mado_entry_erase(MadoEntry *self);

guint
mado_entry_len(const MadoEntry *self);
/* 4, or 16 for a password. */
guint
mado_entry_max_len(const MadoEntry *self);
/* 0 beyond the end. For drawing one character. */
char
mado_entry_at(const MadoEntry *self, guint place);
/* GOOD when the form is complete. */
MadoPinRuleVerdict
mado_entry_check_form(const MadoEntry *self);
/* As for a PIN being chosen: form, and weak choices. @birth is nullable. */
MadoPinRuleVerdict
mado_entry_check_choice(const MadoEntry *self, const MadoDate *birth);
gboolean
mado_entry_equals(const MadoEntry *self, const MadoSecret *other);
/* (transfer full): what was typed; nothing is left. */
MadoSecret *
mado_entry_take(MadoEntry *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoEntry, mado_entry_free)
