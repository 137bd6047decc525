/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/shared/name-label.h"

#include <glib/gi18n.h>

static void
add_line(GString *lines, MadoNameQuality quality, const char *letter, const char *points)
{
    g_autofree char *line = NULL;

    if (quality == MADO_NAME_APPROXIMATE)
        /* TRANSLATORS: a character and its code points */
        line = g_strdup_printf(_("%s (%s) is shown in an approximate form"), letter, points);
    else
        line = g_strdup_printf(_("%s (%s) cannot be shown here"), letter, points);
    g_string_append_printf(lines, "%s%s", lines->len > 0 ? "\n" : "", line);
}

char *
mado_name_label_explain(const MadoNameFonts *fonts, const char *name)
{
    g_autoptr(GArray) parts = mado_name_text_split(name);
    GString *lines = g_string_new(NULL);

    for (guint i = 0; i < parts->len; i++) {
        const MadoNamePart *part = &g_array_index(parts, MadoNamePart, i);
        g_autofree char *letter = g_strndup(name + part->at, part->len);
        g_autofree char *points = mado_name_text_describe(part);
        MadoNameQuality quality = mado_name_fonts_probe(fonts, part, NULL);

        if (quality != MADO_NAME_EXACT && !g_unichar_isspace(part->base))
            add_line(lines, quality, letter, points);
    }
    return g_string_free(lines, lines->len == 0);
}

void
mado_name_label_set(GtkLabel *label, const MadoNameFonts *fonts, const char *name)
{
    g_autoptr(PangoAttrList) attributes = mado_name_fonts_attributes(fonts, name);
    g_autofree char *explanation = mado_name_label_explain(fonts, name);

    gtk_label_set_text(label, name);
    gtk_label_set_attributes(label, attributes);
    gtk_widget_set_tooltip_text(GTK_WIDGET(label), explanation);
    atk_object_set_description(gtk_widget_get_accessible(GTK_WIDGET(label)),
                               explanation != NULL ? explanation : "");
}
