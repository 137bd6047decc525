/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/csv.h"

#include "common/error.h"
#include "common/wipe.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

typedef struct {
    const char *data;
    gsize len;
    gsize at;
    guint line;
} Reader;

static void
free_cell(gpointer cell)
{
    mado_wipe(cell, strlen(cell));
    g_free(cell);
}

static void
free_row(gpointer data)
{
    MadoCsvRow *row = data;

    g_ptr_array_unref(row->cells);
    g_free(row);
}

static gboolean
refuse(const Reader *reader, const char *why, GError **error)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "line %u: %s", reader->line, why);
    return FALSE;
}

static int
peek(const Reader *reader)
{
    return reader->at < reader->len ? (guchar)reader->data[reader->at] : -1;
}

/* LF, CRLF or the end; not taken. */
static gboolean
is_line_end(const Reader *reader)
{
    int c = peek(reader);

    return c < 0 || c == '\n' ||
           (c == '\r' && reader->at + 1 < reader->len && reader->data[reader->at + 1] == '\n');
}

static void
skip_line_end(Reader *reader)
{
    if (peek(reader) == '\r')
        reader->at++;
    if (peek(reader) == '\n')
        reader->at++;
    reader->line++;
}

static gboolean
read_quoted(Reader *reader, GString *cell, GError **error)
{
    reader->at++;
    for (;;) {
        int c = peek(reader);

        if (c < 0)
            return refuse(reader, "a quoted field does not end", error);
        reader->at++;
        if (c == '\n')
            reader->line++;
        if (c == '"' && peek(reader) != '"')
            break;
        if (c == '"')
            reader->at++;
        g_string_append_c(cell, (char)c);
    }
    if (peek(reader) != ',' && !is_line_end(reader))
        return refuse(reader, "text after a closing quote", error);
    return TRUE;
}

static gboolean
read_plain(Reader *reader, GString *cell, GError **error)
{
    while (peek(reader) != ',' && !is_line_end(reader)) {
        if (peek(reader) == '"')
            return refuse(reader, "a quote inside a field that is not quoted", error);
        g_string_append_c(cell, reader->data[reader->at++]);
    }
    return TRUE;
}

static gboolean
read_cell(Reader *reader, GPtrArray *cells, GError **error)
{
    GString *cell = g_string_new(NULL);
    gboolean done = peek(reader) == '"' ? read_quoted(reader, cell, error)
                                        : read_plain(reader, cell, error);

    g_ptr_array_add(cells, g_string_free(cell, FALSE));
    if (done && cells->len > MADO_CSV_MAX_CELLS)
        return refuse(reader, "too many fields", error);
    return done;
}

static gboolean
read_row(Reader *reader, MadoCsvRow *row, GError **error)
{
    row->line = reader->line;
    if (!read_cell(reader, row->cells, error))
        return FALSE;
    while (peek(reader) == ',') {
        reader->at++;
        if (!read_cell(reader, row->cells, error))
            return FALSE;
    }
    skip_line_end(reader);
    return TRUE;
}

static gboolean
check_text(Reader *reader, GError **error)
{
    const char *end;

    if (memchr(reader->data, '\0', reader->len) != NULL)
        return refuse(reader, "the file holds a byte 00", error);
    if (g_utf8_validate(reader->data, (gssize)reader->len, &end))
        return TRUE;
    for (const char *at = reader->data; at < end; at++)
        if (*at == '\n')
            reader->line++;
    return refuse(reader, "not UTF-8 (save the table as UTF-8)", error);
}

GPtrArray *
mado_csv_parse(const char *data, gsize len, GError **error)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(free_row);
    Reader reader = {.data = data, .len = len, .line = 1};

    if (!check_text(&reader, error))
        return NULL;
    if (len >= strlen(BYTE_ORDER_MARK) &&
        memcmp(data, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
        reader.at = strlen(BYTE_ORDER_MARK);
    while (peek(&reader) >= 0) {
        MadoCsvRow *row;

        if (is_line_end(&reader)) {
            skip_line_end(&reader);
            continue;
        }
        row = g_new0(MadoCsvRow, 1);
        row->cells = g_ptr_array_new_with_free_func(free_cell);
        g_ptr_array_add(rows, row);
        if (!read_row(&reader, row, error))
            return NULL;
    }
    return g_steal_pointer(&rows);
}
