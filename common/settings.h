/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration files: GKeyFile syntax, a table of known keys per program. An unknown group or
 * key, a missing required one or a value outside its form is an error that names file, group,
 * key and cure. --check-config prints "ok" or the first error.
 */
#pragma once

#include <glib.h>

typedef enum {
    MADO_SETTING_STRING,
    MADO_SETTING_PATH,
    MADO_SETTING_UINT,
    MADO_SETTING_BOOL,
    MADO_SETTING_CHOICE
} MadoSettingKind;

typedef struct {
    const char *group;
    const char *key;
    MadoSettingKind kind;
    gboolean required;
    const char *fallback; /* used when absent; NULL = absent stays absent */
    const char *choices;  /* CHOICE: "a|b|c"; UINT: "min..max" */
    const char *help;     /* one line, also for the manual */
} MadoSettingRow;

typedef struct _MadoSettings MadoSettings;

/* (transfer full): @rows ends with group == NULL and must outlive the object (a const table).
 * Relative PATHs are taken from the file's folder. Error: CONFIG. */
MadoSettings *
mado_settings_load(const char *path, const MadoSettingRow *rows, GError **error);
/* The same for text already read; @path is for messages and relative paths. */
MadoSettings *
mado_settings_parse(
    const char *path, const char *text, gsize len, const MadoSettingRow *rows, GError **error);
void
mado_settings_free(MadoSettings *self); /* NULL is allowed */
/* A row that is absent and has no fallback: NULL, 0, FALSE. Asking for a key without a row is a
 * programmer's error. */
const char *
mado_settings_string(const MadoSettings *self,
                     const char *group,
                     const char *key); /* (nullable) (transfer none) */
guint64
mado_settings_uint(const MadoSettings *self, const char *group, const char *key);
gboolean
mado_settings_bool(const MadoSettings *self, const char *group, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoSettings, mado_settings_free)
