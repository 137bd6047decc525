/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "relay/relay-config.h"

#include "common/error.h"

#include <string.h>

static const MadoSettingRow rows[] = {
    {"centre", "url", MADO_SETTING_STRING, TRUE, NULL, NULL,
     "https://host[:port] of the centre"},
    {"centre", "ca", MADO_SETTING_PATH, TRUE, NULL, NULL,
     "PEM file: the authority of the centre's TLS certificate; the system's are not used"},
    {"centre", "pins", MADO_SETTING_STRING, FALSE, NULL, NULL,
     "accepted public keys of the centre: sha256//BASE64, several with a semicolon between"},
    {"client", "terminal", MADO_SETTING_STRING, TRUE, NULL, NULL,
     "this desk's id, the CN of its certificate"},
    {"client", "certificate", MADO_SETTING_PATH, TRUE, NULL, NULL, "PEM file: TLS certificate"},
    {"client", "key", MADO_SETTING_PATH, TRUE, NULL, NULL, "PEM file: TLS key, mode 0600"},
    {"operator", "id", MADO_SETTING_STRING, FALSE, NULL, NULL, "the operator's id"},
    {"operator", "key", MADO_SETTING_PATH, FALSE, NULL, NULL,
     "PEM file: the operator's key, protected by a passphrase"},
    {"limits", "budget-ms", MADO_SETTING_UINT, FALSE, "60000", "1000..600000",
     "time for one message with all its retries"},
    {NULL, NULL, MADO_SETTING_STRING, FALSE, NULL, NULL, NULL},
};

const MadoSettingRow *
mado_relay_config_rows(void)
{
    return rows;
}

static gboolean
is_host_char(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '.' || c == ':' || c == '[' || c == ']';
}

gboolean
mado_relay_config_check_url(const char *url, GError **error)
{
    static const char scheme[] = "https://";
    const char *host = url + strlen(scheme);

    if (g_str_has_prefix(url, scheme) && *host != '\0') {
        while (is_host_char(*host))
            host++;
        if (*host == '\0')
            return TRUE;
    }
    g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG,
                "url '%s': not of the form https://host[:port]", url);
    return FALSE;
}

MadoRelayConfig *
mado_relay_config_load(const char *path, GError **error)
{
    g_autoptr(MadoSettings) settings = mado_settings_load(path, rows, error);
    g_autoptr(MadoRelayConfig) self = NULL;

    if (settings == NULL)
        return NULL;
    self = g_new0(MadoRelayConfig, 1);
    self->url = g_strdup(mado_settings_string(settings, "centre", "url"));
    self->ca = g_strdup(mado_settings_string(settings, "centre", "ca"));
    self->pins = g_strdup(mado_settings_string(settings, "centre", "pins"));
    self->terminal = g_strdup(mado_settings_string(settings, "client", "terminal"));
    self->certificate = g_strdup(mado_settings_string(settings, "client", "certificate"));
    self->key = g_strdup(mado_settings_string(settings, "client", "key"));
    self->operator_id = g_strdup(mado_settings_string(settings, "operator", "id"));
    self->operator_key = g_strdup(mado_settings_string(settings, "operator", "key"));
    self->budget_ms = (guint)mado_settings_uint(settings, "limits", "budget-ms");
    if (!mado_relay_config_check_url(self->url, error)) {
        g_prefix_error(error, "%s: [centre] ", path);
        return NULL;
    }
    return g_steal_pointer(&self);
}

void
mado_relay_config_free(MadoRelayConfig *self)
{
    if (self == NULL)
        return;
    g_free(self->url);
    g_free(self->ca);
    g_free(self->pins);
    g_free(self->terminal);
    g_free(self->certificate);
    g_free(self->key);
    g_free(self->operator_id);
    g_free(self->operator_key);
    g_free(self);
}
