/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How tests look at a GError. */
#pragma once

#include "common/error.h"
#include "tests/support/test.h"

/* @error is a MADO_ERROR with this code; prints it otherwise. */
#define assert_mado_error(error, code_expected)                                                \
    do {                                                                                       \
        if ((error) == NULL)                                                                   \
            fail_msg("no error where %s was expected", mado_error_nick(code_expected));        \
        else if ((error)->domain != MADO_ERROR || (error)->code != (int)(code_expected))       \
            fail_msg("%s where %s was expected", (error)->message,                             \
                     mado_error_nick(code_expected));                                          \
    } while (0)

/* The same, and its message holds this. */
#define assert_mado_error_says(error, code_expected, words)                                    \
    do {                                                                                       \
        assert_mado_error(error, code_expected);                                               \
        if (strstr((error)->message, words) == NULL)                                           \
            fail_msg("'%s' does not say '%s'", (error)->message, words);                       \
    } while (0)

#define assert_no_mado_error(error)                                                            \
    do {                                                                                       \
        if ((error) != NULL)                                                                   \
            fail_msg("%s", (error)->message);                                                  \
    } while (0)
