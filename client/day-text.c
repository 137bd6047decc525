/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/day-text.h"

#include <string.h>

/* Years of the Gregorian calendar that are 0 of the era. */
static const struct {
    MadoDateEra era;
    guint year_zero;
    const char *names[3]; /* the first is the one written */
} eras[] = {
    {MADO_DATE_MEIJI, 1867, {"明治", "明", "M"}}, {MADO_DATE_TAISHO, 1911, {"大正", "大", "T"}},
    {MADO_DATE_SHOWA, 1925, {"昭和", "昭", "S"}}, {MADO_DATE_HEISEI, 1988, {"平成", "平", "H"}},
    {MADO_DATE_REIWA, 2018, {"令和", "令", "R"}},
};

static const char *const kanji_digits[] = {"〇", "一", "二", "三", "四",
                                           "五", "六", "七", "八", "九"};

/* (transfer full): width folded, without spaces, letters large. */
static char *
normalize(const char *text)
{
    g_autofree char *folded = g_utf8_normalize(text, -1, G_NORMALIZE_NFKC);
    GString *plain = g_string_new(NULL);

    for (const char *at = folded; at != NULL && *at != '\0'; at += g_utf8_skip[(guchar)*at]) {
        gunichar letter = g_utf8_get_char(at);

        if (!g_unichar_isspace(letter))
            g_string_append_unichar(plain, letter < 0x80 ? g_unichar_toupper(letter) : letter);
    }
    return g_string_free(plain, FALSE);
}

static gboolean
take(const char **at, const char *word)
{
    if (!g_str_has_prefix(*at, word))
        return FALSE;
    *at += strlen(word);
    return TRUE;
}

/* ---- numbers ---- */

static gboolean
take_kanji_digit(const char **at, guint *ret_digit)
{
    for (guint i = 0; i < G_N_ELEMENTS(kanji_digits); i++) {
        if (take(at, kanji_digits[i])) {
            *ret_digit = i;
            return TRUE;
        }
    }
    return FALSE;
}

/* 十四, 六十, 六十四, and 六四 or 一九八五 digit by digit. */
static gboolean
take_kanji(const char **at, guint *ret_number)
{
    guint digit = 0;
    guint number = 0;
    guint n_digits = 0;

    while (n_digits < 4 && take_kanji_digit(at, &digit)) {
        number = number * 10 + digit;
        n_digits++;
    }
    if (n_digits <= 1 && take(at, "十")) {
        number = (n_digits == 0 ? 1 : number) * 10;
        n_digits = 1;
        if (take_kanji_digit(at, &digit))
            number += digit;
    }
    *ret_number = number;
    return n_digits > 0;
}

static gboolean
take_number(const char **at, guint *ret_number)
{
    gsize n_digits = strspn(*at, "0123456789");
    guint number = 0;

    if (n_digits == 0)
        return take_kanji(at, ret_number);
    if (n_digits > 4)
        return FALSE;
    for (gsize i = 0; i < n_digits; i++)
        number = number * 10 + (guint)((*at)[i] - '0');
    *at += n_digits;
    *ret_number = number;
    return TRUE;
}

/* @n digits as they stand: the caller has counted. */
static guint
take_digits(const char **at, guint n)
{
    guint number = 0;

    for (guint i = 0; i < n; i++)
        number = number * 10 + (guint)((*at)[i] - '0');
    *at += n;
    return number;
}

static gboolean
take_between(const char **at, const char *word)
{
    return take(at, word) || take(at, "-") || take(at, "/") || take(at, ".");
}

/* ---- a day ---- */

typedef struct {
    gboolean has_era;
    guint era; /* index of eras */
    guint year;
    guint month;
    guint day;
} Parts;

static gboolean
take_era(const char **at, guint *ret_era)
{
    for (guint i = 0; i < G_N_ELEMENTS(eras); i++) {
        for (guint n = 0; n < G_N_ELEMENTS(eras[i].names); n++) {
            if (take(at, eras[i].names[n])) {
                *ret_era = i;
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* Year, month and day without anything between: 19850714, 600714, or 3600714. */
static gboolean
take_run(const char **at, Parts *parts)
{
    gsize n_digits = strlen(*at);
    gboolean has_code = !parts->has_era && n_digits == 7;

    if (strspn(*at, "0123456789") != n_digits ||
        !(n_digits == (parts->has_era ? 6 : 8) || has_code))
        return FALSE;
    if (has_code) {
        guint code = take_digits(at, 1);

        if (code < MADO_DATE_MEIJI || code > MADO_DATE_REIWA)
            return FALSE;
        parts->has_era = TRUE;
        parts->era = code - MADO_DATE_MEIJI;
    }
    parts->year = take_digits(at, parts->has_era ? 2 : 4);
    parts->month = take_digits(at, 2);
    parts->day = take_digits(at, 2);
    return TRUE;
}

static gboolean
take_year(const char **at, Parts *parts)
{
    if (!parts->has_era)
        return take_number(at, &parts->year) && parts->year >= 1000;
    if (!take(at, "元"))
        return take_number(at, &parts->year);
    parts->year = 1;
    return TRUE;
}

static gboolean
take_parts(const char *text, Parts *ret_parts)
{
    const char *at = text;
    Parts parts = {0};

    parts.has_era = take_era(&at, &parts.era);
    if (!take_run(&at, &parts)) {
        if (!take_year(&at, &parts) || !take_between(&at, "年") ||
            !take_number(&at, &parts.month) || !take_between(&at, "月") ||
            !take_number(&at, &parts.day))
            return FALSE;
        take(&at, "日");
    }
    *ret_parts = parts;
    return *at == '\0';
}

MadoDayTextResult
mado_day_text_parse(const char *text, MadoDate *ret_date)
{
    g_autofree char *plain = normalize(text);
    MadoDateEra era;
    guint era_year;
    Parts parts;
    MadoDate date;
    guint year;

    if (!take_parts(plain, &parts))
        return MADO_DAY_TEXT_FORM;
    year = parts.has_era ? eras[parts.era].year_zero + parts.year : parts.year;
    if (parts.year == 0 || year > 9999 || parts.month > 12 || parts.day > 31)
        return MADO_DAY_TEXT_NO_DAY;
    date = (MadoDate){(guint16)year, (guint8)parts.month, (guint8)parts.day};
    if (!mado_date_is_valid(&date))
        return MADO_DAY_TEXT_NO_DAY;
    if (parts.has_era && (!mado_date_era(&date, &era, &era_year) ||
                          era != eras[parts.era].era || era_year != parts.year))
        return MADO_DAY_TEXT_OTHER_ERA;
    *ret_date = date;
    return MADO_DAY_TEXT_OK;
}

/* ---- writing ---- */

char *
mado_day_text_format_era(const MadoDate *date)
{
    MadoDateEra era;
    guint year;

    if (!mado_date_era(date, &era, &year))
        return mado_day_text_format_western(date);
    if (year == 1)
        return g_strdup_printf("%s元年%u月%u日", eras[era - MADO_DATE_MEIJI].names[0],
                               date->month, date->day);
    return g_strdup_printf("%s%u年%u月%u日", eras[era - MADO_DATE_MEIJI].names[0], year,
                           date->month, date->day);
}

char *
mado_day_text_format_western(const MadoDate *date)
{
    return g_strdup_printf("%04u-%02u-%02u", date->year, date->month, date->day);
}

void
mado_day_text_format_digits(const MadoDate *date, char ret_text[9])
{
    g_snprintf(ret_text, 9, "%04u%02u%02u", date->year % 10000U, date->month % 100U,
               date->day % 100U);
}
