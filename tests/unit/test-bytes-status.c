/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/bytes-status.h"
#include "tests/support/test.h"

#include <string.h>

static void
every_status_has_its_own_name(void **state)
{
    for (int i = 0; i < MADO_BYTES_N_STATUSES; i++) {
        const char *name = mado_bytes_status_name((MadoBytesStatus)i);

        assert_string_not_equal(name, "unknown");
        for (int j = 0; j < i; j++)
            assert_string_not_equal(name, mado_bytes_status_name((MadoBytesStatus)j));
    }
}

static void
a_number_that_is_no_status_has_a_name_too(void **state)
{
    assert_string_equal(mado_bytes_status_name(MADO_BYTES_N_STATUSES), "unknown");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_own_name),
        cmocka_unit_test(a_number_that_is_no_status_has_a_name_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
