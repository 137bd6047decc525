/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/wipe.h"
#include "tests/support/test.h"

#include <string.h>

static void
wipe_clears_what_it_is_given_and_no_more(void **state)
{
    uint8_t bytes[] = {1, 2, 3, 4};

    mado_wipe(bytes + 1, 2);
    assert_memory_equal(bytes, ((uint8_t[]){1, 0, 0, 4}), sizeof bytes);
    mado_wipe(NULL, 0);
}

static void
equal_looks_at_every_byte(void **state)
{
    uint8_t a[32];
    uint8_t b[32];

    memset(a, 0x5A, sizeof a);
    memcpy(b, a, sizeof b);
    assert_true(mado_wipe_equal(a, b, sizeof a));
    assert_true(mado_wipe_equal(a, b, 0));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] ^= 0x80;
        assert_false(mado_wipe_equal(a, b, sizeof a));
        assert_true(mado_wipe_equal(a, b, i));
        b[i] ^= 0x80;
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wipe_clears_what_it_is_given_and_no_more),
        cmocka_unit_test(equal_looks_at_every_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
