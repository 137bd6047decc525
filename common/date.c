/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/date.h"

#define FIRST_YEAR 1873U
#define LAST_YEAR  9999U

typedef struct {
    MadoDateEra era;
    MadoDate first_day;
} EraRow;

/* Newest first. The last row stands for the first Gregorian day; Meiji's own year 1 is 1868. */
static const EraRow eras[] = {
    {MADO_DATE_REIWA, {2019, 5, 1}},   {MADO_DATE_HEISEI, {1989, 1, 8}},
    {MADO_DATE_SHOWA, {1926, 12, 25}}, {MADO_DATE_TAISHO, {1912, 7, 30}},
    {MADO_DATE_MEIJI, {1868, 1, 1}},
};

static bool
is_leap_year(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool
mado_date_is_valid(const MadoDate *date)
{
    static const uint8_t month_lens[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned last_day;

    if (date->year < FIRST_YEAR || date->year > LAST_YEAR || date->month < 1 ||
        date->month > 12)
        return false;
    last_day = month_lens[date->month - 1];
    if (date->month == 2 && is_leap_year(date->year))
        last_day++;
    return date->day >= 1 && date->day <= last_day;
}

static unsigned
number_of(const char *digits, size_t len)
{
    unsigned number = 0;

    for (size_t i = 0; i < len; i++)
        number = number * 10 + (unsigned)(digits[i] - '0');
    return number;
}

bool
mado_date_parse(const char *text, size_t len, MadoDate *ret_date)
{
    MadoDate date;

    if (len != 8)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
    }
    date.year = (uint16_t)number_of(text, 4);
    date.month = (uint8_t)number_of(text + 4, 2);
    date.day = (uint8_t)number_of(text + 6, 2);
    if (!mado_date_is_valid(&date))
        return false;
    *ret_date = date;
    return true;
}

int
mado_date_compare(const MadoDate *a, const MadoDate *b)
{
    if (a->year != b->year)
        return a->year < b->year ? -1 : 1;
    if (a->month != b->month)
        return a->month < b->month ? -1 : 1;
    if (a->day != b->day)
        return a->day < b->day ? -1 : 1;
    return 0;
}

bool
mado_date_era(const MadoDate *date, MadoDateEra *ret_era, unsigned *ret_era_year)
{
    if (!mado_date_is_valid(date))
        return false;
    for (size_t i = 0; i < sizeof eras / sizeof eras[0]; i++) {
        if (mado_date_compare(date, &eras[i].first_day) >= 0) {
            *ret_era = eras[i].era;
            *ret_era_year = (unsigned)(date->year - eras[i].first_day.year) + 1;
            return true;
        }
    }
    return false;
}

static void
put_two_digits(unsigned number, char *ret_text)
{
    ret_text[0] = (char)('0' + number / 10 % 10);
    ret_text[1] = (char)('0' + number % 10);
}

bool
mado_date_format_era(const MadoDate *date, char ret_text[MADO_DATE_ERA_SIZE])
{
    MadoDateEra era;
    unsigned era_year;

    if (!mado_date_era(date, &era, &era_year) || era_year > 99)
        return false;
    put_two_digits(era_year, ret_text);
    put_two_digits(date->month, ret_text + 2);
    put_two_digits(date->day, ret_text + 4);
    ret_text[6] = '\0';
    return true;
}

bool
mado_date_birthday(const MadoDate *birth, unsigned year, MadoDate *ret_date)
{
    MadoDate date = *birth;

    if (!mado_date_is_valid(birth) || year < FIRST_YEAR || year > LAST_YEAR)
        return false;
    date.year = (uint16_t)year;
    if (date.month == 2 && date.day == 29 && !is_leap_year(year))
        date.day = 28;
    *ret_date = date;
    return true;
}
