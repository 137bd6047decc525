/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checksum of every type B frame (ISO/IEC 14443-3, 7.2 and annex B; ISO/IEC 13239). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASORI_CRC_LEN 2U

uint16_t
pasori_crc_b(const uint8_t *data, size_t len);

/* Puts the two bytes, low one first, behind len bytes. */
void
pasori_crc_b_append(uint8_t *data, size_t len);

/* Whether the last two of len bytes are right. */
bool
pasori_crc_b_is_right(const uint8_t *data, size_t len);
