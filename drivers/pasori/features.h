/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answers to SCardControl: PC/SC part 10, 2.3 (features) and 2.6.14 (properties), and the
 * statistics of madoguchi/reader-statistics.h. */
#pragma once

#include "common/writer.h"
#include "drivers/pasori/devices.h"

#include <stdint.h>

/* The control code by which the properties are asked for; the feature list says it. */
#define MADO_FEATURES_CODE_PROPERTIES (0x42000000 + 0x330000 + 0x12)

void
mado_features_list(MadoWriter *writer);

/* firmware as in 0x0111 for 1.11 */
void
mado_features_properties(const MadoDevicesName *device, uint16_t firmware, MadoWriter *writer);

/* numbers: MADO_READER_N_STATISTICS of them */
void
mado_features_statistics(const uint64_t *numbers, MadoWriter *writer);
