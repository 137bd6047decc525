/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one function of a fuzz target, called by libFuzzer or by main.c. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Returns 0. A defect shows as a crash, by sanitizer or abort(). */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
