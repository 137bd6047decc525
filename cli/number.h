/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 照合番号A and B: check numbers that open parts of the card without a PIN. */
#pragma once

#include "cli/arguments.h"

#include <gio/gio.h>

typedef enum {
    MADO_NUMBER_A, /* the individual number itself, 12 digits */
    MADO_NUMBER_B, /* birth date, expiry and security code off the card's face, 14 digits */
} MadoNumber;

/*
 * A sealed memfd (transfer full) holding the number from --number-a-fd or --number-b-fd, or
 * asked on the terminal without echo; -1 with @error. Errors: BAD_ARGUMENT, CANCELLED.
 */
int
mado_number_seal(const MadoArguments *arguments,
                 MadoNumber number,
                 GCancellable *cancellable,
                 GError **error);
