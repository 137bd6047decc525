/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the clerk may see of the resident: PERSON of a reply, and the same objects in the sealed
 * file that the daemon hands to the clerk's program. Personal data: cleared by whoever holds
 * it.
 */
#pragma once

#include "common/secret.h"
#include "common/writer.h"
#include "madoguchi/card.h"

#include <gio/gio.h>

#define MADO_BODY_NAME_MAX    512 /* bytes of UTF-8 without control characters */
#define MADO_BODY_ADDRESS_MAX 1024
#define MADO_BODY_SEX_MAX     8

/* Texts that are not known are empty. */
typedef struct {
    char name[MADO_BODY_NAME_MAX + 1];
    char kana[MADO_BODY_NAME_MAX + 1];
    char birth[MADO_DATE_LEN + 1]; /* 8 digits; whether it is a day is the reader's to ask */
    char sex[MADO_BODY_SEX_MAX + 1];
    char address[MADO_BODY_ADDRESS_MAX + 1];
} MadoBodyPerson;

/* Bounds-checked; unknown, repeated or malformed objects: CENTRE_ANSWER, naming the object. */
gboolean
mado_body_person_parse(const guint8 *data,
                       gsize len,
                       MadoBodyPerson *ret_person,
                       GError **error);
/* (transfer full): the bare sequence of objects. */
MadoSecret *
mado_body_person_format(const MadoBodyPerson *self, GError **error);
/* The same into @writer. */
gboolean
mado_body_person_write(const MadoBodyPerson *self, MadoWriter *writer, GError **error);
/* Wipes it. */
void
mado_body_person_clear(MadoBodyPerson *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MadoBodyPerson, mado_body_person_clear)
