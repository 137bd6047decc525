/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/clerk/application.h"

#include "gui/clerk/window.h"
#include "gui/shared/style.h"

struct _MadoApplication {
    GtkApplication parent_instance;
};

G_DEFINE_FINAL_TYPE(MadoApplication, mado_application, GTK_TYPE_APPLICATION)

/* (transfer none): generated; named here so that the linker keeps it. */
GResource *
mado_clerk_resources_get_resource(void);

static void
mado_application_startup(GApplication *application)
{
    G_APPLICATION_CLASS(mado_application_parent_class)->startup(application);
    g_resources_register(mado_clerk_resources_get_resource());
    mado_style_load("/org/madoguchi/clerk/clerk.css");
}

static void
mado_application_activate(GApplication *application)
{
    GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(application));

    if (window == NULL)
        window = GTK_WINDOW(mado_window_new(MADO_APPLICATION(application)));
    gtk_window_present(window);
}

static void
mado_application_class_init(MadoApplicationClass *klass)
{
    GApplicationClass *application_class = G_APPLICATION_CLASS(klass);

    application_class->startup = mado_application_startup;
    application_class->activate = mado_application_activate;
}

static void
mado_application_init(MadoApplication *self)
{
}

MadoApplication *
mado_application_new(void)
{
    return g_object_new(MADO_TYPE_APPLICATION, "application-id", MADO_CLERK_APPLICATION_ID,
                        "flags", G_APPLICATION_DEFAULT_FLAGS, NULL);
}
