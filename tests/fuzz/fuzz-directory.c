/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks: the first byte of the input chooses query, message or rows. What was taken is written,
 * taken and written again, and must not change any more. */
#include "config.h"

#include "common/body-directory.h"
#include "common/body-query.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

static MadoSecret *
turn_query(const guint8 *data, gsize len)
{
    MadoBodyQuery query;

    return mado_body_query_parse(data, len, &query, NULL) ? mado_body_query_format(&query, NULL)
                                                          : NULL;
}

static MadoSecret *
turn_message(const guint8 *data, gsize len)
{
    g_autoptr(MadoSecret) query = NULL;
    MadoBodyDecision decision;
    MadoSecret *again;

    if (!mado_body_query_unwrap(data, len, &query, &decision, NULL))
        return NULL;
    again =
        mado_body_query_wrap(mado_secret_peek(query), mado_secret_len(query), &decision, NULL);
    mado_body_parts_clear_decisions(&decision, 1);
    return again;
}

static MadoSecret *
turn_rows(const guint8 *data, gsize len)
{
    g_autoptr(MadoBodyDirectory) directory = mado_body_directory_parse(data, len, NULL);
    MadoSecret *again;

    if (directory == NULL)
        return NULL;
    again = mado_body_directory_format(directory, NULL);
    if (again == NULL)
        abort();
    return again;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static MadoSecret *(*const turns[])(const guint8 *, gsize) = {turn_query, turn_message,
                                                                  turn_rows};
    g_autoptr(MadoSecret) first = NULL;
    g_autoptr(MadoSecret) second = NULL;

    if (len == 0 || len > 60000)
        return 0;
    first = turns[data[0] % G_N_ELEMENTS(turns)](data + 1, len - 1);
    if (first == NULL)
        return 0;
    second =
        turns[data[0] % G_N_ELEMENTS(turns)](mado_secret_peek(first), mado_secret_len(first));
    if (second == NULL || !mado_secret_equal(first, second))
        abort();
    return 0;
}
