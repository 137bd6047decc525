/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/reading.h"

#include <string.h>

#define VOICED_MARK    0x3099 /* combining */
#define LONG_MARK      0x30FC
#define HIRAGANA_FIRST 0x3041
#define HIRAGANA_LAST  0x3096
#define TO_KATAKANA    0x60
#define KATAKANA_FIRST 0x30A1
#define KATAKANA_LAST  0x30FA

/* Large katakana by the vowel they end on. */
static const char *const by_vowel[] = {
    "アカサタナハマヤラワ", "イキシチニヒミリ",   "ウクスツヌフムユル",
    "エケセテネヘメレ",     "オコソトノホモヨロ",
};
static const gunichar vowels[] = {0x30A2, 0x30A4, 0x30A6, 0x30A8, 0x30AA};

typedef struct {
    gunichar from;
    gunichar to;
} Pair;

static const Pair pairs[] = {
    {0x30A1, 0x30A2}, {0x30A3, 0x30A4}, {0x30A5, 0x30A6}, {0x30A7, 0x30A8}, /* ァィゥェ */
    {0x30A9, 0x30AA}, {0x30C3, 0x30C4}, {0x30E3, 0x30E4}, {0x30E5, 0x30E6}, /* ォッャュ */
    {0x30E7, 0x30E8}, {0x30EE, 0x30EF}, {0x30F5, 0x30AB}, {0x30F6, 0x30B1}, /* ョヮヵヶ */
    {0x30F0, 0x30A4}, {0x30F1, 0x30A8}, {0x30F2, 0x30AA},                   /* ヰヱヲ */
    {0x0110, 'D'},    {0x00D8, 'O'},    {0x0141, 'L'},                      /* no NFKD */
};

/* 0 when @letter ends on no vowel. */
static gunichar
vowel_of(gunichar letter)
{
    for (gsize i = 0; i < G_N_ELEMENTS(by_vowel); i++)
        if (letter != 0 && g_utf8_strchr(by_vowel[i], -1, letter) != NULL)
            return vowels[i];
    return 0;
}

static gunichar
to_plain(gunichar letter)
{
    if (letter >= HIRAGANA_FIRST && letter <= HIRAGANA_LAST)
        letter += TO_KATAKANA;
    letter = g_unichar_toupper(letter);
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
        if (pairs[i].from == letter)
            return pairs[i].to;
    return letter;
}

/* A vowel that only makes the one before it longer: ウ after オ, イ after エ. */
static gunichar
by_ear(gunichar before, gunichar letter)
{
    gunichar vowel = vowel_of(before);

    if (letter == LONG_MARK)
        return vowel;
    if ((letter == 0x30A6 && vowel == 0x30AA) || (letter == 0x30A4 && vowel == 0x30A8))
        return vowel;
    return letter;
}

/* ヂ is heard as ジ, ヅ as ズ. */
static void
voice(GString *key, gunichar last)
{
    gunichar heard = last == 0x30C1 ? 0x30B7 : last == 0x30C4 ? 0x30B9 : 0;

    if (heard == 0)
        return;
    g_string_truncate(key,
                      (gsize)(g_utf8_find_prev_char(key->str, key->str + key->len) - key->str));
    g_string_append_unichar(key, heard);
}

static gboolean
is_kept(gunichar letter)
{
    return g_unichar_isalnum(letter) || (letter >= KATAKANA_FIRST && letter <= KATAKANA_LAST);
}

char *
mado_reading_fold(const char *text)
{
    g_autofree char *parts = g_utf8_normalize(text, -1, G_NORMALIZE_NFKD);
    GString *key = g_string_new(NULL);
    gunichar last = 0;

    for (const char *at = parts; at != NULL && *at != '\0'; at += g_utf8_skip[(guchar)*at]) {
        gunichar letter = g_utf8_get_char(at);

        if (letter == VOICED_MARK)
            voice(key, last);
        letter = by_ear(last, to_plain(letter));
        if (letter == 0 || !is_kept(letter))
            continue;
        g_string_append_unichar(key, letter);
        last = letter;
    }
    return g_string_free(key, FALSE);
}

static gboolean
is_between_words(gunichar letter)
{
    return g_unichar_isspace(letter) || letter == 0x30FB || letter == 0xFF65 || letter == '-';
}

static void
add_start(GPtrArray *starts, const char *text)
{
    g_autofree char *key = mado_reading_fold(text);

    if (starts->len > 0 && key[0] == '\0')
        return;
    for (guint i = 0; i < starts->len; i++)
        if (strcmp(g_ptr_array_index(starts, i), key) == 0)
            return;
    g_ptr_array_add(starts, g_steal_pointer(&key));
}

GPtrArray *
mado_reading_starts(const char *reading)
{
    GPtrArray *starts = g_ptr_array_new_with_free_func(g_free);
    gboolean is_between = FALSE;

    add_start(starts, reading);
    for (const char *at = reading; *at != '\0'; at += g_utf8_skip[(guchar)*at]) {
        gboolean was_between = is_between;

        is_between = is_between_words(g_utf8_get_char(at));
        if (was_between && !is_between && starts->len < MADO_READING_STARTS_MAX)
            add_start(starts, at);
    }
    return starts;
}

gboolean
mado_reading_matches(const char *reading, const char *key)
{
    g_autoptr(GPtrArray) starts = mado_reading_starts(reading);

    for (guint i = 0; i < starts->len; i++)
        if (g_str_has_prefix(g_ptr_array_index(starts, i), key))
            return TRUE;
    return FALSE;
}
