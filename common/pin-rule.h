/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a resident may choose as a PIN. The form is the card's; the weak choices are the
 * counter's advice. */
#pragma once

#include "common/date.h"

typedef enum {
    MADO_PIN_RULE_DIGITS, /* exactly 4 digits */
    MADO_PIN_RULE_PASSWORD /* 6 … 16 of A … Z and 0 … 9, at least one letter and one digit */
} MadoPinRule;

typedef enum {
    MADO_PIN_RULE_GOOD,
    MADO_PIN_RULE_BAD_LENGTH,
    MADO_PIN_RULE_BAD_CHARACTER,
    MADO_PIN_RULE_NO_LETTER,
    MADO_PIN_RULE_NO_DIGIT,
    MADO_PIN_RULE_WEAK_REPEATED, /* 0000, AAAAA1 is not */
    MADO_PIN_RULE_WEAK_SEQUENCE, /* 1234, 4321, 7890; ABCDEFGH1 is not */
    MADO_PIN_RULE_WEAK_BIRTH,    /* digits: year, MMDD, DDMM or era year and month of birth */
    MADO_PIN_RULE_N_VERDICTS
} MadoPinRuleVerdict;

#define MADO_PIN_RULE_MAX_LEN 16U

/* Upper-cases a … z in place: the card compares bytes and knows capitals only. */
void
mado_pin_rule_upper_case(char *pin, size_t len);

/* Only the form: what the card itself would refuse. Used for PINs that exist already. */
MadoPinRuleVerdict
mado_pin_rule_check_form(MadoPinRule rule, const char *pin, size_t len);

/*
 * Form first, then weak choices; used for a PIN being chosen. birth is NULL when it is not
 * known. Passwords hold letters and digits by their form, so only a password containing the
 * whole birth date (YYYYMMDD) is weak.
 */
MadoPinRuleVerdict
mado_pin_rule_check_choice(MadoPinRule rule,
                           const char *pin,
                           size_t len,
                           const MadoDate *birth);
