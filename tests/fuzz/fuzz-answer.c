/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input is what a server sent: as one header line, as a date, as a delay, as a problem. */
#include "config.h"

#include "relay/header.h"
#include "relay/problem.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void
check_line(const char *text, size_t len)
{
    MadoHeader header;

    if (!mado_header_parse_line(text, len, &header))
        return;
    if (header.name[0] == '\0' || strlen(header.name) > MADO_HEADER_NAME_MAX)
        abort();
    if (header.value < text || header.value_len > len - (size_t)(header.value - text))
        abort();
    if (memchr(header.value, '\n', header.value_len) != NULL)
        abort();
}

static void
check_values(const char *text, size_t len)
{
    gint64 value_ms = 0;

    if (mado_header_parse_delay(text, len, 0, &value_ms) &&
        (value_ms < 0 || value_ms > MADO_HEADER_DELAY_MAX_MS))
        abort();
    (void)mado_header_parse_date(text, len, &value_ms);
    (void)mado_header_is_media_type(text, len, "application/problem+json");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    g_autoptr(MadoProblem) problem = mado_problem_parse(data, len);

    check_line((const char *)data, len);
    check_values((const char *)data, len);
    if (problem == NULL)
        return 0;
    if (len > MADO_PROBLEM_LEN_MAX || !g_str_is_ascii(problem->type) ||
        !g_utf8_validate(problem->title, -1, NULL))
        abort();
    (void)mado_problem_slug(problem->type);
    return 0;
}
