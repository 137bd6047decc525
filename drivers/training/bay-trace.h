/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line per exchange for whoever measures or looks for a fault: headers, lengths and times,
 * never data. */
#pragma once

#include "drivers/training/bay-settings.h"

/* One exchange; everything borrowed. */
typedef struct {
    const uint8_t *command;
    size_t command_len;
    const uint8_t *answer;
    size_t answer_len;
    uint64_t took_us;
} MadoBayTraceApdu;

/* Both append to the file if there is one, and do nothing otherwise. */
void
mado_bay_trace_apdu(const char *path, const MadoBayTraceApdu *apdu);
void
mado_bay_trace_fault(const char *path, MadoBayFaultKind kind, uint32_t apdu);
