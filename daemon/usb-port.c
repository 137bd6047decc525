/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/usb-port.h"

#include <string.h>

static gboolean
is_number(const char *folder, const char *name, guint wanted)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *text = NULL;
    guint64 value = 0;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return FALSE;
    return g_ascii_string_to_unsigned(g_strchomp(text), 10, 0, G_MAXUINT, &value, NULL) &&
           value == wanted;
}

char *
mado_usb_port_find(const char *devices, guint bus, guint address)
{
    g_autoptr(GDir) dir = g_dir_open(devices, 0, NULL);

    if (dir == NULL)
        return NULL;
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        g_autofree char *folder = g_build_filename(devices, name, NULL);

        if (strchr(name, ':') == NULL && is_number(folder, "busnum", bus) &&
            is_number(folder, "devnum", address))
            return g_strdup(name);
    }
    return NULL;
}
