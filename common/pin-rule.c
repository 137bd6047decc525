/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/pin-rule.h"

#include "common/digits.h"

#include <string.h>

#define DIGITS_LEN       4U
#define PASSWORD_MIN_LEN 6U

void
mado_pin_rule_upper_case(char *pin, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (pin[i] >= 'a' && pin[i] <= 'z')
            pin[i] = (char)(pin[i] - 'a' + 'A');
    }
}

static MadoPinRuleVerdict
check_digits_form(const char *pin, size_t len)
{
    if (len != DIGITS_LEN)
        return MADO_PIN_RULE_BAD_LENGTH;
    return mado_digits_are_digits(pin, len) ? MADO_PIN_RULE_GOOD : MADO_PIN_RULE_BAD_CHARACTER;
}

static MadoPinRuleVerdict
check_password_form(const char *pin, size_t len)
{
    size_t n_letters = 0;
    size_t n_digits = 0;

    if (len < PASSWORD_MIN_LEN || len > MADO_PIN_RULE_MAX_LEN)
        return MADO_PIN_RULE_BAD_LENGTH;
    for (size_t i = 0; i < len; i++) {
        n_letters += pin[i] >= 'A' && pin[i] <= 'Z';
        n_digits += pin[i] >= '0' && pin[i] <= '9';
    }
    if (n_letters + n_digits != len)
        return MADO_PIN_RULE_BAD_CHARACTER;
    if (n_letters == 0)
        return MADO_PIN_RULE_NO_LETTER;
    return n_digits == 0 ? MADO_PIN_RULE_NO_DIGIT : MADO_PIN_RULE_GOOD;
}

MadoPinRuleVerdict
mado_pin_rule_check_form(MadoPinRule rule, const char *pin, size_t len)
{
    switch (rule) {
    case MADO_PIN_RULE_DIGITS:
        return check_digits_form(pin, len);
    case MADO_PIN_RULE_PASSWORD:
        return check_password_form(pin, len);
    }
    return MADO_PIN_RULE_BAD_CHARACTER;
}

/* Whether each digit is the one before it plus step, 0 following 9. */
static bool
is_row(const char *pin, size_t len, unsigned step)
{
    for (size_t i = 1; i < len; i++) {
        if ((unsigned)(pin[i] - '0') != ((unsigned)(pin[i - 1] - '0') + step) % 10)
            return false;
    }
    return true;
}

static void
put_digits(unsigned number, char *ret_text, size_t len)
{
    while (len-- > 0) {
        ret_text[len] = (char)('0' + number % 10);
        number /= 10;
    }
}

static bool
is_from_birth(const char *pin, const MadoDate *birth)
{
    char month_day[4];
    char day_month[4];
    char year[4];
    char era[MADO_DATE_ERA_SIZE];

    put_digits(birth->year, year, 4);
    put_digits(birth->month, month_day, 2);
    put_digits(birth->day, month_day + 2, 2);
    put_digits(birth->day, day_month, 2);
    put_digits(birth->month, day_month + 2, 2);
    return memcmp(pin, year, 4) == 0 || memcmp(pin, month_day, 4) == 0 ||
           memcmp(pin, day_month, 4) == 0 ||
           (mado_date_format_era(birth, era) && memcmp(pin, era, 4) == 0);
}

static MadoPinRuleVerdict
check_digits_choice(const char *pin, size_t len, const MadoDate *birth)
{
    if (is_row(pin, len, 0))
        return MADO_PIN_RULE_WEAK_REPEATED;
    if (is_row(pin, len, 1) || is_row(pin, len, 9))
        return MADO_PIN_RULE_WEAK_SEQUENCE;
    if (birth != NULL && is_from_birth(pin, birth))
        return MADO_PIN_RULE_WEAK_BIRTH;
    return MADO_PIN_RULE_GOOD;
}

static MadoPinRuleVerdict
check_password_choice(const char *pin, size_t len, const MadoDate *birth)
{
    char text[8];

    if (birth == NULL)
        return MADO_PIN_RULE_GOOD;
    put_digits(birth->year, text, 4);
    put_digits(birth->month, text + 4, 2);
    put_digits(birth->day, text + 6, 2);
    for (size_t at = 0; at + sizeof text <= len; at++) {
        if (memcmp(pin + at, text, sizeof text) == 0)
            return MADO_PIN_RULE_WEAK_BIRTH;
    }
    return MADO_PIN_RULE_GOOD;
}

MadoPinRuleVerdict
mado_pin_rule_check_choice(MadoPinRule rule, const char *pin, size_t len, const MadoDate *birth)
{
    MadoPinRuleVerdict verdict = mado_pin_rule_check_form(rule, pin, len);

    if (verdict != MADO_PIN_RULE_GOOD)
        return verdict;
    switch (rule) {
    case MADO_PIN_RULE_DIGITS:
        return check_digits_choice(pin, len, birth);
    case MADO_PIN_RULE_PASSWORD:
        return check_password_choice(pin, len, birth);
    }
    return verdict;
}
