/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys a resident touches: a pad of ten digits, or letters and digits in the order of the
 * alphabet or of a keyboard. They act on release, show nothing more of a pressed key than of
 * any other, and take no focus. Main thread.
 */
#pragma once

#include "gui/resident/flow.h"

#include <gtk/gtk.h>

#define MADO_TYPE_KEYS (mado_keys_get_type())
G_DECLARE_FINAL_TYPE(MadoKeys, mado_keys, MADO, KEYS, GtkStack)

/* @flow is borrowed: it outlives the widget. */
void
mado_keys_set_flow(MadoKeys *self, MadoFlow *flow);
/* The order of the letters: of the alphabet, or of a keyboard. */
void
mado_keys_change_order(MadoKeys *self);
/* (transfer none): what the other one is called. */
const char *
mado_keys_other_order(const MadoKeys *self);
/* The keys for what is typed now, their words in the language in use. */
void
mado_keys_update(MadoKeys *self);
