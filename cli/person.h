/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the clerk may see of the resident during a visit: the value of MADO_MSG_PERSON. */
#pragma once

#include "common/date.h"

#include <glib.h>

typedef struct {
    char *name; /* cleaned for printing; "" when absent, as all below */
    char *kana;
    char *birth; /* as it came, YYYYMMDD */
    char *sex;
    char *address;
    gboolean has_birth_date;
    MadoDate birth_date;
} MadoPerson;

/* Bounds-checked; unknown, repeated or malformed objects are refused. Error: CENTRE_ANSWER. */
gboolean
mado_person_parse(const guint8 *data, gsize len, MadoPerson *ret_person, GError **error);
/* Wipes and frees the texts. */
void
mado_person_clear(MadoPerson *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MadoPerson, mado_person_clear)
