/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/procedure/plan.h"

/* (transfer none), constant. */
const MadoPlan *
mado_issue_plan(void);
