/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/body-directory.h"

#include "common/date.h"
#include "common/fields.h"
#include "common/scratch.h"
#include "common/wipe.h"
#include "madoguchi/limits.h"

#include <string.h>

#define ROW_OVERHEAD 128 /* tags, lengths and everything of a fixed size */

/* ---- a row ---- */

#define ROW_TEXT(tag, name, kind, member, required)                                            \
    MADO_FIELD_ROW_TEXT(tag, name, kind, MadoBodyRow, member, required)
#define ROW_NUMBER(tag, name, member, len, max, required)                                      \
    MADO_FIELD_ROW_NUMBER(tag, name, MadoBodyRow, member, len, max, required)

static const MadoField row_rows[] = {
    ROW_TEXT(MADO_ROW_REQUEST_ID, "REQUEST_ID", MADO_FIELD_ID, request_id, TRUE),
    ROW_TEXT(MADO_ROW_RESERVED_DAY, "RESERVED_DAY", MADO_FIELD_DIGITS, reserved_day, FALSE),
    ROW_TEXT(MADO_ROW_RESERVED_TIME, "RESERVED_TIME", MADO_FIELD_DIGITS, reserved_time, FALSE),
    ROW_NUMBER(MADO_ROW_NUMBER, "NUMBER", number, 2, G_MAXUINT16, FALSE),
    ROW_TEXT(MADO_ROW_NAME, "NAME", MADO_FIELD_TEXT, name, TRUE),
    ROW_TEXT(MADO_ROW_KANA, "KANA", MADO_FIELD_TEXT, kana, TRUE),
    ROW_TEXT(MADO_ROW_BIRTH, "BIRTH", MADO_FIELD_DIGITS, birth, TRUE),
    ROW_NUMBER(MADO_ROW_PROCEDURE, "PROCEDURE", procedure, 1, MADO_PROCEDURE_RETURN, TRUE),
    ROW_NUMBER(MADO_ROW_STATE, "STATE", state, 1, MADO_REQUEST_VOID, TRUE),
    ROW_NUMBER(
        MADO_ROW_TRANSACTION, "TRANSACTION", transaction, 1, MADO_TRANSACTION_UNKNOWN, FALSE),
    ROW_NUMBER(MADO_ROW_ALERTS, "ALERTS", alerts, 1, MADO_ALERT_ALL, FALSE),
    ROW_NUMBER(MADO_ROW_SINCE, "SINCE", since_ms, 8, G_MAXINT64, FALSE),
    ROW_TEXT(MADO_ROW_TERMINAL, "TERMINAL", MADO_FIELD_TERMINAL, terminal, FALSE),
    ROW_TEXT(MADO_ROW_REASON, "REASON", MADO_FIELD_TEXT, reason, FALSE),
};

static const MadoFields row_fields = {"row", MADO_ERROR_CENTRE_ANSWER, row_rows,
                                      G_N_ELEMENTS(row_rows)};

MadoBodyRow *
mado_body_directory_new_row(void)
{
    return g_new0(MadoBodyRow, 1);
}

void
mado_body_directory_free_row(MadoBodyRow *row)
{
    if (row == NULL)
        return;
    mado_wipe(row, sizeof *row);
    g_free(row);
}

gsize
mado_body_directory_row_len(const MadoBodyRow *row)
{
    return ROW_OVERHEAD + strlen(row->request_id) + strlen(row->name) + strlen(row->kana) +
           strlen(row->terminal) + strlen(row->reason);
}

static gboolean
refuse(const char *why, GError **error)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER, "directory: %s", why);
    return FALSE;
}

static gboolean
is_day(const char *text)
{
    MadoDate date;

    return mado_date_parse(text, strlen(text), &date);
}

/* Four digits by now. */
static gboolean
is_time(const char *text)
{
    guint hours = (guint)(text[0] - '0') * 10 + (guint)(text[1] - '0');

    return hours < 24 && text[2] < '6';
}

/* What the table cannot say. */
static gboolean
check_row(const MadoBodyRow *row, GError **error)
{
    gboolean has_day = row->reserved_day[0] != '\0';
    gboolean has_time = row->reserved_time[0] != '\0';

    if (row->procedure == 0 || row->state == 0)
        return refuse("PROCEDURE or STATE is unknown", error);
    if (!is_day(row->birth) || (has_day && !is_day(row->reserved_day)))
        return refuse("a day that does not exist", error);
    if (has_time && (!has_day || !is_time(row->reserved_time)))
        return refuse("a time that does not exist, or without its day", error);
    return TRUE;
}

/* ---- the whole ---- */

static gboolean
parse_row(gpointer self, const MadoTlv *tlv, GError **error)
{
    const MadoBodyDirectory *directory = self;
    g_autoptr(MadoBodyRow) row = mado_body_directory_new_row();

    if (!mado_fields_parse(&row_fields, tlv->value, tlv->len, row, error) ||
        !check_row(row, error))
        return FALSE;
    g_ptr_array_add(directory->rows, g_steal_pointer(&row));
    return TRUE;
}

static gboolean
format_rows(gconstpointer self, MadoWriter *writer, GError **error)
{
    const MadoBodyDirectory *directory = self;

    for (guint i = 0; i < directory->rows->len; i++) {
        const gsize mark = mado_writer_begin(writer, MADO_DIR_ROW);

        if (!mado_fields_format(&row_fields, g_ptr_array_index(directory->rows, i), writer,
                                error))
            return FALSE;
        mado_writer_end(writer, mark);
    }
    return TRUE;
}

static const MadoFieldItem row_item = {MADO_LIMIT_LOOK_ROWS, parse_row, format_rows};

static const MadoField rows[] = {
    MADO_FIELD_ROW_TEXT(MADO_DIR_DAY, "DAY", MADO_FIELD_DIGITS, MadoBodyDirectory, day, TRUE),
    MADO_FIELD_ROW_NUMBER(MADO_DIR_MORE, "MORE", MadoBodyDirectory, more, 1, 1, FALSE),
    MADO_FIELD_ROW_ITEM(MADO_DIR_ROW, "ROW", &row_item, FALSE),
};

static const MadoFields fields = {"DIRECTORY_ROWS", MADO_ERROR_CENTRE_ANSWER, rows,
                                  G_N_ELEMENTS(rows)};

static void
free_row(gpointer row)
{
    mado_body_directory_free_row(row);
}

MadoBodyDirectory *
mado_body_directory_new(void)
{
    MadoBodyDirectory *self = g_new0(MadoBodyDirectory, 1);

    self->rows = g_ptr_array_new_with_free_func(free_row);
    return self;
}

void
mado_body_directory_free(MadoBodyDirectory *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->rows);
    g_free(self);
}

MadoSecret *
mado_body_directory_format(const MadoBodyDirectory *self, GError **error)
{
    MadoWriter writer;
    g_autoptr(MadoSecret) scratch = mado_scratch_new(&writer);

    if (!mado_fields_format(&fields, self, &writer, error))
        return NULL;
    return mado_scratch_finish(scratch, &writer, fields.what, error);
}

MadoBodyDirectory *
mado_body_directory_parse(const guint8 *data, gsize len, GError **error)
{
    g_autoptr(MadoBodyDirectory) self = mado_body_directory_new();

    if (!mado_fields_parse(&fields, data, len, self, error))
        return NULL;
    if (!is_day(self->day)) {
        refuse("a day that does not exist", error);
        return NULL;
    }
    return g_steal_pointer(&self);
}
