/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The only file that includes cmocka.h, which wants these four before it, in any order but a
 * sorted one. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#define MADO_N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))
