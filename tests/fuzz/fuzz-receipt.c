/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A receipt's signed content. */
#include "config.h"

#include "common/receipt.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    MadoReceipt receipt;
    g_autoptr(GBytes) body = NULL;
    g_autoptr(GBytes) same_body = NULL;
    g_autoptr(GBytes) again = NULL;

    if (!mado_receipt_parse(data, len, &receipt, &body, NULL))
        return 0;
    (void)mado_receipt_check_link(&receipt, receipt.number - 1, receipt.previous, NULL);
    again = mado_receipt_format(&receipt, body, NULL);
    if (again == NULL ||
        !mado_receipt_parse(g_bytes_get_data(again, NULL), g_bytes_get_size(again), &receipt,
                            &same_body, NULL))
        abort();
    if (!g_bytes_equal(body, same_body))
        abort();
    return 0;
}
