/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes as upper-case hexadecimal text, and back. */
#pragma once

#include "common/bytes-status.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes of text, end mark included, that mado_hex_format() needs for len bytes. */
#define MADO_HEX_SIZE(len) (2U * (len) + 1U)

/* Writes text with its end mark; FULL when cap is below MADO_HEX_SIZE(len). */
MadoBytesStatus
mado_hex_format(const uint8_t *data, size_t len, char *ret_text, size_t cap) MADO_MUST_CHECK;

/*
 * Reads text of pairs of digits in either case, nothing between them. BAD_LENGTH for an odd
 * number of digits, BAD_VALUE for anything else than a digit, FULL when they do not fit.
 * *ret_data may have been written in part only if OK is returned in the end: the text is looked
 * through first.
 */
MadoBytesStatus
mado_hex_parse(const char *text,
               size_t text_len,
               uint8_t *ret_data,
               size_t cap,
               size_t *ret_len) MADO_MUST_CHECK;
