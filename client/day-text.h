/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Days as people write them, in both calendars. What is read is checked by writing it back: an
 * era has a day only if it was the era on that day, so 昭和64年1月8日 and 平成元年1月7日 are
 * refused and not guessed at. Pure; any thread.
 *
 * Read: 1985-07-14, 1985/7/14, 1985.7.14, 19850714, 1985年7月14日; 昭和60年7月14日, 昭60.7.14,
 * S60.7.14, S600714, 3600714 (the era digit of resident records), ㍼60年7月14日, 平成元年…,
 * 昭和 六十年七月十四日; full width as half width, spaces anywhere.
 */
#pragma once

#include "common/date.h"

#include <glib.h>

typedef enum {
    MADO_DAY_TEXT_OK,
    MADO_DAY_TEXT_FORM,      /* none of the forms above */
    MADO_DAY_TEXT_NO_DAY,    /* there is no such day */
    MADO_DAY_TEXT_OTHER_ERA, /* the day exists, in another era */
} MadoDayTextResult;

/* *ret_date is set with OK alone. */
MadoDayTextResult
mado_day_text_parse(const char *text, MadoDate *ret_date);

/* (transfer full): 昭和60年7月14日, 平成元年1月8日; @date is valid. Before 1868 cannot be. */
char *
mado_day_text_format_era(const MadoDate *date);
/* (transfer full): 1985-07-14. */
char *
mado_day_text_format_western(const MadoDate *date);
/* YYYYMMDD, as messages have it. */
void
mado_day_text_format_digits(const MadoDate *date, char ret_text[9]);
