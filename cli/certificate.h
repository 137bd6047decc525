/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a certificate off a card says, for people; nothing is verified here. */
#pragma once

#include <json-glib/json-glib.h>

/* Adds subject and issuer (RFC 2253), serial (hex), not-before and
 * not-after (ISO 8601 date) to @object; nothing when @data is no certificate. */
void
mado_certificate_describe(const guint8 *data, gsize len, JsonObject *object);
