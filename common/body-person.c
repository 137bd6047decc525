/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/body-person.h"

#include "common/fields.h"
#include "common/scratch.h"
#include "common/wipe.h"
#include "madoguchi/message.h"

#define ROW(tag, name, kind, member)                                                           \
    MADO_FIELD_ROW_TEXT(tag, name, kind, MadoBodyPerson, member, FALSE)

static const MadoField rows[] = {
    ROW(MADO_MSG_NAME, "NAME", MADO_FIELD_TEXT, name),
    ROW(MADO_MSG_KANA, "KANA", MADO_FIELD_TEXT, kana),
    ROW(MADO_MSG_BIRTH, "BIRTH", MADO_FIELD_DIGITS, birth),
    ROW(MADO_MSG_SEX, "SEX", MADO_FIELD_TEXT, sex),
    ROW(MADO_MSG_ADDRESS, "ADDRESS", MADO_FIELD_TEXT, address),
};

static const MadoFields fields = {"PERSON", MADO_ERROR_CENTRE_ANSWER, rows, G_N_ELEMENTS(rows)};

gboolean
mado_body_person_parse(const guint8 *data,
                       gsize len,
                       MadoBodyPerson *ret_person,
                       GError **error)
{
    g_auto(MadoBodyPerson) person = {0};

    if (!mado_fields_parse(&fields, data, len, &person, error))
        return FALSE;
    *ret_person = person;
    return TRUE;
}

gboolean
mado_body_person_write(const MadoBodyPerson *self, MadoWriter *writer, GError **error)
{
    return mado_fields_format(&fields, self, writer, error);
}

MadoSecret *
mado_body_person_format(const MadoBodyPerson *self, GError **error)
{
    MadoWriter writer;
    g_autoptr(MadoSecret) scratch = mado_scratch_new(&writer);

    if (!mado_body_person_write(self, &writer, error))
        return NULL;
    return mado_scratch_finish(scratch, &writer, fields.what, error);
}

void
mado_body_person_clear(MadoBodyPerson *self)
{
    mado_wipe(self, sizeof *self);
}
