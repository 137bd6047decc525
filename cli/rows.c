/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/rows.h"

static void
put_field(JsonObject *object, GVariant *row, const MadoRowsField *field)
{
    const char *text = NULL;
    gboolean flag = FALSE;
    guint64 number = 0;

    if (field->kind == 's' && g_variant_lookup(row, field->key, "&s", &text))
        json_object_set_string_member(object, field->key, text);
    else if (field->kind == 'b' && g_variant_lookup(row, field->key, "b", &flag))
        json_object_set_boolean_member(object, field->key, flag);
    else if (field->kind == 't' && g_variant_lookup(row, field->key, "t", &number) &&
             number <= G_MAXINT64)
        json_object_set_int_member(object, field->key, (gint64)number);
}

JsonArray *
mado_rows_to_json(GVariant *rows, const MadoRowsField *fields, gsize n_fields)
{
    JsonArray *list = json_array_new();

    for (gsize i = 0; i < g_variant_n_children(rows); i++) {
        g_autoptr(GVariant) row = g_variant_get_child_value(rows, i);
        JsonObject *object = json_object_new();

        for (gsize j = 0; j < n_fields; j++)
            put_field(object, row, &fields[j]);
        json_array_add_object_element(list, object);
    }
    return list;
}

const char *
mado_rows_text(JsonObject *row, const char *key)
{
    return json_object_get_string_member_with_default(row, key, "");
}
