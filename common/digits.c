/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/digits.h"

#include <string.h>

bool
mado_digits_are_digits(const char *text, size_t len)
{
    bool good = len > 0;

    /* To the end in every case: text may be a secret number. */
    for (size_t i = 0; i < len; i++)
        good = (text[i] >= '0') & (text[i] <= '9') & good;
    return good;
}

bool
mado_digits_check_digit(const char *text, size_t len, char *ret_digit)
{
    static const unsigned weights[MADO_DIGITS_NUMBER_LEN - 1] = {6, 5, 4, 3, 2, 7,
                                                                 6, 5, 4, 3, 2};
    unsigned sum = 0;

    if (len != MADO_DIGITS_NUMBER_LEN - 1 || !mado_digits_are_digits(text, len))
        return false;
    for (size_t i = 0; i < len; i++)
        sum += weights[i] * (unsigned)(text[i] - '0');
    *ret_digit = (char)('0' + (sum % 11 <= 1 ? 0 : 11 - sum % 11));
    return true;
}

bool
mado_digits_number_is_valid(const char *text, size_t len)
{
    char digit;

    if (len != MADO_DIGITS_NUMBER_LEN || !mado_digits_check_digit(text, len - 1, &digit))
        return false;
    return text[len - 1] == digit;
}

bool
mado_digits_number_b(const MadoDate *birth,
                     unsigned expiry_year,
                     const char *code,
                     size_t code_len,
                     char ret_text[MADO_DIGITS_NUMBER_B_SIZE])
{
    char text[MADO_DIGITS_NUMBER_B_SIZE];

    if (expiry_year < 1873 || expiry_year > 9999 || code_len != 4 ||
        !mado_digits_are_digits(code, code_len) || !mado_date_format_era(birth, text))
        return false;
    for (size_t i = 0; i < 4; i++) {
        text[9 - i] = (char)('0' + expiry_year % 10);
        expiry_year /= 10;
    }
    memcpy(text + 10, code, 4);
    text[MADO_DIGITS_NUMBER_B_LEN] = '\0';
    memcpy(ret_text, text, sizeof text);
    return true;
}

bool
mado_digits_corporate_is_valid(const char *text, size_t len)
{
    unsigned sum = 0;

    if (len != 13 || !mado_digits_are_digits(text, len))
        return false;
    /* From the right of the twelve digits that follow the check digit: 1, 2, 1, 2 … */
    for (size_t i = 1; i < len; i++)
        sum += (i % 2 == 0 ? 1U : 2U) * (unsigned)(text[i] - '0');
    return (unsigned)(text[0] - '0') == 9 - sum % 9;
}
