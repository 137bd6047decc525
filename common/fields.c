/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/fields.h"

#include "common/digits.h"

#include <string.h>

#define ID_CHARACTERS       G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-"
#define TERMINAL_CHARACTERS G_CSET_A_2_Z G_CSET_DIGITS "-"

static gboolean
refuse(const MadoFields *fields,
       MadoErrorCode code,
       const char *name,
       const char *why,
       GError **error)
{
    g_set_error(error, MADO_ERROR, (int)code, "%s: %s %s", fields->what, name, why);
    return FALSE;
}

/* ---- numbers: a struct member of 1, 2, 4 or 8 bytes, whatever its type ---- */

static void
store_number(guint8 *member, gsize size, guint64 value)
{
    const guint8 as_8 = (guint8)value;
    const guint16 as_16 = (guint16)value;
    const guint32 as_32 = (guint32)value;

    if (size == 1)
        *member = as_8;
    else if (size == 2)
        memcpy(member, &as_16, 2);
    else if (size == 4)
        memcpy(member, &as_32, 4);
    else
        memcpy(member, &value, 8);
}

static guint64
load_number(const guint8 *member, gsize size)
{
    guint16 as_16;
    guint32 as_32;
    guint64 value;

    if (size == 1)
        return *member;
    if (size == 2)
        return memcpy(&as_16, member, 2), as_16;
    if (size == 4)
        return memcpy(&as_32, member, 4), as_32;
    return memcpy(&value, member, 8), value;
}

static guint64
read_number(const MadoTlv *tlv)
{
    MadoCursor cursor;
    guint64 value = 0;
    guint8 byte;

    mado_cursor_init(&cursor, tlv->value, tlv->len);
    while (mado_cursor_u8(&cursor, &byte))
        value = value << 8 | byte;
    return value;
}

static void
write_number(MadoWriter *writer, const MadoField *row, guint64 value)
{
    const gsize mark = mado_writer_begin(writer, row->tag);

    for (gsize shift = row->len; shift > 0; shift--)
        mado_writer_u8(writer, (guint8)(value >> (8 * (shift - 1))));
    mado_writer_end(writer, mark);
}

/* ---- texts ---- */

static gboolean
is_made_of(const char *text, gsize len, const char *characters)
{
    for (gsize i = 0; i < len; i++)
        if (text[i] == '\0' || strchr(characters, text[i]) == NULL)
            return FALSE;
    return TRUE;
}

/* C0, DEL and C1 could drive a terminal or forge a line of a log. */
static gboolean
is_plain_utf8(const char *text, gsize len)
{
    const char *end = text + len;

    if (!g_utf8_validate_len(text, len, NULL))
        return FALSE;
    for (const char *at = text; at < end; at += g_utf8_skip[(guchar)*at])
        if (g_unichar_iscntrl(g_utf8_get_char(at)))
            return FALSE;
    return TRUE;
}

static gboolean
is_text(const MadoField *row, const char *text, gsize len)
{
    if (len == 0 || len > row->len)
        return FALSE;
    switch (row->kind) {
    case MADO_FIELD_TERMINAL:
        return is_made_of(text, len, TERMINAL_CHARACTERS);
    case MADO_FIELD_ID:
        return is_made_of(text, len, ID_CHARACTERS);
    case MADO_FIELD_DIGITS:
        return len == row->len && mado_digits_are_digits(text, len);
    case MADO_FIELD_TEXT:
        return is_plain_utf8(text, len);
    case MADO_FIELD_NUMBER:
    case MADO_FIELD_FIXED:
    case MADO_FIELD_BYTES:
    case MADO_FIELD_ITEM:
        break;
    }
    return FALSE;
}

/* ---- parsing ---- */

static gboolean
take_fixed(const MadoField *row, const MadoTlv *tlv, guint8 *self)
{
    const gboolean has = tlv->len > 0;

    if (tlv->len != row->len && (row->has_at < 0 || !row->is_required || has))
        return FALSE;
    if (has)
        memcpy(self + row->at, tlv->value, row->len);
    if (row->has_at >= 0)
        memcpy(self + row->has_at, &has, sizeof has);
    return TRUE;
}

static gboolean
take_member(const MadoField *row, const MadoTlv *tlv, guint8 *self)
{
    guint64 number;
    GBytes *bytes;

    switch (row->kind) {
    case MADO_FIELD_NUMBER:
        number = tlv->len == row->len ? read_number(tlv) : G_MAXUINT64;
        if (tlv->len != row->len || number > row->max)
            return FALSE;
        store_number(self + row->at, row->size, number);
        return TRUE;
    case MADO_FIELD_FIXED:
        return take_fixed(row, tlv, self);
    case MADO_FIELD_BYTES:
        if (tlv->len == 0 || tlv->len > row->len)
            return FALSE;
        bytes = g_bytes_new(tlv->value, tlv->len);
        memcpy(self + row->at, &bytes, sizeof bytes);
        return TRUE;
    case MADO_FIELD_TERMINAL:
    case MADO_FIELD_ID:
    case MADO_FIELD_DIGITS:
    case MADO_FIELD_TEXT:
        if (!is_text(row, (const char *)tlv->value, tlv->len))
            return FALSE;
        memcpy(self + row->at, tlv->value, tlv->len);
        return TRUE;
    case MADO_FIELD_ITEM:
        break;
    }
    return FALSE;
}

static gboolean
take_object(const MadoFields *fields,
            const MadoField *row,
            const MadoTlv *tlv,
            gpointer self,
            GError **error)
{
    if (row->kind == MADO_FIELD_ITEM)
        return row->item->parse(self, tlv, error);
    if (!take_member(row, tlv, self))
        return refuse(fields, fields->parse_code, row->name, "has a wrong length or value",
                      error);
    return TRUE;
}

static const MadoField *
find_row(const MadoFields *fields, guint32 tag)
{
    for (gsize i = 0; i < fields->n_rows; i++)
        if (fields->rows[i].tag == tag)
            return &fields->rows[i];
    return NULL;
}

static gboolean
check_required(const MadoFields *fields, const guint *n_seen, GError **error)
{
    for (gsize i = 0; i < fields->n_rows; i++)
        if (fields->rows[i].is_required && n_seen[i] == 0)
            return refuse(fields, fields->parse_code, fields->rows[i].name, "is missing",
                          error);
    return TRUE;
}

gboolean
mado_fields_parse(
    const MadoFields *fields, const guint8 *data, gsize len, gpointer self, GError **error)
{
    guint n_seen[MADO_FIELDS_MAX] = {0};
    MadoBytesStatus status;
    MadoCursor cursor;
    MadoTlv tlv;

    g_return_val_if_fail(fields->n_rows <= MADO_FIELDS_MAX, FALSE);
    mado_cursor_init(&cursor, data, len);
    while ((status = mado_tlv_next(&cursor, &tlv)) == MADO_BYTES_OK) {
        const MadoField *row = find_row(fields, tlv.tag);
        guint max_times;

        if (row == NULL) {
            g_set_error(error, MADO_ERROR, (int)fields->parse_code, "%s: unknown object %04X",
                        fields->what, tlv.tag);
            return FALSE;
        }
        max_times = row->kind == MADO_FIELD_ITEM ? row->item->max_times : 1;
        if (++n_seen[row - fields->rows] > max_times)
            return refuse(fields, fields->parse_code, row->name, "is there too often", error);
        if (!take_object(fields, row, &tlv, self, error))
            return FALSE;
    }
    if (status != MADO_BYTES_MISSING)
        return refuse(fields, fields->parse_code, "framing:", mado_bytes_status_name(status),
                      error);
    return check_required(fields, n_seen, error);
}

/* ---- formatting ---- */

static gboolean
write_fixed(const MadoField *row, const guint8 *self, MadoWriter *writer)
{
    gboolean has = TRUE;

    if (row->has_at >= 0)
        memcpy(&has, self + row->has_at, sizeof has);
    if (has)
        mado_writer_tlv(writer, row->tag, self + row->at, row->len);
    else if (row->is_required)
        mado_writer_tlv(writer, row->tag, NULL, 0);
    return TRUE;
}

static gboolean
write_bytes(const MadoField *row, const guint8 *self, MadoWriter *writer)
{
    GBytes *bytes;
    const guint8 *data;
    gsize len;

    memcpy(&bytes, self + row->at, sizeof bytes);
    if (bytes == NULL)
        return !row->is_required;
    data = g_bytes_get_data(bytes, &len);
    if (len == 0 || len > row->len)
        return FALSE;
    mado_writer_tlv(writer, row->tag, data, len);
    return TRUE;
}

static gboolean
write_member(const MadoField *row, const guint8 *self, MadoWriter *writer)
{
    const char *text;
    guint64 number;
    gsize len;

    switch (row->kind) {
    case MADO_FIELD_NUMBER:
        number = load_number(self + row->at, row->size);
        if (number == 0 && !row->is_required)
            return TRUE;
        if (number > row->max)
            return FALSE;
        write_number(writer, row, number);
        return TRUE;
    case MADO_FIELD_FIXED:
        return write_fixed(row, self, writer);
    case MADO_FIELD_BYTES:
        return write_bytes(row, self, writer);
    case MADO_FIELD_TERMINAL:
    case MADO_FIELD_ID:
    case MADO_FIELD_DIGITS:
    case MADO_FIELD_TEXT:
        text = (const char *)self + row->at;
        len = strnlen(text, row->size);
        if (len == 0 && !row->is_required)
            return TRUE;
        if (!is_text(row, text, len))
            return FALSE;
        mado_writer_tlv(writer, row->tag, (const guint8 *)text, len);
        return TRUE;
    case MADO_FIELD_ITEM:
        break;
    }
    return FALSE;
}

gboolean
mado_fields_format(const MadoFields *fields,
                   gconstpointer self,
                   MadoWriter *writer,
                   GError **error)
{
    for (gsize i = 0; i < fields->n_rows; i++) {
        const MadoField *row = &fields->rows[i];

        if (row->kind == MADO_FIELD_ITEM) {
            if (!row->item->format(self, writer, error))
                return FALSE;
        } else if (!write_member(row, self, writer)) {
            return refuse(fields, MADO_ERROR_BAD_ARGUMENT, row->name,
                          "is unset or does not fit", error);
        }
    }
    return TRUE;
}
