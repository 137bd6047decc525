/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers made of digits: check digits, and the numbers printed on the card that open its
 * files. */
#pragma once

#include "common/date.h"

#define MADO_DIGITS_NUMBER_LEN    12U /* 個人番号, also 照合番号A */
#define MADO_DIGITS_NUMBER_B_LEN  14U /* 照合番号B */
#define MADO_DIGITS_NUMBER_B_SIZE (MADO_DIGITS_NUMBER_B_LEN + 1U)

/* Whether text is one or more of the characters 0 … 9 and nothing else. */
bool
mado_digits_are_digits(const char *text, size_t len);

/* The check digit of the first 11 digits (総務省令85号 第5条); false unless text is 11 digits.
 */
bool
mado_digits_check_digit(const char *text, size_t len, char *ret_digit);

/* 12 digits whose last is their check digit. The time does not depend on which digit is wrong.
 */
bool
mado_digits_number_is_valid(const char *text, size_t len);

/*
 * 照合番号B: birth as era YYMMDD, expiry year YYYY, security code of 4 digits. False when birth
 * is not a valid day, the year is not 1873 … 9999 or the code is not 4 digits; ret_text is then
 * untouched.
 */
bool
mado_digits_number_b(const MadoDate *birth,
                     unsigned expiry_year,
                     const char *code,
                     size_t code_len,
                     char ret_text[MADO_DIGITS_NUMBER_B_SIZE]);

/* 法人番号: 13 digits whose first is their check digit. */
bool
mado_digits_corporate_is_valid(const char *text, size_t len);
