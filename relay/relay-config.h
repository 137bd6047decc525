/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* relay.conf(5): where the centre is, this desk's TLS key, and the operator's key. */
#pragma once

#include "common/settings.h"

/* For --check-config, the manual and its test. Ends with group == NULL. */
const MadoSettingRow *
mado_relay_config_rows(void);

/* All strings are owned by it; paths are absolute or relative to the working folder. */
typedef struct {
    char *url;         /* https://host[:port], nothing after it */
    char *ca;          /* PEM: the only authority the centre's certificate may chain to */
    char *pins;        /* (nullable) "sha256//BASE64;sha256//BASE64" of public keys */
    char *terminal;    /* CN of the client certificate */
    char *certificate; /* PEM, client */
    char *key;         /* PEM, not encrypted, mode 0600 */
    char *operator_id;
    char *operator_key; /* PEM, passphrase-protected */
    guint budget_ms;
} MadoRelayConfig;

/* (transfer full). Error: CONFIG, naming file, group and key. */
MadoRelayConfig *
mado_relay_config_load(const char *path, GError **error);
void
mado_relay_config_free(MadoRelayConfig *self); /* NULL is allowed */

/* Error: CONFIG when @url is not https://host[:port]. */
gboolean
mado_relay_config_check_url(const char *url, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoRelayConfig, mado_relay_config_free)
