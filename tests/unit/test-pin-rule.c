/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/pin-rule.h"
#include "tests/support/test.h"

#include <string.h>

static const MadoDate birth = {1980, 2, 17};

static void
choices_are_judged_row_by_row(void **state)
{
    static const struct {
        MadoPinRule rule;
        const char *pin;
        MadoPinRuleVerdict verdict;
    } rows[] = {
        {MADO_PIN_RULE_DIGITS, "2846", MADO_PIN_RULE_GOOD},
        {MADO_PIN_RULE_DIGITS, "1235", MADO_PIN_RULE_GOOD},
        {MADO_PIN_RULE_DIGITS, "", MADO_PIN_RULE_BAD_LENGTH},
        {MADO_PIN_RULE_DIGITS, "284", MADO_PIN_RULE_BAD_LENGTH},
        {MADO_PIN_RULE_DIGITS, "28461", MADO_PIN_RULE_BAD_LENGTH},
        {MADO_PIN_RULE_DIGITS, "284a", MADO_PIN_RULE_BAD_CHARACTER},
        {MADO_PIN_RULE_DIGITS, "28 6", MADO_PIN_RULE_BAD_CHARACTER},
        {MADO_PIN_RULE_DIGITS, "0000", MADO_PIN_RULE_WEAK_REPEATED},
        {MADO_PIN_RULE_DIGITS, "9999", MADO_PIN_RULE_WEAK_REPEATED},
        {MADO_PIN_RULE_DIGITS, "1234", MADO_PIN_RULE_WEAK_SEQUENCE},
        {MADO_PIN_RULE_DIGITS, "7890", MADO_PIN_RULE_WEAK_SEQUENCE},
        {MADO_PIN_RULE_DIGITS, "4321", MADO_PIN_RULE_WEAK_SEQUENCE},
        {MADO_PIN_RULE_DIGITS, "1098", MADO_PIN_RULE_WEAK_SEQUENCE},
        {MADO_PIN_RULE_DIGITS, "1980", MADO_PIN_RULE_WEAK_BIRTH},
        {MADO_PIN_RULE_DIGITS, "0217", MADO_PIN_RULE_WEAK_BIRTH},
        {MADO_PIN_RULE_DIGITS, "1702", MADO_PIN_RULE_WEAK_BIRTH},
        {MADO_PIN_RULE_DIGITS, "5502", MADO_PIN_RULE_WEAK_BIRTH},
        {MADO_PIN_RULE_PASSWORD, "ABC123", MADO_PIN_RULE_GOOD},
        {MADO_PIN_RULE_PASSWORD, "0123456789ABCDEF", MADO_PIN_RULE_GOOD},
        {MADO_PIN_RULE_PASSWORD, "A2345", MADO_PIN_RULE_BAD_LENGTH},
        {MADO_PIN_RULE_PASSWORD, "0123456789ABCDEFG", MADO_PIN_RULE_BAD_LENGTH},
        {MADO_PIN_RULE_PASSWORD, "abc123", MADO_PIN_RULE_BAD_CHARACTER},
        {MADO_PIN_RULE_PASSWORD, "ABC 123", MADO_PIN_RULE_BAD_CHARACTER},
        {MADO_PIN_RULE_PASSWORD, "ABC[23", MADO_PIN_RULE_BAD_CHARACTER},
        {MADO_PIN_RULE_PASSWORD, "284639", MADO_PIN_RULE_NO_LETTER},
        {MADO_PIN_RULE_PASSWORD, "ABCDEF", MADO_PIN_RULE_NO_DIGIT},
        {MADO_PIN_RULE_PASSWORD, "A19800217", MADO_PIN_RULE_WEAK_BIRTH},
        {MADO_PIN_RULE_PASSWORD, "19800217A", MADO_PIN_RULE_WEAK_BIRTH},
        {MADO_PIN_RULE_PASSWORD, "A1980021", MADO_PIN_RULE_GOOD},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        size_t len = strlen(rows[i].pin);
        MadoPinRuleVerdict form = mado_pin_rule_check_form(rows[i].rule, rows[i].pin, len);

        assert_int_equal(mado_pin_rule_check_choice(rows[i].rule, rows[i].pin, len, &birth),
                         rows[i].verdict);
        /* The form alone knows no weak choice: such a PIN may be on a card already. */
        assert_int_equal(form, rows[i].verdict >= MADO_PIN_RULE_WEAK_REPEATED
                                   ? MADO_PIN_RULE_GOOD
                                   : rows[i].verdict);
    }
}

static void
without_a_birth_date_only_the_rest_is_weak(void **state)
{
    assert_int_equal(mado_pin_rule_check_choice(MADO_PIN_RULE_DIGITS, "1980", 4, NULL),
                     MADO_PIN_RULE_GOOD);
    assert_int_equal(mado_pin_rule_check_choice(MADO_PIN_RULE_DIGITS, "1111", 4, NULL),
                     MADO_PIN_RULE_WEAK_REPEATED);
    assert_int_equal(mado_pin_rule_check_choice(MADO_PIN_RULE_PASSWORD, "A19800217", 9, NULL),
                     MADO_PIN_RULE_GOOD);
}

static void
no_card_accepts_what_no_rule_names(void **state)
{
    assert_int_equal(mado_pin_rule_check_choice((MadoPinRule)7, "2846", 4, NULL),
                     MADO_PIN_RULE_BAD_CHARACTER);
}

static void
upper_case_changes_letters_only(void **state)
{
    char pin[] = "az`{AZ09";

    mado_pin_rule_upper_case(pin, strlen(pin));
    assert_string_equal(pin, "AZ`{AZ09");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_are_judged_row_by_row),
        cmocka_unit_test(without_a_birth_date_only_the_rest_is_weak),
        cmocka_unit_test(no_card_accepts_what_no_rule_names),
        cmocka_unit_test(upper_case_changes_letters_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
