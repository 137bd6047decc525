/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Session.Inspect says of a card, as JSON with stable keys and as a table for people. */
#pragma once

#include <json-glib/json-glib.h>

/* (transfer full): @card is a{sv}. */
JsonObject *
mado_card_view_to_json(GVariant *card);
void
mado_card_view_print(JsonObject *card);
/* What counts at the end of a visit: which card, what state, certificates, the PINs' tries. */
void
mado_card_view_print_brief(JsonObject *card);
/* (transfer none): translated word for "active", "prepared" …; @life_cycle itself when unknown.
 */
const char *
mado_card_view_life_cycle(const char *life_cycle);
