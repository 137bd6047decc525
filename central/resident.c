/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/resident.h"

#include "common/digits.h"
#include "common/error.h"
#include "common/tlv.h"
#include "common/wipe.h"
#include "common/writer.h"

#include <string.h>

/* Objects of the sealed form; a bare sequence. */
#define TAG_NUMBER  0x81
#define TAG_NAME    0x82
#define TAG_KANA    0x83
#define TAG_BIRTH   0x84
#define TAG_SEX     0x85
#define TAG_ADDRESS 0x86

typedef struct {
    guint32 tag;
    const char *name;
    gsize offset;
    gsize size; /* end mark included */
} Field;

#define FIELD(tag, name, member)                                                               \
    {                                                                                          \
        tag, name, G_STRUCT_OFFSET(MadoResident, member),                                      \
            sizeof(((MadoResident *)NULL)->member)                                             \
    }

static const Field fields[] = {
    FIELD(TAG_NUMBER, "number", number), FIELD(TAG_NAME, "name", name),
    FIELD(TAG_KANA, "kana", kana),       FIELD(TAG_BIRTH, "birth", birth),
    FIELD(TAG_SEX, "sex", sex),          FIELD(TAG_ADDRESS, "address", address),
};

MadoResident *
mado_resident_new(void)
{
    return g_new0(MadoResident, 1);
}

void
mado_resident_free(MadoResident *self)
{
    if (self == NULL)
        return;
    mado_wipe(self, sizeof *self);
    g_free(self);
}

static gboolean
is_text(const char *text, gsize max_len)
{
    gsize len = strlen(text);

    if (len == 0 || len > max_len || !g_utf8_validate(text, (gssize)len, NULL))
        return FALSE;
    for (const char *at = text; *at != '\0'; at = g_utf8_find_next_char(at, NULL))
        if (g_unichar_iscntrl(g_utf8_get_char(at)))
            return FALSE;
    return TRUE;
}

static const char *
find_fault(const MadoResident *self)
{
    MadoDate birth;

    if (!mado_digits_number_is_valid(self->number, strlen(self->number)))
        return "number: not 12 digits with their check digit";
    if (!is_text(self->name, MADO_RESIDENT_NAME_MAX))
        return "name: empty, too long or not plain text";
    if (!is_text(self->kana, MADO_RESIDENT_NAME_MAX))
        return "kana: empty, too long or not plain text";
    if (!mado_date_parse(self->birth, strlen(self->birth), &birth))
        return "birth: not a day YYYYMMDD";
    if (strcmp(self->sex, "1") != 0 && strcmp(self->sex, "2") != 0 &&
        strcmp(self->sex, "9") != 0)
        return "sex: not 1, 2 or 9";
    if (!is_text(self->address, MADO_RESIDENT_ADDRESS_MAX))
        return "address: empty, too long or not plain text";
    return NULL;
}

gboolean
mado_resident_check(const MadoResident *self, GError **error)
{
    const char *fault = find_fault(self);

    if (fault == NULL)
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CONFIG, fault);
    return FALSE;
}

GBytes *
mado_resident_seal(const MadoResident *self,
                   const MadoVault *vault,
                   const char *request_id,
                   GError **error)
{
    g_autoptr(MadoSecret) plain = mado_secret_new(sizeof *self + 64);
    g_autofree char *context = g_strconcat("person:", request_id, NULL);
    MadoWriter writer;

    mado_writer_init(&writer, mado_secret_peek_writable(plain), mado_secret_capacity(plain));
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        const char *text = (const char *)self + fields[i].offset;

        mado_writer_tlv(&writer, fields[i].tag, (const guint8 *)text, strlen(text));
    }
    g_return_val_if_fail(mado_writer_ok(&writer), NULL);
    mado_secret_set_len(plain, mado_writer_len(&writer));
    return mado_vault_seal(vault, context, plain, error);
}

static gboolean
parse(const MadoSecret *plain, MadoResident *resident)
{
    MadoCursor cursor;
    MadoTlv tlv;

    mado_cursor_init(&cursor, mado_secret_peek(plain), mado_secret_len(plain));
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (mado_tlv_next(&cursor, &tlv) != MADO_BYTES_OK || tlv.tag != fields[i].tag ||
            tlv.len >= fields[i].size)
            return FALSE;
        memcpy((char *)resident + fields[i].offset, tlv.value, tlv.len);
    }
    return mado_cursor_left(&cursor) == 0;
}

MadoResident *
mado_resident_open(const MadoVault *vault,
                   const char *request_id,
                   GBytes *sealed,
                   GError **error)
{
    g_autofree char *context = g_strconcat("person:", request_id, NULL);
    g_autoptr(MadoSecret) plain = mado_vault_open(vault, context, sealed, error);
    g_autoptr(MadoResident) self = mado_resident_new();

    if (plain == NULL)
        return NULL;
    if (!parse(plain, self)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_JOURNAL, "sealed person: not in its form");
        return NULL;
    }
    return mado_resident_check(self, error) ? g_steal_pointer(&self) : NULL;
}

unsigned
mado_resident_age(const MadoResident *self, const MadoDate *day)
{
    MadoDate birth;
    MadoDate birthday;

    if (!mado_date_parse(self->birth, strlen(self->birth), &birth) || day->year < birth.year ||
        !mado_date_birthday(&birth, day->year, &birthday))
        return 0;
    if (day->year == birth.year)
        return 0;
    return (unsigned)(day->year - birth.year) -
           (mado_date_compare(day, &birthday) < 0 ? 1U : 0U);
}
