/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/realm.h"
#include "tests/support/test.h"

static void
a_realm_has_one_number_and_one_name(void **state)
{
    MadoRealmCode realm = 0;

    assert_string_equal(mado_realm_name(MADO_REALM_CODE_TRAINING), "training");
    assert_string_equal(mado_realm_name(MADO_REALM_CODE_PRODUCTION), "production");
    assert_true(mado_realm_from_name("training", &realm));
    assert_int_equal(realm, MADO_REALM_CODE_TRAINING);
    assert_true(mado_realm_from_name("production", &realm));
    assert_int_equal(realm, MADO_REALM_CODE_PRODUCTION);
}

static void
another_name_or_number_is_no_realm(void **state)
{
    static const char *const names[] = {NULL, "", "Training", "training ", "unknown"};
    MadoRealmCode realm = MADO_REALM_CODE_TRAINING;

    for (size_t i = 0; i < MADO_N_ELEMENTS(names); i++)
        assert_false(mado_realm_from_name(names[i], &realm));
    assert_int_equal(realm, MADO_REALM_CODE_TRAINING);
    assert_string_equal(mado_realm_name((MadoRealmCode)0), "unknown");
    assert_string_equal(mado_realm_name((MadoRealmCode)3), "unknown");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_realm_has_one_number_and_one_name),
        cmocka_unit_test(another_name_or_number_is_no_realm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
