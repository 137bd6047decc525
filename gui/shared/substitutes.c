/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/shared/substitutes.h"

#define GETA 0x3013

/* Names' characters outside the set, and their usual ones within; what canonical decomposition
 * yields (﨑 has none, 塚 U+FA10 has) need not be here. */
static const struct {
    gunichar from;
    gunichar to;
} usual[] = {
    {0x9AD9, 0x9AD8},  /* 髙 高 */
    {0xFA11, 0x5D0E},  /* 﨑 崎 */
    {0x20BB7, 0x5409}, /* 𠮷 吉 */
    {0x5FB7, 0x5FB3},  /* 德 徳 */
    {0x6A6B, 0x6A2A},  /* 橫 横 */
    {0x9ED1, 0x9ED2},  /* 黑 黒 */
    {0x589E, 0x5897},  /* 增 増 */
    {0x90DE, 0x90CE},  /* 郞 郎 */
    {0x6DF8, 0x6E05},  /* 淸 清 */
    {0x654E, 0x6559},  /* 敎 教 */
    {0x7028, 0x702C},  /* 瀨 瀬 */
    {0x66FB, 0x6607},  /* 曻 昇 */
    {0x663B, 0x6602},  /* 昻 昂 */
    {0x6801, 0x67F3},  /* 栁 柳 */
    {0x6852, 0x6851},  /* 桒 桑 */
    {0x5BEC, 0x5BDB},  /* 寬 寛 */
    {0x6236, 0x6238},  /* 戶 戸 */
    {0x9751, 0x9752},  /* 靑 青 */
    {0x537D, 0x5373},  /* 卽 即 */
    {0x7DD6, 0x7DD2},  /* 緖 緒 */
    {0x2363A, 0x6A4B}, /* 𣘺 橋 */
    {0x2123D, 0x571F}, /* 𡈽 土 */
    {0x2000B, 0x4E08}, /* 𠀋 丈 */
    {0x20B9F, 0x53F1}, /* 𠮟 叱 */
};

gboolean
mado_substitutes_is_allowed(gunichar letter)
{
    char text[7] = "";
    g_autofree char *converted = NULL;

    if (letter < 0x80)
        return TRUE;
    text[g_unichar_to_utf8(letter, text)] = '\0';
    converted = g_convert(text, -1, "EUC-JP", "UTF-8", NULL, NULL, NULL);
    return converted != NULL;
}

/* 0: no proposal. */
static gunichar
propose(gunichar letter)
{
    gunichar first;
    gunichar second;

    if (mado_substitutes_is_allowed(letter))
        return letter;
    for (gsize i = 0; i < G_N_ELEMENTS(usual); i++)
        if (usual[i].from == letter)
            return usual[i].to;
    if (g_unichar_decompose(letter, &first, &second) && mado_substitutes_is_allowed(first))
        return first;
    return 0;
}

GArray *
mado_substitutes_find(const char *name)
{
    g_autoptr(GArray) parts = mado_name_text_split(name);
    GArray *found = g_array_new(FALSE, FALSE, sizeof(MadoSubstitute));

    for (guint i = 0; i < parts->len; i++) {
        const MadoNamePart *part = &g_array_index(parts, MadoNamePart, i);
        MadoSubstitute substitute = {.part = *part, .proposed = propose(part->base)};

        substitute.is_form_only = substitute.proposed == part->base;
        if (!substitute.is_form_only || part->selector != 0)
            g_array_append_val(found, substitute);
    }
    return found;
}

char *
mado_substitutes_apply(const char *name)
{
    g_autoptr(GArray) parts = mado_name_text_split(name);
    GString *plain = g_string_new(NULL);

    for (guint i = 0; i < parts->len; i++) {
        gunichar letter = propose(g_array_index(parts, MadoNamePart, i).base);

        g_string_append_unichar(plain, letter != 0 ? letter : GETA);
    }
    return g_string_free(plain, FALSE);
}
