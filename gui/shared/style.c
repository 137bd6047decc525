/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/shared/style.h"

#define TOKENS "/org/madoguchi/shared/tokens.css"

/* (transfer none): generated; named here so that the linker keeps it. */
GResource *
mado_shared_resources_get_resource(void);

static void
load(const char *resource, guint priority)
{
    g_autoptr(GtkCssProvider) provider = gtk_css_provider_new();

    gtk_css_provider_load_from_resource(provider, resource);
    gtk_style_context_add_provider_for_screen(gdk_screen_get_default(),
                                              GTK_STYLE_PROVIDER(provider), priority);
}

void
mado_style_load(const char *resource)
{
    g_resources_register(mado_shared_resources_get_resource());
    /* Sizes and contrasts are made for Adwaita; a desktop's own theme would undo them. */
    g_object_set(gtk_settings_get_default(), "gtk-theme-name", "Adwaita",
                 "gtk-application-prefer-dark-theme", FALSE, "gtk-icon-theme-name", "Adwaita",
                 NULL);
    load(TOKENS, GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
    if (resource != NULL)
        load(resource, GTK_STYLE_PROVIDER_PRIORITY_APPLICATION + 1);
}

void
mado_style_set_text_scale(guint per_cent)
{
    g_object_set(gtk_settings_get_default(), "gtk-xft-dpi",
                 (int)(96 * 1024 * CLAMP(per_cent, 100, 200) / 100), NULL);
}
