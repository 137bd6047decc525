/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The realm's number (messages, certificates) and its name (configuration, bus, HTTP). */
#pragma once

#include "madoguchi/message.h"

#include <stdbool.h>

/* "training" or "production"; "unknown" for another number. Never NULL. */
const char *
mado_realm_name(MadoRealmCode realm);
/* False, nothing set, for any other name (NULL too). */
bool
mado_realm_from_name(const char *name, MadoRealmCode *ret_realm);
