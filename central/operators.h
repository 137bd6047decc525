/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a signed decision is an operator's who may make it. */
#pragma once

#include "central/store.h"
#include "common/body-parts.h"

/* The signature is checked with the registered key of @operator_id, so a decision cannot name
 * another. @roles: set of MadoRole, any of which will do. MADO_PROBLEM_OPERATOR: unknown,
 * revoked, without the role, or not their signature. JOURNAL. */
gboolean
mado_operators_check(MadoStore *store,
                     const MadoBodyDecision *decision,
                     const char *operator_id,
                     guint8 roles,
                     GError **error);
