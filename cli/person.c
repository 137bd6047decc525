/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/person.h"

#include "cli/text.h"
#include "common/error.h"
#include "common/tlv.h"
#include "common/wipe.h"

#include <madoguchi/message.h>
#include <string.h>

#define TEXT_LEN_MAX 1024 /* bytes of one of its texts */

static char **
slot_of(MadoPerson *self, guint32 tag)
{
    switch (tag) {
    case MADO_MSG_NAME:
        return &self->name;
    case MADO_MSG_KANA:
        return &self->kana;
    case MADO_MSG_BIRTH:
        return &self->birth;
    case MADO_MSG_SEX:
        return &self->sex;
    case MADO_MSG_ADDRESS:
        return &self->address;
    default:
        return NULL;
    }
}

static gboolean
parse_objects(MadoPerson *self, const guint8 *data, gsize len)
{
    MadoCursor cursor;

    mado_cursor_init(&cursor, data, len);
    while (mado_cursor_left(&cursor) > 0) {
        MadoTlv tlv;
        char **slot;

        if (mado_tlv_next(&cursor, &tlv) != MADO_BYTES_OK || tlv.len > TEXT_LEN_MAX)
            return FALSE;
        slot = slot_of(self, tlv.tag);
        if (slot == NULL || *slot != NULL)
            return FALSE;
        *slot = mado_text_clean_bytes(tlv.value, tlv.len);
    }
    return TRUE;
}

gboolean
mado_person_parse(const guint8 *data, gsize len, MadoPerson *ret_person, GError **error)
{
    g_auto(MadoPerson) person = {0};
    char **texts[] = {&person.name, &person.kana, &person.birth, &person.sex, &person.address};

    if (!parse_objects(&person, data, len)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER, "the person is malformed");
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (*texts[i] == NULL)
            *texts[i] = g_strdup("");
    }
    person.has_birth_date =
        mado_date_parse(person.birth, strlen(person.birth), &person.birth_date);
    *ret_person = person;
    person = (MadoPerson){0};
    return TRUE;
}

static void
wipe_text(char **text)
{
    if (*text != NULL)
        mado_wipe(*text, strlen(*text));
    g_clear_pointer(text, g_free);
}

void
mado_person_clear(MadoPerson *self)
{
    wipe_text(&self->name);
    wipe_text(&self->kana);
    wipe_text(&self->birth);
    wipe_text(&self->sex);
    wipe_text(&self->address);
    mado_wipe(&self->birth_date, sizeof self->birth_date);
}
