/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/listing.h"

#include <json-glib/json-glib.h>

#include <stdio.h>

struct _MadoListing {
    gboolean is_json;
    JsonBuilder *builder; /* owned */
    gboolean is_row_open;
    GString *header; /* owned; of the columns */
    GString *text;   /* owned; rows so far */
    guint n_rows;
};

MadoListing *
mado_listing_new(gboolean is_json)
{
    MadoListing *self = g_new0(MadoListing, 1);

    self->is_json = is_json;
    self->builder = json_builder_new();
    json_builder_begin_array(self->builder);
    self->header = g_string_new(NULL);
    self->text = g_string_new(NULL);
    return self;
}

static void
end_row(MadoListing *self)
{
    if (!self->is_row_open)
        return;
    json_builder_end_object(self->builder);
    g_string_append_c(self->text, '\n');
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

static void
append(MadoListing *self, const char *name, const char *value)
{
    if (self->n_rows == 1)
        g_string_append_printf(self->header, "%s\t", name);
    g_string_append_printf(self->text, "%s\t", value[0] != '\0' ? value : "-");
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

void
mado_listing_finish(MadoListing *self)
{
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *json = NULL;

    end_row(self);
    json_builder_end_array(self->builder);
    root = json_builder_get_root(self->builder);
    json = json_to_string(root, TRUE);
    if (self->is_json)
        printf("%s\n", json);
    else
        printf("%s%s%s", self->header->str, self->n_rows > 0 ? "\n" : "", self->text->str);
    g_object_unref(self->builder);
    g_string_free(self->header, TRUE);
    g_string_free(self->text, TRUE);
    g_free(self);
}
