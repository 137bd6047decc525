/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steering a slot (bay.h) of the training reader from outside: every change is one atomic
 * rename. */
#pragma once

#include <glib.h>

/* Puts the card in; over one that is in, that is a swap. The folder must exist. */
gboolean
mado_maker_slot_insert(const char *slot, const char *card_file, GError **error);

/* Not an error when there is no card. */
gboolean
mado_maker_slot_remove(const char *slot, GError **error);

/* "name=value"; takes effect at the next power-up. */
gboolean
mado_maker_slot_set_knob(const char *slot, const char *knob, GError **error);

/* One fault as drivers/training/README.md words it; taken at the next APDU. */
gboolean
mado_maker_slot_set_fault(const char *slot, const char *fault, GError **error);
