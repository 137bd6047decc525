/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where PINs come from in madoguchictl: the terminal (no echo, a new one twice), or lines
 * `kind=value` from a file descriptor for scripts and tests. Both check form and weak choices
 * of a new PIN before the card sees it; neither ever gives one entry twice by itself. Main
 * thread.
 */
#pragma once

#include "common/date.h"
#include "common/secret.h"

#include <gio/gio.h>

#include <madoguchi/card.h>

typedef struct _MadoPinEntry MadoPinEntry;

typedef enum {
    MADO_PIN_ENTRY_VERIFY,
    MADO_PIN_ENTRY_OLD, /* about to be changed */
    MADO_PIN_ENTRY_NEW,
} MadoPinEntryPurpose;

typedef struct {
    MadoPinKind kind;
    MadoPinEntryPurpose purpose;
    int n_tries;      /* left, shown before typing; negative: not said */
    guint timeout_ms; /* for everything asked; 0: none */
} MadoPinEntryPrompt;

/* (transfer full): asks on the terminal. */
MadoPinEntry *
mado_pin_entry_new(void);
/* (transfer full): reads @fd to its end. Lines: sign, auth, juki or text, or one of these after
 * "old-" for the PIN that is being replaced; "=", the value. Error: BAD_ARGUMENT. @fd is
 * closed.
 */
MadoPinEntry *
mado_pin_entry_new_from_fd(int fd, GError **error);
void
mado_pin_entry_free(MadoPinEntry *self); /* NULL is allowed */

/* The holder's birthday, which no new PIN may be made of. */
void
mado_pin_entry_set_birth(MadoPinEntry *self, const MadoDate *birth);

/* One prompt at a time. */
void
mado_pin_entry_ask_async(MadoPinEntry *self,
                         const MadoPinEntryPrompt *prompt,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
/* (transfer full). Errors: PIN_FORM (of the descriptor's line; the terminal asks again),
 * CANCELLED, TIMED_OUT, BAD_ARGUMENT (no such line, no terminal). */
MadoSecret *
mado_pin_entry_ask_finish(MadoPinEntry *self, GAsyncResult *result, GError **error);

/* "sign", "auth", "juki", "text". */
gboolean
mado_pin_entry_kind_from_name(const char *name, MadoPinKind *ret_kind);
/* (transfer none): translated, as the resident knows it. */
const char *
mado_pin_entry_kind_label(MadoPinKind kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoPinEntry, mado_pin_entry_free)
