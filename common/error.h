/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one error domain, MADO_ERROR, with the codes of include/madoguchi/errors.h, and the
 * converters at the borders: other domains (GIO, PC/SC, CURL, OpenSSL, SQLite) never cross a
 * part's border raw. Any thread.
 */
#pragma once

#include "madoguchi/errors.h"

#include <gio/gio.h>

#define MADO_ERROR (mado_error_quark())
GQuark
mado_error_quark(void); /* also registers the D-Bus names with GDBus */

/* (transfer none): "PinWrong" for MADO_ERROR_PIN_WRONG; "Internal" for an unknown code. */
const char *
mado_error_nick(MadoErrorCode code);
/* TRUE and *ret_code when @nick (with or without MADO_ERROR_PREFIX) is one of ours. */
gboolean
mado_error_from_nick(const char *nick, MadoErrorCode *ret_code);
/* (transfer none): the English sentence of errors.h. */
const char *
mado_error_sentence(MadoErrorCode code);
/* (transfer none), static: all codes, in order; *ret_n_codes of them. */
const MadoErrorCode *
mado_error_all(gsize *ret_n_codes);

/* Replaces a foreign error in place (GIO, D-Bus and file errors by a table, anything else
 * INTERNAL), keeping its text; a MADO_ERROR stays. @error may be NULL or hold nothing. */
void
mado_error_convert(GError **error);
/* The code of @error, INTERNAL when it is NULL or foreign. */
MadoErrorCode
mado_error_code(const GError *error);
/* Sets "@doing: reason; reason" from OpenSSL's error queue (reason strings only: data strings
 * may hold what was parsed) and empties the queue. Returns FALSE always. */
gboolean
mado_error_set_openssl(GError **error, MadoErrorCode code, const char *doing);

/* Sets PIN_WRONG, or PIN_BLOCKED when no try is left; "tries=N" ends the message. Returns FALSE
 * always. */
gboolean
mado_error_set_pin_wrong(GError **error, guint n_tries);
/* Sets HELD for a visit (hex) that waits to be resumed; "visit=HEX" ends the message. Returns
 * FALSE. */
gboolean
mado_error_set_held_visit(GError **error, const char *visit);
/* (transfer none): the HEX at the end of such a message; NULL when absent. */
const char *
mado_error_held_visit(const GError *error);
/* The N of "tries=N" at the end of a PIN_WRONG or PIN_BLOCKED message; -1 when absent. */
int
mado_error_tries_left(const GError *error);
