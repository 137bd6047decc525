/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The few response headers the relay acts on, read from a server's bytes (RFC 9110, RFC 9112).
 * Pure: no allocation, any thread. Whatever is not exactly of the documented form is refused;
 * a refused header is as good as none.
 */
#pragma once

#include <glib.h>

#define MADO_HEADER_NAME_MAX 64
#define MADO_HEADER_DELAY_MAX_MS                                                               \
    (24 * 60 * 60 * G_GINT64_CONSTANT(1000)) /* longer waits mean the same: give up */

typedef struct {
    char name[MADO_HEADER_NAME_MAX + 1]; /* lower case */
    const char *value;                   /* (borrowed from the line); not NUL-terminated */
    gsize value_len;
} MadoHeader;

/* One line as it came, with or without its CR LF. FALSE, nothing written, for anything but
 * `name: value` with a token as name and no control characters in the value. */
gboolean
mado_header_parse_line(const char *line, gsize len, MadoHeader *ret_header);

/* Date: IMF-fixdate alone ("Mon, 23 Nov 2026 05:46:22 GMT"); ms since 1970 UTC. */
gboolean
mado_header_parse_date(const char *value, gsize len, gint64 *ret_wall_ms);

/* Retry-After: seconds, or a date from which @now_wall_ms is taken; never negative, never more
 * than MADO_HEADER_DELAY_MAX_MS. */
gboolean
mado_header_parse_delay(const char *value, gsize len, gint64 now_wall_ms, gint64 *ret_delay_ms);

/* Whether a Content-Type names @media_type; its parameters are not looked at. */
gboolean
mado_header_is_media_type(const char *value, gsize len, const char *media_type);
