/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/hardening.h"

#include <sys/prctl.h>
#include <sys/resource.h>

void
mado_hardening_apply(void)
{
    const struct rlimit none = {0, 0};

    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)setrlimit(RLIMIT_CORE, &none);
}
