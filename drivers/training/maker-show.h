/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a card file holds, as text or JSON, without its secrets: no key, no PIN, no number, no
 * person. */
#pragma once

#include "drivers/training/card-state.h"

#include <glib.h>

/* (transfer full) */
char *
mado_maker_show_text(const MadoCardState *state);
char *
mado_maker_show_json(const MadoCardState *state);
