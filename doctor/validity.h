/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Until when a certificate is valid, and whether the authority beside it made it. Any thread.
 */
#pragma once

#include <gio/gio.h>

typedef struct {
    gint64 not_before_ms; /* since 1970 UTC */
    gint64 not_after_ms;
    gboolean is_foreign; /* names the authority as its issuer, but that did not sign it */
} MadoValidity;

/* The first certificate of a PEM file. @authority: (nullable) PEM file. Errors: NOT_AUTHORIZED
 * (this user may not read a file), CONFIG (missing, or no certificate). */
gboolean
mado_validity_load(const char *path,
                   const char *authority,
                   MadoValidity *ret_validity,
                   GError **error);
