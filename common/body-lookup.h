/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The body of LOOKUP (doc/messages.md 2 and 3): what the desk has read from a card and which
 * request it wants to serve. Formatted by the daemon, parsed by the centre. No threads of its
 * own, blocking nowhere.
 */
#pragma once

#include "common/body-parts.h"

typedef struct {
    MadoProcedure procedure;
    char request_id[MADO_BODY_ID_MAX + 1];
    char serial[MADO_SERIAL_LEN + 1];
    char municipality[MADO_MUNICIPALITY_LEN + 1];
    char expiry[MADO_DATE_LEN + 1];
    guint8 face_key[32];       /* SHA-256 of DF24's value, visual AP */
    GBytes *record;            /* owned; the whole DF70 object as a plain read answered it */
    MadoBodyDecision decision; /* owned; OPEN, or RESUME when a visit is adopted */
    gboolean resident;         /* RESUME: the resident is at the desk */
} MadoBodyLookup;

/* (transfer full): all fields zero. The caller fills it; the GBytes become the struct's. */
MadoBodyLookup *
mado_body_lookup_new(void);
void
mado_body_lookup_free(MadoBodyLookup *self); /* NULL is allowed */

/* (transfer full): the body for mado_message_format(). BAD_ARGUMENT when a field is unset or
 * too long. */
MadoSecret *
mado_body_lookup_format(const MadoBodyLookup *self, GError **error);
/* (transfer full): CENTRE_ANSWER, naming the object, for anything unknown, repeated, missing or
 * badly sized. Calendar, record and decision are the caller's to check. */
MadoBodyLookup *
mado_body_lookup_parse(const guint8 *body, gsize len, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoBodyLookup, mado_body_lookup_free)
