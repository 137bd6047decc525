/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* polkit as a test plays it, in its own process and main context (tests/support/fake-desk.h).
 */
#pragma once

#include "tests/support/fake-desk.h"

typedef struct _FakeAuthority FakeAuthority;

/* @connection (transfer full). Owns polkit's name when it returns. */
FakeAuthority *
fake_authority_new(GDBusConnection *connection);
/* NULL is allowed. Hanging questions stay unanswered: the connection is closed. */
void
fake_authority_free(FakeAuthority *self);
void
fake_authority_set_rule(FakeAuthority *self, FakeDeskRule rule);
guint
fake_authority_n_asked(const FakeAuthority *self);
guint
fake_authority_n_withdrawn(const FakeAuthority *self);
void
fake_authority_answer(FakeAuthority *self, gboolean is_allowed);
