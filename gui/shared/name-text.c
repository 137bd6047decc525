/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/shared/name-text.h"

static gboolean
is_selector(gunichar letter)
{
    return (letter >= 0xFE00 && letter <= 0xFE0F) || (letter >= 0xE0100 && letter <= 0xE01EF);
}

GArray *
mado_name_text_split(const char *text)
{
    GArray *parts = g_array_new(FALSE, FALSE, sizeof(MadoNamePart));
    const char *at = text;

    while (*at != '\0') {
        MadoNamePart part = {.base = g_utf8_get_char(at), .at = (guint)(at - text)};

        at += g_utf8_skip[(guchar)*at];
        if (*at != '\0' && !is_selector(part.base) && is_selector(g_utf8_get_char(at))) {
            part.selector = g_utf8_get_char(at);
            at += g_utf8_skip[(guchar)*at];
        }
        part.len = (guint)(at - text) - part.at;
        g_array_append_val(parts, part);
    }
    return parts;
}

guint
mado_name_text_count(const char *text)
{
    g_autoptr(GArray) parts = mado_name_text_split(text);

    return parts->len;
}

char *
mado_name_text_describe(const MadoNamePart *part)
{
    if (part->selector != 0)
        return g_strdup_printf("U+%04X U+%04X", part->base, part->selector);
    return g_strdup_printf("U+%04X", part->base);
}

gboolean
mado_name_text_is_private(const MadoNamePart *part)
{
    return (part->base >= 0xE000 && part->base <= 0xF8FF) || part->base >= 0xF0000;
}
