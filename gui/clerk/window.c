/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/clerk/window.h"

struct _MadoWindow {
    GtkApplicationWindow parent_instance;
};

G_DEFINE_FINAL_TYPE(MadoWindow, mado_window, GTK_TYPE_APPLICATION_WINDOW)

static void
mado_window_class_init(MadoWindowClass *klass)
{
    gtk_widget_class_set_template_from_resource(GTK_WIDGET_CLASS(klass),
                                                "/org/madoguchi/clerk/window.ui");
}

static void
mado_window_init(MadoWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

MadoWindow *
mado_window_new(MadoApplication *application)
{
    return g_object_new(MADO_TYPE_WINDOW, "application", application, NULL);
}
