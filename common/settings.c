/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/settings.h"

#include "common/error.h"

#include <string.h>

struct _MadoSettings {
    const MadoSettingRow *rows; /* borrowed: a const table of the program */
    char *path;                 /* owned */
    char *folder;               /* owned: relative paths begin here */
    GHashTable *values;         /* owned: row → owned char *, absent rows are absent */
};

static const MadoSettingRow *
find_row(const MadoSettingRow *rows, const char *group, const char *key)
{
    for (; rows->group != NULL; rows++)
        if (g_str_equal(rows->group, group) && (key == NULL || g_str_equal(rows->key, key)))
            return rows;
    return NULL;
}

/* @why (transfer full); @key_name: NULL when the fault is the group's. */
static gboolean
refuse(const MadoSettings *self,
       const char *group,
       const char *key_name,
       GError **error,
       char *why)
{
    g_autofree char *owned = why;

    g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "%s: [%s]%s%s: %s", self->path, group,
                key_name != NULL ? " " : "", key_name != NULL ? key_name : "", owned);
    return FALSE;
}

/* "realm, terminal, journal": what a group may hold, for the cure. */
static char *
list_keys(const MadoSettingRow *rows, const char *group)
{
    g_autoptr(GString) list = g_string_new(NULL);

    for (; rows->group != NULL; rows++) {
        if (!g_str_equal(rows->group, group))
            continue;
        if (list->len > 0)
            g_string_append(list, ", ");
        g_string_append(list, rows->key);
    }
    return g_string_free(g_steal_pointer(&list), FALSE);
}

static gboolean
check_names(const MadoSettings *self, GKeyFile *file, GError **error)
{
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

    for (char **group = groups; *group != NULL; group++) {
        g_auto(GStrv) keys = g_key_file_get_keys(file, *group, NULL, error);

        if (find_row(self->rows, *group, NULL) == NULL)
            return refuse(self, *group, NULL, error,
                          g_strdup("unknown group; remove it or correct it"));
        if (keys == NULL)
            return FALSE;
        for (char **key = keys; *key != NULL; key++) {
            g_autofree char *known = NULL;

            if (find_row(self->rows, *group, *key) != NULL)
                continue;
            known = list_keys(self->rows, *group);
            return refuse(self, *group, *key, error,
                          g_strdup_printf("unknown key; this group has: %s", known));
        }
    }
    return TRUE;
}

/* "min..max"; without it any number is in range. */
static void
parse_range(const char *text, guint64 *ret_min, guint64 *ret_max)
{
    g_auto(GStrv) parts = text != NULL ? g_strsplit(text, "..", 2) : NULL;

    *ret_min = 0;
    *ret_max = G_MAXUINT64;
    if (parts == NULL || g_strv_length(parts) != 2)
        return;
    (void)g_ascii_string_to_unsigned(parts[0], 10, 0, G_MAXUINT64, ret_min, NULL);
    (void)g_ascii_string_to_unsigned(parts[1], 10, 0, G_MAXUINT64, ret_max, NULL);
}

static gboolean
is_bool(const char *value)
{
    return g_str_equal(value, "true") || g_str_equal(value, "false");
}

static gboolean
is_choice(const char *choices, const char *value)
{
    g_auto(GStrv) list = g_strsplit(choices, "|", -1);

    return g_strv_contains((const char *const *)list, value);
}

/* (transfer full) (nullable): why the value has not the row's form. */
static char *
find_fault(const MadoSettingRow *row, const char *value)
{
    guint64 min;
    guint64 max;

    if (*value == '\0')
        return g_strdup("is empty; give a value or remove the line");
    switch (row->kind) {
    case MADO_SETTING_STRING:
    case MADO_SETTING_PATH:
        return NULL;
    case MADO_SETTING_UINT:
        parse_range(row->choices, &min, &max);
        if (g_ascii_string_to_unsigned(value, 10, min, max, NULL, NULL))
            return NULL;
        return g_strdup_printf("'%s' is not a whole number from %" G_GUINT64_FORMAT
                               " to %" G_GUINT64_FORMAT,
                               value, min, max);
    case MADO_SETTING_BOOL:
        return is_bool(value) ? NULL : g_strdup_printf("'%s' is not true or false", value);
    case MADO_SETTING_CHOICE:
        if (is_choice(row->choices, value))
            return NULL;
        return g_strdup_printf("'%s' is not one of %s", value, row->choices);
    }
    return g_strdup("has a kind that this program does not know");
}

static char *
resolve_path(const MadoSettings *self, char *value)
{
    g_autofree char *relative = value;

    return g_path_is_absolute(relative) ? g_steal_pointer(&relative)
                                        : g_build_filename(self->folder, relative, NULL);
}

static gboolean
take_value(MadoSettings *self, const MadoSettingRow *row, GKeyFile *file, GError **error)
{
    g_autofree char *value = g_key_file_get_string(file, row->group, row->key, NULL);
    char *fault;

    if (value == NULL && row->required)
        return refuse(self, row->group, row->key, error,
                      g_strdup_printf("is missing; it says: %s", row->help));
    if (value == NULL && row->fallback == NULL)
        return TRUE;
    if (value == NULL)
        value = g_strdup(row->fallback);
    g_strstrip(value);
    fault = find_fault(row, value);
    if (fault != NULL)
        return refuse(self, row->group, row->key, error, fault);
    if (row->kind == MADO_SETTING_PATH)
        value = resolve_path(self, g_steal_pointer(&value));
    g_hash_table_insert(self->values, (gpointer)(guintptr)row, g_steal_pointer(&value));
    return TRUE;
}

static gboolean
take_values(MadoSettings *self, GKeyFile *file, GError **error)
{
    for (const MadoSettingRow *row = self->rows; row->group != NULL; row++)
        if (!take_value(self, row, file, error))
            return FALSE;
    return TRUE;
}

static MadoSettings *
settings_new(const char *path, const MadoSettingRow *rows)
{
    MadoSettings *self = g_new0(MadoSettings, 1);

    self->rows = rows;
    self->path = g_canonicalize_filename(path, NULL);
    self->folder = g_path_get_dirname(self->path);
    self->values = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return self;
}

MadoSettings *
mado_settings_parse(
    const char *path, const char *text, gsize len, const MadoSettingRow *rows, GError **error)
{
    g_autoptr(MadoSettings) self = settings_new(path, rows);
    g_autoptr(GKeyFile) file = g_key_file_new();

    /* Translations are kept so that "key[ja]" is seen, and refused, and not dropped in silence.
     */
    if (!g_key_file_load_from_data(file, text, len, G_KEY_FILE_KEEP_TRANSLATIONS, error)) {
        g_prefix_error(error, "%s: ", self->path);
        mado_error_convert(error);
        return NULL;
    }
    if (!check_names(self, file, error) || !take_values(self, file, error))
        return NULL;
    return g_steal_pointer(&self);
}

MadoSettings *
mado_settings_load(const char *path, const MadoSettingRow *rows, GError **error)
{
    g_autofree char *text = NULL;
    gsize len;

    if (!g_file_get_contents(path, &text, &len, error)) {
        if (error != NULL && *error != NULL) {
            (*error)->domain = MADO_ERROR;
            (*error)->code = MADO_ERROR_CONFIG;
        }
        return NULL;
    }
    return mado_settings_parse(path, text, len, rows, error);
}

void
mado_settings_free(MadoSettings *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->values);
    g_free(self->folder);
    g_free(self->path);
    g_free(self);
}

const char *
mado_settings_string(const MadoSettings *self, const char *group, const char *key)
{
    const MadoSettingRow *row = find_row(self->rows, group, key);

    g_return_val_if_fail(row != NULL, NULL);
    return g_hash_table_lookup(self->values, row);
}

guint64
mado_settings_uint(const MadoSettings *self, const char *group, const char *key)
{
    const char *value = mado_settings_string(self, group, key);
    guint64 number = 0;

    if (value != NULL)
        (void)g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT64, &number, NULL);
    return number;
}

gboolean
mado_settings_bool(const MadoSettings *self, const char *group, const char *key)
{
    return g_strcmp0(mado_settings_string(self, group, key), "true") == 0;
}
