/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/settings-central.h"

#include "common/digits.h"
#include "common/error.h"
#include "common/realm.h"
#include "madoguchi/names.h"

#include <string.h>

static const MadoSettingRow rows[] = {
    {"centre", "realm", MADO_SETTING_CHOICE, TRUE, NULL,
     MADO_REALM_TRAINING "|" MADO_REALM_PRODUCTION,
     "what this centre's keys and cards are for; fixed by init"},
    {"centre", "municipality", MADO_SETTING_STRING, TRUE, NULL, NULL,
     "code of five digits; requests of others are refused"},
    {"centre", "prefecture", MADO_SETTING_STRING, FALSE, "Training", NULL,
     "first L of certificate subjects"},
    {"centre", "city", MADO_SETTING_STRING, FALSE, "Training", NULL,
     "second L of certificate subjects"},
    {"centre", "listen", MADO_SETTING_STRING, FALSE, "127.0.0.1:8443", NULL,
     "address and port of the HTTPS service"},
    {"centre", "database", MADO_SETTING_PATH, FALSE, "central.db", NULL,
     "the SQLite file; nothing personal in it is readable without keys/at-rest.key"},
    {"keys", "folder", MADO_SETTING_PATH, FALSE, "keys", NULL, "folder of the key files"},
    {"log", "level", MADO_SETTING_CHOICE, FALSE, "info", "debug|info|message|warning",
     "least level that is written"},
    {NULL, NULL, MADO_SETTING_STRING, FALSE, NULL, NULL, NULL},
};

gboolean
mado_settings_central_is_municipality(const char *text)
{
    gsize len = strlen(text);

    return len == MADO_MUNICIPALITY_LEN && mado_digits_are_digits(text, len);
}

gboolean
mado_settings_central_parse_listen(const char *text,
                                   char **ret_host,
                                   guint16 *ret_port,
                                   GError **error)
{
    const char *colon = strrchr(text, ':');
    const char *end = colon;
    guint64 port;

    if (colon == NULL || colon == text ||
        !g_ascii_string_to_unsigned(colon + 1, 10, 0, G_MAXUINT16, &port, NULL)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "listen: '%s' is not ADDRESS:PORT",
                    text);
        return FALSE;
    }
    if (text[0] == '[' && colon[-1] == ']') {
        text++;
        end--;
    }
    *ret_host = g_strndup(text, (gsize)(end - text));
    *ret_port = (guint16)port;
    return TRUE;
}

static gboolean
fill(MadoSettingsCentral *self, const MadoSettings *settings, GError **error)
{
    const char *municipality = mado_settings_string(settings, "centre", "municipality");
    const char *realm = mado_settings_string(settings, "centre", "realm");

    if (!mado_settings_central_is_municipality(municipality)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG,
                    "[centre] municipality: not five digits");
        return FALSE;
    }
    g_strlcpy(self->municipality, municipality, sizeof self->municipality);
    /* The table of settings takes no other name. */
    (void)mado_realm_from_name(realm, &self->realm);
    self->prefecture = g_strdup(mado_settings_string(settings, "centre", "prefecture"));
    self->city = g_strdup(mado_settings_string(settings, "centre", "city"));
    self->database = g_strdup(mado_settings_string(settings, "centre", "database"));
    self->keys = g_strdup(mado_settings_string(settings, "keys", "folder"));
    self->log_level = g_strdup(mado_settings_string(settings, "log", "level"));
    return mado_settings_central_parse_listen(
        mado_settings_string(settings, "centre", "listen"), &self->host, &self->port, error);
}

MadoSettingsCentral *
mado_settings_central_load(const char *path, GError **error)
{
    g_autoptr(MadoSettings) settings = mado_settings_load(path, rows, error);
    g_autoptr(MadoSettingsCentral) self = NULL;

    if (settings == NULL)
        return NULL;
    self = g_new0(MadoSettingsCentral, 1);
    if (!fill(self, settings, error)) {
        g_prefix_error(error, "%s: ", path);
        return NULL;
    }
    return g_steal_pointer(&self);
}

void
mado_settings_central_free(MadoSettingsCentral *self)
{
    if (self == NULL)
        return;
    g_free(self->prefecture);
    g_free(self->city);
    g_free(self->host);
    g_free(self->database);
    g_free(self->keys);
    g_free(self->log_level);
    g_free(self);
}
