/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/signer.h"

#include "cli/descriptor.h"
#include "cli/terminal.h"
#include "common/clock.h"
#include "common/error.h"

#include <glib/gi18n.h>

#include <string.h>

#define PASSPHRASE_LEN_MAX 255

struct _MadoSigner {
    const MadoRelayConfig *config; /* borrowed */
    int passphrase_fd;             /* -1: the terminal */
    MadoOperatorKey *key;          /* (nullable) before the first decision */
};

MadoSigner *
mado_signer_new(const MadoRelayConfig *config, int passphrase_fd, GError **error)
{
    MadoSigner *self;

    if (config->operator_id == NULL || config->operator_key == NULL) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG,
                    "[operator]: id and key are needed to decide");
        return NULL;
    }
    self = g_new0(MadoSigner, 1);
    self->config = config;
    self->passphrase_fd = passphrase_fd;
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

static gboolean
ask_passphrase(guint8 *buffer, gsize capacity, gsize *ret_len, gpointer user_data)
{
    MadoSigner *self = user_data;
    g_autofree char *label =
        g_strdup_printf(_("Passphrase of operator %s: "), self->config->operator_id);
    MadoTerminalQuestion question = {.label = label, .is_secret = TRUE};
    g_autoptr(MadoSecret) passphrase =
        self->passphrase_fd >= 0
            ? mado_descriptor_read(self->passphrase_fd, PASSPHRASE_LEN_MAX, NULL)
            : mado_terminal_ask(&question, NULL, NULL);

    if (passphrase == NULL || mado_secret_len(passphrase) > capacity)
        return FALSE;
    memcpy(buffer, mado_secret_peek(passphrase), mado_secret_len(passphrase));
    *ret_len = mado_secret_len(passphrase);
    return TRUE;
}

static gboolean
ensure_key(MadoSigner *self, GError **error)
{
    if (self->key == NULL)
        self->key =
            mado_operator_key_load(self->config->operator_key, ask_passphrase, self, error);
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

    if (!ensure_key(self, error))
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
