/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "relay/header.h"

#include "common/cursor.h"

#include <string.h>

/* RFC 9110 5.6.2. */
static gboolean
is_token_char(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static gboolean
is_value_char(char c)
{
    return c == '\t' || ((guchar)c >= 0x20 && (guchar)c != 0x7F);
}

static gsize
trim_end(const char *text, gsize len)
{
    while (len > 0 && g_ascii_isspace(text[len - 1]))
        len--;
    return len;
}

gboolean
mado_header_parse_line(const char *line, gsize len, MadoHeader *ret_header)
{
    MadoHeader header = {0};
    gsize at = 0;

    len = trim_end(line, len);
    while (at < len && at < MADO_HEADER_NAME_MAX && is_token_char(line[at])) {
        header.name[at] = g_ascii_tolower(line[at]);
        at++;
    }
    if (at == 0 || at == len || line[at] != ':')
        return FALSE;
    at++;
    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    header.value = line + at;
    header.value_len = len - at;
    for (; at < len; at++) {
        if (!is_value_char(line[at]))
            return FALSE;
    }
    *ret_header = header;
    return TRUE;
}

static gboolean
take_text(MadoCursor *cursor, const char *text)
{
    const guint8 *data = NULL;
    gsize len = strlen(text);

    return mado_cursor_take(cursor, len, &data) && memcmp(data, text, len) == 0;
}

static gboolean
take_number(MadoCursor *cursor, gsize n_digits, int *ret_number)
{
    int number = 0;

    for (gsize i = 0; i < n_digits; i++) {
        guint8 c = 0;

        if (!mado_cursor_u8(cursor, &c) || !g_ascii_isdigit((char)c))
            return FALSE;
        number = number * 10 + (c - '0');
    }
    *ret_number = number;
    return TRUE;
}

/* One of the three-letter @names, which stand in a row; its place is returned. */
static gboolean
take_name(MadoCursor *cursor, const char *names, int *ret_place)
{
    const guint8 *data = NULL;

    if (!mado_cursor_take(cursor, 3, &data))
        return FALSE;
    for (int place = 0; names[place * 3] != '\0'; place++) {
        if (memcmp(data, names + place * 3, 3) == 0) {
            *ret_place = place;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
mado_header_parse_date(const char *value, gsize len, gint64 *ret_wall_ms)
{
    g_autoptr(GDateTime) date = NULL;
    MadoCursor cursor;
    int weekday, day, month, year, hour, minute, second;

    mado_cursor_init(&cursor, (const guint8 *)value, len);
    if (!take_name(&cursor, "MonTueWedThuFriSatSun", &weekday) || !take_text(&cursor, ", ") ||
        !take_number(&cursor, 2, &day) || !take_text(&cursor, " ") ||
        !take_name(&cursor, "JanFebMarAprMayJunJulAugSepOctNovDec", &month) ||
        !take_text(&cursor, " ") || !take_number(&cursor, 4, &year) ||
        !take_text(&cursor, " ") || !take_number(&cursor, 2, &hour) ||
        !take_text(&cursor, ":") || !take_number(&cursor, 2, &minute) ||
        !take_text(&cursor, ":") || !take_number(&cursor, 2, &second) ||
        !take_text(&cursor, " GMT") || mado_cursor_left(&cursor) != 0)
        return FALSE;
    date = g_date_time_new_utc(year, month + 1, day, hour, minute, second);
    if (date == NULL || g_date_time_get_day_of_week(date) != weekday + 1)
        return FALSE;
    *ret_wall_ms = g_date_time_to_unix(date) * 1000;
    return TRUE;
}

static gboolean
parse_seconds(const char *value, gsize len, gint64 *ret_delay_ms)
{
    gint64 delay_ms = 0;

    if (len == 0)
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isdigit(value[i]))
            return FALSE;
        delay_ms = MIN(delay_ms * 10 + (value[i] - '0') * 1000, MADO_HEADER_DELAY_MAX_MS);
    }
    *ret_delay_ms = delay_ms;
    return TRUE;
}

gboolean
mado_header_parse_delay(const char *value, gsize len, gint64 now_wall_ms, gint64 *ret_delay_ms)
{
    gint64 then_ms = 0;

    if (parse_seconds(value, len, ret_delay_ms))
        return TRUE;
    if (!mado_header_parse_date(value, len, &then_ms))
        return FALSE;
    *ret_delay_ms = CLAMP(then_ms - now_wall_ms, 0, MADO_HEADER_DELAY_MAX_MS);
    return TRUE;
}

gboolean
mado_header_is_media_type(const char *value, gsize len, const char *media_type)
{
    gsize wanted_len = strlen(media_type);

    if (len < wanted_len || g_ascii_strncasecmp(value, media_type, wanted_len) != 0)
        return FALSE;
    return len == wanted_len || value[wanted_len] == ';' || value[wanted_len] == ' ';
}
