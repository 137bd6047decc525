/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text files that steer a slot of the training reader. */
#include "config.h"

#include "drivers/training/bay-settings.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    MadoBayFault fault = {0};
    MadoBayKnobs knobs;

    mado_bay_settings_init_knobs(&knobs);
    (void)mado_bay_settings_parse_knobs(text, size, &knobs);
    if (knobs.apdu_delay_us > 10000000 || knobs.rate_kbps > 848) {
        abort();
    }
    if (mado_bay_settings_parse_fault(text, size, &fault) && fault.apdu == 0) {
        abort();
    }
    return 0;
}
