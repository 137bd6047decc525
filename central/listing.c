/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/listing.h"

#include <json-glib/json-glib.h>

#include <stdio.h>

#define GAP         2
#define REPLACEMENT 0xFFFD

struct _MadoListing {
    gboolean is_json;
    JsonBuilder *builder; /* owned */
    gboolean is_row_open;
    GPtrArray *names; /* of char *, of the columns: the first row's */
    GPtrArray *cells; /* of char *, row after row */
    guint n_rows;
};

MadoListing *
mado_listing_new(gboolean is_json)
{
    MadoListing *self = g_new0(MadoListing, 1);

    self->is_json = is_json;
    self->builder = json_builder_new();
    json_builder_begin_array(self->builder);
    self->names = g_ptr_array_new_with_free_func(g_free);
    self->cells = g_ptr_array_new_with_free_func(g_free);
    return self;
}

static void
end_row(MadoListing *self)
{
    if (!self->is_row_open)
        return;
    json_builder_end_object(self->builder);
    self->is_row_open = FALSE;
}

void
mado_listing_begin_row(MadoListing *self)
{
    end_row(self);
    json_builder_begin_object(self->builder);
    self->is_row_open = TRUE;
    self->n_rows++;
}

/* (transfer full): what a terminal may be given; ids are clean, details came over the network.
 */
static char *
clean(const char *value)
{
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    GString *text = g_string_new(NULL);

    for (char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        g_string_append_unichar(text, g_unichar_isprint(c) ? c : REPLACEMENT);
    }
    return g_string_free(text, FALSE);
}

static void
append(MadoListing *self, const char *name, const char *value)
{
    if (self->n_rows == 1)
        g_ptr_array_add(self->names, g_strdup(name));
    g_ptr_array_add(self->cells, value[0] != '\0' ? clean(value) : g_strdup("-"));
}

void
mado_listing_text(MadoListing *self, const char *name, const char *value)
{
    json_builder_set_member_name(self->builder, name);
    json_builder_add_string_value(self->builder, value);
    append(self, name, value);
}

void
mado_listing_int(MadoListing *self, const char *name, gint64 value)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);

    json_builder_set_member_name(self->builder, name);
    json_builder_add_int_value(self->builder, value);
    append(self, name, text);
}

void
mado_listing_hex(MadoListing *self, const char *name, const guint8 *data, gsize len)
{
    g_autoptr(GString) text = g_string_sized_new(2 * len);

    for (gsize i = 0; i < len; i++)
        g_string_append_printf(text, "%02x", data[i]);
    mado_listing_text(self, name, text->str);
}

void
mado_listing_time(MadoListing *self, const char *name, gint64 at_ms)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(at_ms / 1000);
    g_autofree char *text = time != NULL ? g_date_time_format_iso8601(time) : g_strdup("");

    mado_listing_text(self, name, text);
}

static guint
column_width(const MadoListing *self, guint column)
{
    glong width = g_utf8_strlen(g_ptr_array_index(self->names, column), -1);

    for (guint i = column; i < self->cells->len; i += self->names->len)
        width = MAX(width, g_utf8_strlen(g_ptr_array_index(self->cells, i), -1));
    return (guint)width;
}

/* One line of the table; the last column is not filled up. */
static void
append_line(GString *text, const GPtrArray *cells, guint from, const guint *widths, guint n)
{
    for (guint i = 0; i < n; i++) {
        const char *cell = g_ptr_array_index(cells, from + i);
        guint len = (guint)g_utf8_strlen(cell, -1);

        g_string_append(text, cell);
        if (i + 1 < n)
            g_string_append_printf(text, "%*s", (int)(widths[i] - len + GAP), "");
    }
    g_string_append_c(text, '\n');
}

static void
print_table(const MadoListing *self)
{
    guint n_columns = self->names->len;
    g_autofree guint *widths = g_new0(guint, n_columns + 1);
    g_autoptr(GString) text = g_string_new(NULL);

    if (n_columns == 0)
        return;
    for (guint i = 0; i < n_columns; i++)
        widths[i] = column_width(self, i);
    append_line(text, self->names, 0, widths, n_columns);
    for (guint i = 0; i < self->cells->len; i += n_columns)
        append_line(text, self->cells, i, widths, n_columns);
    printf("%s", text->str);
}

static void
print_json(const MadoListing *self)
{
    g_autoptr(JsonNode) root = json_builder_get_root(self->builder);
    g_autofree char *json = json_to_string(root, TRUE);

    printf("%s\n", json);
}

void
mado_listing_finish(MadoListing *self)
{
    end_row(self);
    json_builder_end_array(self->builder);
    if (self->is_json)
        print_json(self);
    else
        print_table(self);
    g_object_unref(self->builder);
    g_ptr_array_unref(self->names);
    g_ptr_array_unref(self->cells);
    g_free(self);
}
