/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/maker-slot.h"

#include "drivers/training/bay-settings.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

static gboolean
fail_errno(GError **error, const char *path)
{
    int code = errno;
    GIOErrorEnum kind = g_io_error_from_errno(code);

    g_set_error(error, G_IO_ERROR, (gint)kind, "%s: %s", path, g_strerror(code));
    return FALSE;
}

static gboolean
fail(GError **error, const char *what, const char *text)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s: %s", what, text);
    return FALSE;
}

gboolean
mado_maker_slot_insert(const char *slot, const char *card_file, GError **error)
{
    g_autofree char *target = realpath(card_file, NULL);
    g_autofree char *card = g_build_filename(slot, "card", NULL);
    g_autofree char *fresh = g_build_filename(slot, ".card.new", NULL);

    if (target == NULL) {
        return fail_errno(error, card_file);
    }
    (void)g_unlink(fresh);
    if (symlink(target, fresh) != 0) {
        return fail_errno(error, fresh);
    }
    if (g_rename(fresh, card) != 0) {
        return fail_errno(error, card);
    }
    return TRUE;
}

gboolean
mado_maker_slot_remove(const char *slot, GError **error)
{
    g_autofree char *card = g_build_filename(slot, "card", NULL);

    if (g_unlink(card) != 0 && errno != ENOENT) {
        return fail_errno(error, card);
    }
    return TRUE;
}

static gboolean
write_text(const char *slot, const char *name, const char *text, GError **error)
{
    g_autofree char *path = g_build_filename(slot, name, NULL);

    return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
                                    error);
}

/* The lines of the old file but the one with this name, and the new one. */
static char *
replace_line(const char *old, const char *name, const char *line)
{
    g_auto(GStrv) lines = g_strsplit(old, "\n", -1);
    GString *text = g_string_new(NULL);

    for (gsize i = 0; lines[i] != NULL; i++) {
        gsize len = strlen(name);
        gboolean is_it = strncmp(lines[i], name, len) == 0 && lines[i][len] == '=';

        if (lines[i][0] != '\0' && !is_it) {
            g_string_append_printf(text, "%s\n", lines[i]);
        }
    }
    g_string_append_printf(text, "%s\n", line);
    return g_string_free(text, FALSE);
}

gboolean
mado_maker_slot_set_knob(const char *slot, const char *knob, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(knob, "=", 2);
    g_autofree char *path = g_build_filename(slot, "knobs", NULL);
    g_autofree char *old = NULL;
    g_autofree char *text = NULL;
    MadoBayKnobs knobs;

    mado_bay_settings_init_knobs(&knobs);
    if (g_strv_length(parts) != 2 || !mado_bay_settings_set_knob(&knobs, parts[0], parts[1])) {
        return fail(error, "no such knob or value", knob);
    }
    if (!g_file_get_contents(path, &old, NULL, NULL)) {
        old = g_strdup("");
    }
    text = replace_line(old, parts[0], knob);
    return write_text(slot, "knobs", text, error);
}

gboolean
mado_maker_slot_set_fault(const char *slot, const char *fault, GError **error)
{
    g_autofree char *line = g_strdup_printf("%s\n", fault);
    MadoBayFault parsed;

    if (!mado_bay_settings_parse_fault(fault, strlen(fault), &parsed)) {
        return fail(error, "no such fault", fault);
    }
    return write_text(slot, "fault", line, error);
}
