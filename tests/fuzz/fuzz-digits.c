/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input is text read off a card or typed by a person: dates, numbers, PINs. */
#include "common/date.h"
#include "common/digits.h"
#include "common/pin-rule.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void
check_date(const char *text, size_t len)
{
    MadoDate date;
    char number[MADO_DIGITS_NUMBER_B_SIZE];

    if (len < 12 || !mado_date_parse(text, 8, &date))
        return;
    if (!mado_date_is_valid(&date))
        abort();
    if (mado_digits_number_b(&date, date.year, text + 8, 4, number) &&
        (strlen(number) != MADO_DIGITS_NUMBER_B_LEN ||
         !mado_digits_are_digits(number, MADO_DIGITS_NUMBER_B_LEN)))
        abort();
    (void)mado_pin_rule_check_choice(MADO_PIN_RULE_DIGITS, text + 8, len - 8, &date);
    (void)mado_pin_rule_check_choice(MADO_PIN_RULE_PASSWORD, text, len, &date);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *text = (const char *)data;
    MadoPinRuleVerdict form;

    if (mado_digits_number_is_valid(text, len) && len != MADO_DIGITS_NUMBER_LEN)
        abort();
    (void)mado_digits_corporate_is_valid(text, len);
    check_date(text, len);
    form = mado_pin_rule_check_form(MADO_PIN_RULE_PASSWORD, text, len);
    if (form == MADO_PIN_RULE_GOOD && (len < 6 || len > MADO_PIN_RULE_MAX_LEN))
        abort();
    return 0;
}
