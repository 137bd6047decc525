/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a clerk types into the search: a key folds to itself and begins with the key of every
 * beginning; a day that is read is written and read again as the same. */
#include "config.h"

#include "client/day-text.h"
#include "common/reading.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void
check_reading(const char *text)
{
    g_autofree char *key = mado_reading_fold(text);
    g_autofree char *again = mado_reading_fold(key);

    if (strcmp(key, again) != 0 || !mado_reading_matches(text, key))
        abort();
}

static void
check_day(const char *text)
{
    g_autofree char *written = NULL;
    MadoDate again;
    MadoDate date;

    if (mado_day_text_parse(text, &date) != MADO_DAY_TEXT_OK)
        return;
    written = mado_day_text_format_era(&date);
    if (mado_day_text_parse(written, &again) != MADO_DAY_TEXT_OK ||
        mado_date_compare(&date, &again) != 0)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    g_autofree char *text = g_strndup((const char *)data, len);

    if (len > 4096)
        return 0;
    check_day(text);
    if (g_utf8_validate(text, -1, NULL))
        check_reading(text);
    return 0;
}
