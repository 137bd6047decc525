/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input is what a reader or its driver says of itself: USB descriptors, a list of features,
 * a list of properties, and counters. */
#include "config.h"

#include "doctor/ccid-descriptor.h"
#include "doctor/reader-properties.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void
check_descriptor(const uint8_t *data, size_t len)
{
    MadoCcidDescriptor descriptor;

    memset(&descriptor, 0xA5, sizeof descriptor);
    if (!mado_ccid_descriptor_parse(data, len, &descriptor))
        return;
    if (!descriptor.is_ccid && (descriptor.n_slots != 0 || descriptor.features != 0))
        abort();
    if (descriptor.is_ccid && (descriptor.n_slots == 0 || descriptor.n_slots > 256))
        abort();
    (void)mado_ccid_descriptor_level(&descriptor);
}

static void
check_properties(const uint8_t *data, size_t len)
{
    MadoReaderProperties properties;

    memset(&properties, 0xA5, sizeof properties);
    if (!mado_reader_properties_parse(data, len, &properties))
        return;
    if (memchr(properties.firmware, '\0', sizeof properties.firmware) == NULL)
        abort();
    for (const char *at = properties.firmware; *at != '\0'; at++) {
        if (*at < 0x20 || *at > 0x7E)
            abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    MadoReaderCounters counters;
    uint32_t code = 0;

    check_descriptor(data, len);
    check_properties(data, len);
    (void)mado_reader_properties_find_feature(data, len, MADO_READER_FEATURE_TLV_PROPERTIES,
                                              &code);
    if (mado_reader_properties_parse_counters(data, len, &counters) &&
        (counters.n > MADO_READER_N_STATISTICS || counters.n * 8 > len))
        abort();
    return 0;
}
