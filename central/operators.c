/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/operators.h"

#include "central/problem.h"
#include "common/decision.h"
#include "common/error.h"

static gboolean
refuse(GError **error, const char *why)
{
    g_set_error_literal(error, MADO_PROBLEM_DOMAIN, MADO_PROBLEM_OPERATOR, why);
    return FALSE;
}

gboolean
mado_operators_check(MadoStore *store,
                     const MadoBodyDecision *decision,
                     const char *operator_id,
                     guint8 roles,
                     GError **error)
{
    g_autoptr(GError) lookup_error = NULL;
    g_autoptr(MadoOperatorRecord) record =
        store->ops->get_operator(store, operator_id, &lookup_error);

    if (record == NULL && !g_error_matches(lookup_error, MADO_ERROR, MADO_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&lookup_error));
        return FALSE;
    }
    if (record == NULL || record->is_revoked || (record->roles & roles) == 0)
        return refuse(error, "unknown, revoked or without the role");
    if (!mado_decision_verify(g_bytes_get_data(record->public_key, NULL),
                              g_bytes_get_size(record->public_key), decision->bytes,
                              decision->signature, NULL))
        return refuse(error, "the signature does not verify");
    return TRUE;
}
