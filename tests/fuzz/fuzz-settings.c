/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A configuration file of any bytes. */
#include "config.h"

#include "common/settings.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static const MadoSettingRow rows[] = {
    {"desk", "realm", MADO_SETTING_CHOICE, TRUE, NULL, "training|production", "realm"},
    {"desk", "journal", MADO_SETTING_PATH, FALSE, "journal.db", NULL, "journal"},
    {"limits", "rest-ms", MADO_SETTING_UINT, FALSE, "60000", "1000..3600000", "rest"},
    {"log", "quiet", MADO_SETTING_BOOL, FALSE, "false", NULL, "say less"},
    {NULL, NULL, MADO_SETTING_STRING, FALSE, NULL, NULL, NULL},
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    g_autofree char *text = g_strndup((const char *)data, len);
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoSettings) settings =
        mado_settings_parse("/etc/a.conf", text, strlen(text), rows, &error);
    guint64 rest_ms;

    if ((settings == NULL) != (error != NULL))
        abort();
    if (settings == NULL)
        return 0;
    rest_ms = mado_settings_uint(settings, "limits", "rest-ms");
    if (rest_ms < 1000 || rest_ms > 3600000 ||
        !g_path_is_absolute(mado_settings_string(settings, "desk", "journal")) ||
        mado_settings_string(settings, "desk", "realm") == NULL)
        abort();
    (void)mado_settings_bool(settings, "log", "quiet");
    return 0;
}
