/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signer.h"

#include "common/clock.h"
#include "common/error.h"

struct _MadoSigner {
    const MadoRelayConfig *config; /* borrowed */
    MadoAskPassphrase ask;
    gpointer user_data;
    MadoOperatorKey *key; /* (nullable) before the first decision */
};

MadoSigner *
mado_signer_new(const MadoRelayConfig *config,
                MadoAskPassphrase ask,
                gpointer user_data,
                GError **error)
{
    MadoSigner *self;

    if (config->operator_id == NULL || config->operator_key == NULL) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG,
                    "[operator]: id and key are needed to decide");
        return NULL;
    }
    self = g_new0(MadoSigner, 1);
    self->config = config;
    self->ask = ask;
    self->user_data = user_data;
    return self;
}

void
mado_signer_free(MadoSigner *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->key, mado_operator_key_free);
    g_free(self);
}

const char *
mado_signer_operator(const MadoSigner *self)
{
    return self->config->operator_id;
}

gboolean
mado_signer_unlock(MadoSigner *self, GError **error)
{
    if (self->key == NULL)
        self->key = mado_operator_key_load(self->config->operator_key, self->ask,
                                           self->user_data, error);
    return self->key != NULL;
}

gboolean
mado_signer_sign(MadoSigner *self,
                 MadoDecision *decision,
                 GBytes **ret_bytes,
                 GBytes **ret_signature,
                 GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GBytes) signature = NULL;

    if (!mado_signer_unlock(self, error))
        return FALSE;
    g_strlcpy(decision->operator_id, self->config->operator_id, sizeof decision->operator_id);
    decision->time_ms = mado_clock_wall_ms(mado_clock_system());
    bytes = mado_decision_format(decision, error);
    if (bytes == NULL)
        return FALSE;
    signature = mado_decision_sign(self->key, bytes, error);
    if (signature == NULL)
        return FALSE;
    *ret_bytes = g_steal_pointer(&bytes);
    *ret_signature = g_steal_pointer(&signature);
    return TRUE;
}
