/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/realm.h"

#include "madoguchi/names.h"

#include <stddef.h>
#include <string.h>

const char *
mado_realm_name(MadoRealmCode realm)
{
    switch (realm) {
    case MADO_REALM_CODE_TRAINING:
        return MADO_REALM_TRAINING;
    case MADO_REALM_CODE_PRODUCTION:
        return MADO_REALM_PRODUCTION;
    }
    return "unknown";
}

bool
mado_realm_from_name(const char *name, MadoRealmCode *ret_realm)
{
    if (name == NULL)
        return false;
    if (strcmp(name, MADO_REALM_TRAINING) == 0)
        *ret_realm = MADO_REALM_CODE_TRAINING;
    else if (strcmp(name, MADO_REALM_PRODUCTION) == 0)
        *ret_realm = MADO_REALM_CODE_PRODUCTION;
    else
        return false;
    return true;
}
