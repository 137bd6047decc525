/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calendar days, and the Japanese era years that the card's printed numbers use. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint16_t year; /* Gregorian */
    uint8_t month; /* 1 … 12 */
    uint8_t day;   /* 1 … 31 */
} MadoDate;

typedef enum {
    MADO_DATE_MEIJI = 1, /* the numbers of the era digit in certificates */
    MADO_DATE_TAISHO,
    MADO_DATE_SHOWA,
    MADO_DATE_HEISEI,
    MADO_DATE_REIWA
} MadoDateEra;

#define MADO_DATE_ERA_SIZE 7U /* YYMMDD and its end mark */

/* A day that exists, from 1873 (when Japan took the Gregorian calendar) to 9999. */
bool
mado_date_is_valid(const MadoDate *date);

/* text is exactly eight digits YYYYMMDD of a valid day. */
bool
mado_date_parse(const char *text, size_t len, MadoDate *ret_date);

/* Less than, equal to or greater than 0 as a is before, on or after b. */
int
mado_date_compare(const MadoDate *a, const MadoDate *b);

/* The era of a valid day and its year in it, first year 1. Eras change by day: 1989-01-07 is
 * Showa 64. */
bool
mado_date_era(const MadoDate *date, MadoDateEra *ret_era, unsigned *ret_era_year);

/* YYMMDD with the two-digit era year, as in the birth date key and 照合番号B. */
bool
mado_date_format_era(const MadoDate *date, char ret_text[MADO_DATE_ERA_SIZE]);

/* The birthday in `year`; 29 February is 28 February in other years. False unless both are
 * valid. */
bool
mado_date_birthday(const MadoDate *birth, unsigned year, MadoDate *ret_date);
