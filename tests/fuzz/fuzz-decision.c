/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A decision from a bus client or from a message. */
#include "config.h"

#include "common/decision.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    MadoDecision decision;
    g_autoptr(GBytes) again = NULL;
    g_autoptr(GBytes) third = NULL;

    if (!mado_decision_parse(data, len, &decision, NULL))
        return 0;
    if (!g_utf8_validate(decision.detail, -1, NULL) ||
        strcmp(mado_decision_kind_name(decision.kind), "unknown") == 0)
        abort();
    again = mado_decision_format(&decision, NULL);
    if (again == NULL || !mado_decision_parse(g_bytes_get_data(again, NULL),
                                              g_bytes_get_size(again), &decision, NULL))
        abort();
    third = mado_decision_format(&decision, NULL);
    if (!g_bytes_equal(again, third))
        abort();
    return 0;
}
