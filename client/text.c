/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/text.h"

#include <string.h>

static gboolean
steers(gunichar c)
{
    /* Bidirectional embeddings, overrides and isolates turn what a clerk reads around. */
    return g_unichar_iscntrl(c) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

char *
mado_text_clean_bytes(const guint8 *data, gsize len)
{
    g_autofree char *valid = g_utf8_make_valid(len > 0 ? (const char *)data : "", (gssize)len);
    GString *clean = g_string_sized_new(len);

    for (const char *at = valid; *at != '\0'; at = g_utf8_find_next_char(at, NULL)) {
        gunichar c = g_utf8_get_char(at);

        g_string_append_unichar(clean, steers(c) ? 0xFFFD : c);
    }
    return g_string_free(clean, FALSE);
}

char *
mado_text_clean(const char *text)
{
    return mado_text_clean_bytes((const guint8 *)text, strlen(text));
}

guint
mado_text_width(const char *text)
{
    guint width = 0;

    for (const char *at = text; *at != '\0'; at = g_utf8_find_next_char(at, NULL)) {
        gunichar c = g_utf8_get_char(at);

        if (!g_unichar_iszerowidth(c))
            width += g_unichar_iswide(c) ? 2 : 1;
    }
    return width;
}
